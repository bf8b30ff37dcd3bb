import { ScienceError } from "../../common/errors.ts";
import { requireFinite, sorted } from "./kernels.ts";
import { kolmogorovSmirnovSf } from "./kolmogorov-exact.ts";

/** P(K > x) for the limiting Kolmogorov distribution. Oracle `special.kolmogorov_Q`. */
export function kolmogorovQ(x: number): number {
  if (x <= 0) return 1;
  if (x < 1) {
    // The other theta-function form converges fast where the alternating series does not.
    let sum = 0;
    for (let k = 1; k <= 20; k++) sum += Math.exp((-((2 * k - 1) ** 2) * Math.PI ** 2) / (8 * x * x));
    return 1 - (Math.sqrt(2 * Math.PI) / x) * sum;
  }
  let sum = 0;
  for (let k = 1; k <= 100; k++) sum += (k % 2 === 1 ? 2 : -2) * Math.exp(-2 * k * k * x * x);
  return sum;
}

/** The exact law costs (n d)^3: up to this n d, milliseconds. Beyond it p is small and Stephens' correction is good to 3e-4. */
const EXACT_UP_TO = 50;

/**
 * Kolmogorov-Smirnov distance of a sample from a fully specified distribution, and its p-value. The law must not have been fitted
 * to the same sample. ScienceError NO_DATA for an empty one, BAD_VALUES where one is not finite.
 */
export function ksTest(sample: ArrayLike<number>, cdf: (x: number) => number): { distance: number; pValue: number } {
  const n = sample.length;
  if (n === 0) throw new ScienceError("NO_DATA", "A Kolmogorov-Smirnov test needs at least one number.", "Collect data first.");
  requireFinite("Value", sample);
  const ascending = sorted(sample);
  let distance = 0;
  for (let i = 0; i < n; i++) {
    const f = cdf(ascending[i] as number);
    distance = Math.max(distance, (i + 1) / n - f, f - i / n);
  }
  const root = Math.sqrt(n);
  const pValue = n * distance <= EXACT_UP_TO ? kolmogorovSmirnovSf(n, distance) : kolmogorovQ((root + 0.12 + 0.11 / root) * distance);
  return { distance, pValue };
}
