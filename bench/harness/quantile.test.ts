import fc from "fast-check";
import { expect, test } from "vitest";
import { quantile } from "./quantile.ts";

test("at least the share q of the values is no larger, and fewer than that are smaller", () => {
  fc.assert(
    fc.property(fc.array(fc.integer(), { minLength: 1 }), fc.double({ min: 0, max: 1, noNaN: true }), (values, q) => {
      const at = quantile(values, q);
      expect(values).toContain(at);
      expect(values.filter((value) => value <= at).length).toBeGreaterThanOrEqual(q * values.length);
      expect(values.filter((value) => value < at).length).toBeLessThanOrEqual(q * values.length);
    }),
  );
  expect(quantile([], 0.5)).toBeNaN();
});
