import { describe, expect, it } from "vitest";
import { lcg32 } from "../../common/random.ts";
import { haveOracle, oracle } from "../oracle.test-support.ts";
import { coefficientOfVariation } from "./coefficient-of-variation.ts";
import { poissonCvBand } from "./cv-band.ts";

interface Quantiles {
  poisson_cv_small_sample_MC: Record<string, { q: Record<string, number> }>;
}

describe("poissonCvBand", () => {
  it.skipIf(!haveOracle)("is the oracle's, within the Monte-Carlo error of both", () => {
    const cases = Object.entries(oracle<Quantiles>("events").poisson_cv_small_sample_MC);
    expect(cases.length).toBeGreaterThan(5);
    for (const [n, { q }] of cases) {
      const [low, high] = poissonCvBand(Number(n), 1);
      // specs/reservoir.md 8: 1 to 3 % of their distance from 1.
      expect(Math.abs(low - (q["0.025"] as number)) / (1 - low), `low at n = ${n}`).toBeLessThan(0.03);
      expect(Math.abs(high - (q["0.975"] as number)) / (high - 1), `high at n = ${n}`).toBeLessThan(0.03);
    }
  });

  it("is the published table of the papers' CV, which divides by n (CLAIMS B)", () => {
    const table: [number, number, number][] = [
      [2, 0.025, 0.975],
      [4, 0.25, 1.32],
      [6, 0.39, 1.37],
      [10, 0.51, 1.39],
      [36, 0.72, 1.29],
      [49, 0.75, 1.26],
      [100, 0.82, 1.19],
      [1000, 0.94, 1.06],
      [10_000, 0.98, 1.02],
    ];
    for (const [n, low, high] of table) {
      const band = poissonCvBand(n);
      expect(Math.abs(band[0] - low), `low at n = ${n}`).toBeLessThan(0.011);
      expect(Math.abs(band[1] - high), `high at n = ${n}`).toBeLessThan(0.011);
    }
  });

  it.each([7, 17, 60])("holds 95 of 100 Poisson samples of %i intervals, half of the rest on each side", (n) => {
    const random = lcg32(n);
    const [low, high] = poissonCvBand(n);
    const samples = 20_000;
    let below = 0;
    let above = 0;
    const times = new Float64Array(n + 1);
    for (let s = 0; s < samples; s++) {
      for (let i = 0; i < n; i++) times[i + 1] = (times[i] as number) - Math.log(1 - random.next());
      const cv = coefficientOfVariation(times) as number;
      if (cv < low) below++;
      if (cv > high) above++;
    }
    // Four binomial standard deviations about 500.
    expect(Math.abs(below - 0.025 * samples)).toBeLessThan(90);
    expect(Math.abs(above - 0.025 * samples)).toBeLessThan(90);
  });

  it("narrows steadily towards 1 between and beyond the tabled sizes", () => {
    let last = poissonCvBand(10);
    for (const n of [11, 13, 22, 45, 90, 170, 400, 800, 3000, 20_000, 1e6, 1e9]) {
      const band = poissonCvBand(n);
      expect(band[0]).toBeGreaterThan(last[0]);
      expect(band[1]).toBeLessThan(last[1]);
      last = band;
    }
    expect(last[0]).toBeGreaterThan(0.9999);
  });

  it("has no band below two intervals", () => {
    for (const n of [0, 1, Number.NaN]) expect(() => poissonCvBand(n)).toThrow(/no coefficient of variation/);
  });
});

describe("coefficientOfVariation", () => {
  it("is that of the intervals, in population form", () => {
    expect(coefficientOfVariation([10, 11, 14])).toBeCloseTo(0.5, 12);
    expect(coefficientOfVariation([0, 5, 10, 15])).toBe(0);
    expect(coefficientOfVariation([0, 5])).toBeNull();
    expect(coefficientOfVariation([])).toBeNull();
  });
});
