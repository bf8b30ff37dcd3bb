import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { gaussian, splitmix64 } from "../../common/random.ts";
import { slope, trendOf } from "./memory-trend.ts";

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

/** Share of 400 series without a trend whose interval leaves 0 out; each sample holds so much of the one before. */
function falseAlarms(memory: number): number {
  const x = Array.from({ length: 120 }, (_, i) => i / 6);
  const alarms = Array.from({ length: 400 }, (_, seed) => {
    const noise = gaussian(splitmix64(seed));
    let last = 0;
    const found = slope(
      x,
      x.map(() => {
        last = memory * last + noise();
        return last;
      }),
    );
    return found !== null && (found.low > 0 || found.high < 0);
  });
  return alarms.filter(Boolean).length / alarms.length;
}

it("is wrong in about one of twenty cases, for samples that follow one another as well", () => {
  expect(falseAlarms(0)).toBeLessThan(0.08);
  // Taken for independent they would be wrong in a third of the cases and more.
  expect(falseAlarms(0.7)).toBeLessThan(0.11);
});

describe("what a day may add", () => {
  it.each([
    [{ perHour: 0.02, low: 0, high: 0.04 }, "flat"],
    [{ perHour: -0.2, low: -0.3, high: -0.1 }, "flat"],
    [{ perHour: 0.5, low: 0.4, high: 0.6 }, "grows"],
    [{ perHour: 0.02, low: -1, high: 1 }, "not told"],
    [{ perHour: 0.2, low: 0.01, high: 0.4 }, "not told"],
    [{ perHour: 0, low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY }, "not told"],
    [null, "not told"],
  ] as const)("%o MB an hour against 2 MB a day: %s", (found, trend) => {
    expect(trendOf(found, 2)).toBe(trend);
  });
});
