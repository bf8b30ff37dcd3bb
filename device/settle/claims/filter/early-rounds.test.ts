import { expect, it } from "vitest";
import { gaussian, splitmix64 } from "../../../../common/random.ts";
import { areaUnderCurve, aucStandardError } from "../../../../reservoir/statistics/predictor.ts";
import { normalQuantile } from "../../../../reservoir/statistics/special.ts";
import { areaFound } from "./early-rounds.ts";

it("the area that a round is said to need is found in about 8 of 10 runs (400 runs, seed 1)", () => {
  const [heldOut, runs] = [300, 400];
  const apart = Math.SQRT2 * normalQuantile(areaFound(heldOut));
  const normal = gaussian(splitmix64(1n));
  const labels = Array.from({ length: 2 * heldOut }, (_, i) => i % 2);
  const found = Array.from({ length: runs }, () =>
    areaUnderCurve(
      labels,
      labels.map((label) => normal() + label * apart),
    ),
  ).filter((area) => area - 1.96 * aucStandardError(area, heldOut, heldOut) > 0.5).length;
  expect(found / runs).toBeGreaterThan(0.72);
  expect(found / runs).toBeLessThan(0.88);
});
