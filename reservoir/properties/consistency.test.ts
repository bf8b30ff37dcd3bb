import { describe, expect, it } from "vitest";
import { gaussian, splitmix64 } from "../../common/random.ts";
import { type Matrix, matrix } from "../matrix.ts";
import { consistency } from "./consistency.ts";

const STEPS = 1500;

/** A leaky integrator of one input, a constant, and noise of its own, `runs` times. */
function responses(runs: number, noiseSd: number, seed: number): Matrix[] {
  const input = Float64Array.from({ length: STEPS }, gaussian(splitmix64(seed)));
  return Array.from({ length: runs }, (_, run) => {
    const noise = gaussian(splitmix64(1000 * seed + run));
    const x = matrix(STEPS, 3);
    let level = 0;
    for (let t = 0; t < STEPS; t++) {
      level = 0.5 * level + (input[t] as number);
      // Variance of the level: 1 / (1 - 1/4).
      x.data.set([level / Math.sqrt(4 / 3) + noiseSd * noise(), 7, noise()], 3 * t);
    }
    return x;
  });
}

describe("consistency", () => {
  it("is the signal's share of the variance, 0 for noise alone, and none for a constant", () => {
    const { perFeature } = consistency(responses(4, 0.5, 1), { draws: 39 });
    expect(perFeature[0]).toBeCloseTo(1 / 1.25, 1);
    expect(perFeature[1]).toBeNull();
    expect(Math.abs(perFeature[2] as number)).toBeLessThan(0.05);
  });

  it("is 1 where the input decides alone", () => {
    const [run] = responses(1, 0.5, 2) as [Matrix];
    const { mean, interval } = consistency([run, run, run], { draws: 39 });
    for (const value of [mean, ...interval]) expect(value).toBeCloseTo(1, 12);
  });

  it("has the true value within its interval in 95 of 100 sessions", () => {
    let covered = 0;
    for (let seed = 3; seed < 23; seed++) {
      const { interval, mean, reliable } = consistency(responses(2, 1, seed), { draws: 99, seed });
      expect(reliable).toBe(true);
      expect(interval[0]).toBeLessThanOrEqual(mean);
      // Features of 1 / 2 and 0.
      if (interval[0] <= 0.25 && 0.25 <= interval[1]) covered++;
    }
    // 95 % of 20: 19 with a standard deviation of 1.
    expect(covered).toBeGreaterThanOrEqual(15);
  });

  it("refuses what cannot be compared", () => {
    const [run] = responses(1, 0.5, 4) as [Matrix];
    expect(() => consistency([])).toThrow(/0 runs/);
    expect(() => consistency([run])).toThrow(/1 runs/);
    expect(() => consistency([run, matrix(STEPS - 1, 3)])).toThrow(/same steps/);
    expect(() => consistency([matrix(9, 2), matrix(9, 2)])).toThrow(/No feature varies/);
  });
});
