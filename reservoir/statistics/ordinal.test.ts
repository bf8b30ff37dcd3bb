import { describe, expect, it } from "vitest";
import { lcg32, splitmix64 } from "../../common/random.ts";
import { expectRelative, haveOracle, oracle } from "../oracle.test-support.ts";
import { ordinalCounts, ordinalPlane, ordinalPlaneOf, testOrdinal } from "./ordinal.ts";

interface Plane {
  H_norm: number;
  C_JS: number;
  counts?: number[] | null;
  missing?: number;
  forbidden_patterns?: number;
  pmf_argsort_lexicographic?: string[];
}
const expected = oracle<{
  bandt_pompe_example: { x: number[]; H2_bits: number; H3_bits: number };
  logistic_r4_exact_invariant: Record<string, Plane>;
  gaussian_random_walk_D3_exact: Plane;
  white_lcg32_seed1_N10000: Record<string, Plane>;
  logistic_x0_0p1_N10000_4x1mx_noFMA: Record<string, Plane>;
  finite_size_iid_noise_montecarlo: Record<string, { mean_H: number; sd_H: number }>;
}>("ordinal");

describe.skipIf(!haveOracle)("ordinal oracle", () => {
  it("Bandt and Pompe's example", () => {
    const { x, H2_bits, H3_bits } = expected.bandt_pompe_example;
    expectRelative(ordinalPlane(x, 2).entropy, H2_bits, 1e-12);
    expectRelative(ordinalPlane(x, 3).entropy * Math.log2(6), H3_bits, 1e-12);
  });

  it("exact distributions: logistic map and random walk", () => {
    for (const plane of Object.values(expected.logistic_r4_exact_invariant)) {
      if (!plane.pmf_argsort_lexicographic) continue;
      const pmf = plane.pmf_argsort_lexicographic.map((text) => {
        const [over, under] = text.split("/").map(Number);
        return (over as number) / (under ?? 1);
      });
      const found = ordinalPlaneOf(pmf);
      expectRelative(found.entropy, plane.H_norm, 1e-9);
      expectRelative(found.complexity, plane.C_JS, 1e-9);
      expect(found.missing).toBe(plane.forbidden_patterns);
    }
    const walk = ordinalPlaneOf([1 / 4, 1 / 8, 1 / 8, 1 / 8, 1 / 8, 1 / 4]);
    expectRelative(walk.entropy, expected.gaussian_random_walk_D3_exact.H_norm, 1e-9);
    expectRelative(walk.complexity, expected.gaussian_random_walk_D3_exact.C_JS, 1e-9);
  });

  it("white noise and the logistic series, counts in the oracle's order", () => {
    const random = lcg32(1);
    const white = Float64Array.from({ length: 10_000 }, () => random.next());
    for (const [order, plane] of Object.entries(expected.white_lcg32_seed1_N10000)) {
      const found = ordinalPlane(white, Number(order));
      expectRelative(found.entropy, plane.H_norm, 1e-12);
      expectRelative(found.complexity, plane.C_JS, 1e-8);
      if (plane.counts) expect([...ordinalCounts(white, Number(order))]).toEqual(plane.counts);
    }
    const logistic = new Float64Array(10_000);
    logistic[0] = 0.1;
    for (let i = 1; i < logistic.length; i++) logistic[i] = 4 * (logistic[i - 1] as number) * (1 - (logistic[i - 1] as number));
    for (const [order, plane] of Object.entries(expected.logistic_x0_0p1_N10000_4x1mx_noFMA)) {
      const found = ordinalPlane(logistic, Number(order));
      expectRelative(found.entropy, plane.H_norm, 1e-9);
      expectRelative(found.complexity, plane.C_JS, 1e-9);
      expect(found.missing).toBe(plane.missing);
    }
  });

  it("the null at n = 1000, order 4, is the oracle's", () => {
    const random = splitmix64(77);
    const noise = Float64Array.from({ length: 1000 }, () => random.next());
    const { nullMean, nullSd, pValue, enough, nullComplexityMean, nullComplexitySd, pComplexity } = testOrdinal(noise, 4);
    const { mean_H, sd_H, mean_C } = expected.finite_size_iid_noise_montecarlo.D4_N1000 as Record<"mean_H" | "sd_H" | "mean_C", number>;
    expect(Math.abs(nullComplexityMean - mean_C)).toBeLessThan((5 * nullComplexitySd) / Math.sqrt(199));
    expect(nullComplexitySd).toBeGreaterThan(0);
    expect(pComplexity).toBeGreaterThan(0.01);
    expect(Math.abs(nullMean - mean_H)).toBeLessThan((5 * sd_H) / Math.sqrt(199));
    expect(nullSd / sd_H).toBeCloseTo(1, 0);
    expect(pValue).toBeGreaterThan(0.01);
    expect(enough).toBe(false);
  });
});

describe("ordinal patterns", () => {
  it("of ticked data show the tick, unless ties are broken at random", () => {
    const random = splitmix64(9);
    const ticked = Float64Array.from({ length: 5000 }, () => Math.round(-2 * Math.log1p(-random.next())));
    const plain = ordinalPlane(ticked, 3);
    expect(plain.ties).toBeGreaterThan(0.1);
    expect(plain.entropy).toBeLessThan(0.97);
    expect(ordinalPlane(ticked, 3, 1, splitmix64(1)).entropy).toBeGreaterThan(0.999);
    expect(testOrdinal(ticked, 3).pValue).toBeGreaterThan(0.01);
  });

  it("see memory that a shuffle destroys", () => {
    const random = splitmix64(10);
    let level = 0;
    const walk = Float64Array.from({ length: 2000 }, () => {
      level += random.next() - 0.5;
      return level;
    });
    const { pValue, pComplexity } = testOrdinal(walk, 3, { draws: 99 });
    expect([pValue, pComplexity]).toEqual([0.01, 0.01]);
  });

  it("step over values with a delay", () => {
    expect([...ordinalCounts([1, 9, 2, 8, 3, 7], 3, 2)]).toEqual([1, 0, 0, 0, 0, 1]);
  });

  it("refuses orders without meaning and too little data", () => {
    expect(() => ordinalCounts([1, 2, 3], 1)).toThrow(/order 1/);
    expect(() => ordinalCounts([1, 2, 3], 9)).toThrow(/order 9/);
    expect(() => ordinalCounts([1, 2, 3], 3, 0)).toThrow(/delay 0/);
    expect(() => ordinalCounts([1, 2, 3], 3, 2)).toThrow(/3 values hold no pattern/);
  });
});
