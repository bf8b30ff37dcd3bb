import { describe, expect, it } from "vitest";
import { lcg32, splitmix64 } from "../../common/random.ts";
import { expectRelative, haveOracle, oracle } from "../oracle.test-support.ts";
import { dispersion, windowCounts } from "./counts.ts";
import { exponentialDistances, testExponential } from "./exponential-fit.ts";
import { fitDeadTime, intervalStatistics, intervalsOf } from "./intervals.ts";
import { exponentials } from "./monte-carlo.ts";

interface Fano {
  bins: number;
  mean: number;
  fano: number;
  chi2: number;
  p_two_sided: number;
  allan_factor: number;
}
const events = oracle<{
  poisson: { mean_isi: number; cv: number; lv: number; cv2: number; serial_r1: number; total_time: number; fano: Record<string, Fano> };
  ks_first1000: { D_estimated_mean: number; A2_estimated_mean: number };
  deadtime: { cv: number; fano100: number; lv: number };
}>("events");

/** The oracle's intervals: -ln(1 - lcg32(99)). */
function poisson(n = 20_000): Float64Array {
  const random = lcg32(99);
  return Float64Array.from({ length: n }, () => -Math.log(1 - random.next()));
}

function cumulative(intervals: ArrayLike<number>): Float64Array {
  let time = 0;
  return Float64Array.from(intervals, (interval) => {
    time += interval;
    return time;
  });
}

describe.skipIf(!haveOracle)("events oracle", () => {
  it("CV, LV, CV2 and serial correlation of a Poisson process", () => {
    const { n, mean, cv, lv, cv2, serialR1 } = intervalStatistics(poisson(), 0);
    expect(n).toBe(20_000);
    expectRelative(mean, events.poisson.mean_isi, 1e-12);
    // The oracle does not say its ddof for the CV; both are within 1 / n.
    expectRelative(cv, events.poisson.cv, 3e-5);
    expectRelative(lv, events.poisson.lv, 1e-12);
    expectRelative(cv2, events.poisson.cv2, 1e-12);
    expectRelative(serialR1, events.poisson.serial_r1, 1e-9);
  });

  it("counts, Fano factor, chi-squared and Allan factor at three window lengths", () => {
    const times = cumulative(poisson());
    for (const [window, expected] of Object.entries(events.poisson.fano)) {
      const found = dispersion(windowCounts(times, Number(window), times.at(-1) as number));
      expect(found.windows).toBe(expected.bins);
      expectRelative(found.mean, expected.mean, 1e-12);
      expectRelative(found.fano, expected.fano, 1e-12);
      expectRelative(found.chi2, expected.chi2, 1e-12);
      expectRelative(found.pTwoSided, expected.p_two_sided, 1e-9);
      expectRelative(found.allanFactor, expected.allan_factor, 1e-12);
    }
  });

  it("Kolmogorov and Anderson-Darling distances with an estimated mean", () => {
    const { distance, a2 } = exponentialDistances(poisson(1000));
    expectRelative(distance, events.ks_first1000.D_estimated_mean, 1e-9);
    expectRelative(a2, events.ks_first1000.A2_estimated_mean, 1e-9);
  });

  it("a dead time of 0.3 of the mean lowers CV, LV and Fano factor as it should", () => {
    const intervals = poisson().map((value) => 0.3 + 0.7 * value);
    const { cv, lv } = intervalStatistics(intervals);
    expectRelative(cv, events.deadtime.cv, 3e-5);
    expectRelative(lv, events.deadtime.lv, 1e-9);
    const times = cumulative(intervals);
    expectRelative(dispersion(windowCounts(times, 100, times.at(-1) as number)).fano, events.deadtime.fano100, 1e-9);
    const fit = fitDeadTime(intervals);
    expect(Math.abs(fit.deadTime - 0.3)).toBeLessThan(5 * fit.standardError);
    expect(fit.cv).toBeCloseTo(0.7, 1);
    expect(fit.fano).toBeCloseTo(0.49, 1);
  });

  it("the Monte Carlo p-values have the oracle's critical values", () => {
    const critical = oracle<{ lilliefors_exponential_critical_MC: Record<string, Record<"D_sqrt_n" | "A2", Record<string, number>>> }>(
      "events",
    ).lilliefors_exponential_critical_MC["100"] as Record<"D_sqrt_n" | "A2", Record<string, number>>;
    const random = splitmix64(2024);
    let [beyondD, beyondA] = [0, 0];
    for (let i = 0; i < 2000; i++) {
      const { distance, a2 } = exponentialDistances(exponentials(100, random));
      if (distance * 10 > (critical.D_sqrt_n["0.05"] as number)) beyondD++;
      if (a2 > (critical.A2["0.05"] as number)) beyondA++;
    }
    // 5 % of 2000 with a standard deviation of 9.7.
    expect(Math.abs(beyondD - 100)).toBeLessThan(40);
    expect(Math.abs(beyondA - 100)).toBeLessThan(40);
  });
});

describe("testExponential", () => {
  it("lets exponential intervals of any mean pass and catches a clock's tick and a dead time of a tenth", () => {
    const random = splitmix64(5);
    const fine = exponentials(1000, random).map((value) => value * 17);
    expect(testExponential(fine, { draws: 199 }).pA2).toBeGreaterThan(0.01);
    const ticked = exponentials(1000, random).map((value) => Math.round(value / 0.2) * 0.2);
    expect(testExponential(ticked, { draws: 199 }).pA2).toBeLessThan(0.01);
    const dead = exponentials(1000, random).map((value) => 0.1 + 0.9 * value);
    expect(testExponential(dead, { draws: 199 }).pA2).toBeLessThan(0.01);
  });

  it("is the same for the same seed", () => {
    const intervals = exponentials(50, splitmix64(3));
    expect(testExponential(intervals, { seed: 8 })).toEqual(testExponential(intervals, { seed: 8 }));
  });
});

describe("guards", () => {
  it("say what is wrong with the data", () => {
    expect(() => intervalStatistics([1, 2])).toThrow(/2 intervals/);
    expect(() => intervalStatistics([1, -2, 3])).toThrow(/Interval 1 is -2/);
    expect(() => intervalStatistics([0, 0, 0])).toThrow(/same time/);
    expect(() => testExponential([1, 2, 3, 4])).toThrow(/4 intervals/);
    expect(() => fitDeadTime([1])).toThrow(/1 intervals/);
    expect(() => windowCounts([1], 0, 10)).toThrow(/window of 0/);
    expect(() => dispersion([3])).toThrow(/1 windows/);
    expect(() => dispersion([0, 0])).toThrow(/0 events/);
  });

  it("events before the start or in the last, broken window do not count", () => {
    expect([...windowCounts([-0.5, 0, 0.5, 1, 2.4], 1, 2.5)]).toEqual([2, 1]);
    expect([...intervalsOf([1, 3, 7])]).toEqual([2, 4]);
    expect([...intervalsOf([])]).toEqual([]);
  });
});
