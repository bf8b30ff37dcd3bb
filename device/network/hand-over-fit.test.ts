import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { splitmix64 } from "../../common/random.ts";
import { fitHandOver } from "./hand-over-fit.ts";

/** Times of a Poisson process with a dead time after each event, s. */
function renewal(n: number, ratePerS: number, deadTimeS: number, seed: number): number[] {
  const random = splitmix64(seed);
  let t = 0;
  return Array.from({ length: n }, () => (t += deadTimeS - Math.log(1 - random.next()) / ratePerS));
}

describe("dead time of a hand-over", () => {
  it("lies in its interval in about 95 of 100 runs, and its null explains the CV as often", () => {
    let [held, explained] = [0, 0];
    const runs = 200;
    for (let seed = 1; seed <= runs; seed++) {
      const fit = fitHandOver(renewal(500, 12.68, 0.0184, seed));
      if (fit === null) throw new Error("no fit");
      if (fit.deadTimeIntervalMs[0] <= 18.4 && fit.deadTimeIntervalMs[1] >= 18.4) held++;
      if (fit.explained) explained++;
    }
    expect(held).toBeGreaterThan(runs * 0.9);
    expect(explained).toBeGreaterThan(runs * 0.92);
  });

  it("does not explain a CV that no dead time makes", () => {
    const clustered = renewal(800, 10, 0, 3).flatMap((t) => [t, t + 1e-4]);
    expect(fitHandOver(clustered)?.explained).toBe(false);
    const regular = Array.from({ length: 500 }, (_, i) => i * 0.1 + (i % 2) * 0.03);
    expect(fitHandOver(regular)?.explained).toBe(false);
  });

  it("is unknown with few shares, and when all came at once", () => {
    expect(fitHandOver(renewal(20, 1, 0, 1))).toBeNull();
    expect(fitHandOver(renewal(21, 1, 0, 1))).not.toBeNull();
    expect(fitHandOver(new Array(100).fill(1))).toBeNull();
  });

  it("does not depend on the unit of time's origin", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1000 }), (seed) => {
        const times = renewal(60, 5, 0.02, seed);
        const moved = fitHandOver(times.map((t) => t + 100));
        expect(moved?.deadTimeMs).toBeCloseTo(fitHandOver(times)?.deadTimeMs as number, 6);
      }),
    );
  });
});
