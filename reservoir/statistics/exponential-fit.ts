/** Are intervals exponential, with the mean taken from the same intervals? The plain Kolmogorov-Smirnov tables do not hold then. specs/reservoir.md 4.1 */
import { ScienceError } from "../../common/errors.ts";
import { intervalExtent } from "./interval-sums.ts";
import { statisticsKernels, unfilled } from "./kernels.ts";
import { exponentials, monteCarloP } from "./monte-carlo.ts";
import { seededUniforms } from "./seeded.ts";

export interface ExponentialFit {
  readonly n: number;
  readonly mean: number;
  /** Kolmogorov's distance (Lilliefors' test) and the Anderson-Darling statistic, both with the fitted mean. */
  readonly distance: number;
  readonly a2: number;
  /** By Monte Carlo of the same n with the same fit. */
  readonly pDistance: number;
  readonly pA2: number;
  readonly draws: number;
}

/** Statistics alone. Intervals must be positive; a zero (two events on one tick of the clock) counts as half the smallest other one. ScienceError BAD_INTERVALS for one that is negative or not finite, or none. Oracle `events.ks_first1000`. */
export function exponentialDistances(intervals: ArrayLike<number>): { mean: number; distance: number; a2: number } {
  const n = intervals.length;
  const native = statisticsKernels();
  const sorted = unfilled(n);
  sorted.set(intervals);
  requireIntervals(sorted);
  if (native !== null) {
    const out = new Float64Array(3);
    native.exponentialDistances(sorted, out);
    const [mean, distance, a2] = out as unknown as [number, number, number];
    return { mean, distance, a2 };
  }
  sorted.sort();
  let mean = 0;
  for (const value of sorted) mean += value / n;
  const least = sorted.find((value) => value > 0) ?? 1;
  let distance = 0;
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const value = Math.max(sorted[i] as number, least / 2) / mean;
    const cdf = -Math.expm1(-value);
    distance = Math.max(distance, (i + 1) / n - cdf, cdf - i / n);
    // ln F(x_i) + ln(1 - F(x_{n+1-i})), weighted 2i - 1: the second term is -x of the mirrored one.
    sum += (2 * i + 1) * Math.log(cdf) - (2 * (n - 1 - i) + 1) * value;
  }
  return { mean, distance, a2: -n - sum / n };
}

function requireIntervals(intervals: Float64Array): void {
  const extent = intervalExtent(intervals);
  if (extent.least >= 0 && extent.sum > 0 && extent.sum < Number.POSITIVE_INFINITY) return;
  throw new ScienceError(
    "BAD_INTERVALS",
    `${intervals.length} intervals, the least ${extent.least}, have no law.`,
    "Sort the event times first, and check their column.",
  );
}

/** Both tests, p by `draws` seeded samples (999: p to 0.003 near 0.01). ScienceError TOO_FEW_INTERVALS below five. */
export function testExponential(intervals: ArrayLike<number>, { draws = 999, seed = 1 } = {}): ExponentialFit {
  const n = intervals.length;
  if (n < 5) throw new ScienceError("TOO_FEW_INTERVALS", `${n} intervals have no shape.`, "Wait for at least five intervals.", { n });
  const found = exponentialDistances(intervals);
  const random = seededUniforms(seed);
  const distances = new Float64Array(draws);
  const a2s = new Float64Array(draws);
  for (let i = 0; i < draws; i++) {
    const drawn = exponentialDistances(exponentials(n, random));
    distances[i] = drawn.distance;
    a2s[i] = drawn.a2;
  }
  return { n, ...found, pDistance: monteCarloP(found.distance, distances), pA2: monteCarloP(found.a2, a2s), draws };
}
