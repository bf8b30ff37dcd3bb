/** What has no answer is refused, or said to have none, instead of being given a number: degenerate inputs of every statistic. */
import { describe, expect, it } from "vitest";
import { splitmix64 } from "../../common/random.ts";
import { totalDeviation } from "./allan.ts";
import { binomialInterval } from "./binomial.ts";
import { blockBootstrapOfMean, integratedAutocorrelationTime } from "./block-bootstrap.ts";
import { poissonCvBand } from "./cv-band.ts";
import { equivalence } from "./equivalence.ts";
import { equalErrorRate, hamming } from "./fingerprint.ts";
import { fitDeadTime, fitDeadTimeOfEvents } from "./intervals.ts";
import { kolmogorovSmirnovSf } from "./kolmogorov-exact.ts";
import { ksTest } from "./kolmogorov-smirnov.ts";
import { falseAlarmProbability } from "./lomb-scargle.ts";
import { monteCarloP } from "./monte-carlo.ts";
import { tableInformation } from "./mutual-information.ts";
import { errorMeasures } from "./nrmse.ts";
import { strongestLine } from "./periodicity.ts";
import { areaUnderCurve, beatsBaseline } from "./predictor.ts";
import { spearman } from "./rank-correlation.ts";
import { recurrence } from "./recurrence.ts";
import { normalQuantile, normalSf } from "./special.ts";

const constant = (n: number, value = 0.1) => new Float64Array(n).fill(value);
const uniform = (n: number, seed: number) => {
  const random = splitmix64(seed);
  return Float64Array.from({ length: n }, () => random.next());
};

describe("a constant, whatever rounding makes of its mean", () => {
  it.each([2, 3, 7, 10, 50, 1000])("of %i values", (n) => {
    const x = constant(n);
    expect(fitDeadTime(x)).toEqual({ deadTime: 0.1, rate: Number.POSITIVE_INFINITY, cv: 0, fano: 0, standardError: 0 });
    expect(integratedAutocorrelationTime(x)).toBe(0.5);
    expect(() => errorMeasures(x, uniform(n, 1))).toThrow(/do not vary/);
    expect(equivalence(x, constant(4), 0.05)).toMatchObject({ pEquivalent: 0, pDifferent: 1, difference: 0 });
    if (n > 2) expect(spearman(x, uniform(n, 2)).rho).toBeNaN();
  });

  it("and intervals that are nearly alike still have a rate", () => {
    const intervals = uniform(1000, 3).map((value) => 0.1 * (1 + 1e-9 * value));
    expect(Number.isFinite(fitDeadTime(intervals).rate)).toBe(true);
    expect(fitDeadTimeOfEvents([1, 2, 3, 4]).rate).toBe(Number.POSITIVE_INFINITY);
  });
});

describe("Monte Carlo", () => {
  it("has no p for what is NaN, and a null without a value is no evidence", () => {
    expect(() => monteCarloP(Number.NaN, new Float64Array(99))).toThrow(/NaN has no p/);
    expect(monteCarloP(1, new Float64Array(99).fill(Number.NaN))).toBe(1);
    expect(() => blockBootstrapOfMean([1, 2, 3], { block: 1, draws: 1 })).toThrow(/1 draws/);
  });
});

describe("tails", () => {
  it("no sample is nearer to its law than half a step", () => {
    for (const n of [1, 2, 3, 20, 1000]) {
      expect(kolmogorovSmirnovSf(n, 0.5 / n)).toBe(1);
      expect(kolmogorovSmirnovSf(n, 0.51 / n)).toBeGreaterThan(0.9);
    }
    expect(ksTest([0.5], (x) => x)).toEqual({ distance: 0.5, pValue: 1 });
  });

  it("normal quantiles far out", () => {
    // To ten digits, from tables of the error function.
    expect(normalQuantile(1e-20)).toBeCloseTo(-9.262340089798, 9);
    expect(normalQuantile(1e-300)).toBeCloseTo(-37.0470964, 6);
    for (let z = 0; z <= 37; z += 0.25) expect(normalQuantile(normalSf(z)) / -(z || 1)).toBeCloseTo(z === 0 ? 0 : 1, 11);
  });

  it("a strong peak's false-alarm probability is small, not nothing", () => {
    const p = falseAlarmProbability(0.99, uniform(60, 4), 2);
    expect(p).toBeGreaterThan(0);
    expect(p).toBeLessThan(1e-40);
    expect(falseAlarmProbability(0, uniform(60, 4), 2)).toBe(1);
  });
});

describe("counts and labels", () => {
  it("that cannot be are refused", () => {
    for (const [k, n] of [
      [5, 3],
      [-1, 4],
      [1.5, 4],
      [Number.NaN, 4],
      [1, 0],
    ] as const)
      expect(() => binomialInterval(k, n)).toThrow(/no share/);
    expect(binomialInterval(0, 0)).toEqual([0, 1]);
    expect(() => tableInformation([1, -1, 3, 4], 2, 2)).toThrow(/Count 1 is -1/);
    expect(() => tableInformation([1, 2, Number.NaN, 4], 2, 2)).toThrow(/Count 2 is NaN/);
    expect(() => areaUnderCurve([0, 1, 0, 1], [0, Number.NaN, 1, 2])).toThrow(/Score 1/);
    expect(() => beatsBaseline(new Float64Array(12).fill(2), uniform(12, 5), 1)).toThrow(/Label 0 is 2/);
    expect(() => hamming([0, 1], [0])).toThrow(/no distance/);
    expect(() => hamming([], [])).toThrow(/no distance/);
    expect(() => equalErrorRate([], [1])).toThrow(/no threshold/);
    expect(() => equalErrorRate([Number.NaN], [1])).toThrow(/Distance 0/);
    expect(() => equivalence([1, Number.NaN], [1, 2], 1)).toThrow(/Value 1/);
    expect(() => integratedAutocorrelationTime([1, Number.NaN, 3])).toThrow(/Value 1/);
    expect(() => poissonCvBand(Number.POSITIVE_INFINITY)).toThrow(/Infinity intervals/);
  });
});

describe("what does not depend on it", () => {
  it("a line: on the order of the events", () => {
    const times = uniform(300, 6).map((value) => 100 * value);
    const [given, sorted] = [strongestLine(times, 0.2, 0.6), strongestLine(times.slice().sort(), 0.2, 0.6)];
    expect(given.frequency).toBe(sorted.frequency);
    expect(given.pGlobal).toBeCloseTo(sorted.pGlobal, 9);
  });

  it("recurrence: on the direction of time", () => {
    const forth = uniform(300, 7).map((value, i) => value + Math.sin(i / 9));
    const [there, back] = [recurrence(forth), recurrence(forth.slice().reverse())];
    expect(there.laminarity).toBeGreaterThan(0);
    expect(back.laminarity).toBeCloseTo(there.laminarity, 12);
    expect(back.determinism).toBeCloseTo(there.determinism, 12);
  });

  it("a deviation of fewer than three samples: there is none", () => {
    for (const n of [0, 1, 2]) expect(totalDeviation(uniform(n, 8), 1)).toBeNaN();
  });
});
