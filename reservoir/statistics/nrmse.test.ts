import { expect, it } from "vitest";
import { errorMeasures, nrmse } from "./nrmse.ts";

it("the mean of the test targets scores exactly 1, the targets themselves 0", () => {
  const target = Float64Array.of(1, 2, 3, 6);
  expect(nrmse(target, new Float64Array(4).fill(3))).toBeCloseTo(1, 14);
  expect(nrmse(target, target)).toBe(0);
});

it("the range version divides by max less min, not by the standard deviation", () => {
  const errors = errorMeasures(Float64Array.of(0, 4), Float64Array.of(1, 3));
  expect(errors).toMatchObject({ rmse: 1, nrmse: 0.5, rmseOverRange: 0.25, nmse: 0.25 });
});

it("refuses targets that do not vary, none at all, or another number of predictions", () => {
  expect(() => nrmse(Float64Array.of(2, 2), Float64Array.of(1, 3))).toThrow(/do not vary/);
  expect(() => nrmse(new Float64Array(0), new Float64Array(0))).toThrow(/cannot be compared/);
  expect(() => nrmse(Float64Array.of(1, 2), Float64Array.of(1))).toThrow(/cannot be compared/);
});
