import fc from "fast-check";
import { expect, it } from "vitest";
import { slope } from "./memory.ts";

it("a straight line is found again, and an interval that holds it", () => {
  const number = fc.double({ min: -1e3, max: 1e3, noNaN: true });
  fc.assert(
    fc.property(number, number, fc.integer({ min: 4, max: 60 }), (start, perHour, count) => {
      const x = Array.from({ length: count }, (_, i) => i / 6);
      const found = slope(
        x,
        x.map((at) => start + perHour * at),
      );
      expect(found?.perHour).toBeCloseTo(perHour, 6);
      expect(found?.low).toBeLessThanOrEqual((found?.perHour as number) + 1e-12);
      expect(found?.high).toBeGreaterThanOrEqual((found?.perHour as number) - 1e-12);
    }),
  );
});

it("the interval is Student's: four points, two of them one off the line", () => {
  // y = 0 1 1 2: slope 0.6, residual sum 0.2, so 0.6 +- 4.302653 sqrt(0.1 / 5)
  const found = slope([0, 1, 2, 3], [0, 1, 1, 2]);
  expect(found?.perHour).toBeCloseTo(0.6, 12);
  expect(found?.high).toBeCloseTo(0.6 + 4.302653 * Math.sqrt(0.02), 5);
  expect(found?.low).toBeCloseTo(0.6 - 4.302653 * Math.sqrt(0.02), 5);
});

it("says nothing of three points", () => {
  expect(slope([0, 1, 2], [0, 1, 2])).toBe(null);
});
