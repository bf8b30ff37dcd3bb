/** The least that each test would have found in a recording, in 95 of 100: what "nothing" of it can mean. */
import { normalQuantile } from "../../../reservoir/statistics/special.ts";

const POWER = 0.95;
const POWER_Z = normalQuantile(POWER);

/** Level of one of so many tests, when the least of their p stands for all (Sidak 1967). */
export const levelOfOne = (alpha: number, tests: number) => -Math.expm1(Math.log1p(-alpha) / tests);

/** Correlation of n pairs, the best of `looks` two-sided looks, by Fisher's transform. */
export function leastCorrelation(n: number, level: number, looks = 1): number {
  const z = normalQuantile(1 - level / (2 * looks)) + POWER_Z;
  return Math.tanh(z / Math.sqrt(Math.max(1, n - 3)));
}

/** Of something known to `information` times its square, such as a regressor's squared length in units of the noise. */
export function leastAmplitude(information: number, level: number, looks: number): number {
  return Math.min(1, (normalQuantile(1 - level / (2 * looks)) + POWER_Z) / Math.sqrt(information));
}

/** Correlation with a periodic signal of unknown frequency and phase, `frequencies` of them independent: n r^2 / 2 is its power where noise has 1. */
export function leastLine(n: number, level: number, frequencies: number): number {
  const threshold = Math.log(frequencies / level);
  return Math.min(1, (Math.sqrt(threshold) + POWER_Z * Math.SQRT1_2) * Math.sqrt(2 / n));
}

/** Correlation with one of so many groups' offsets: F of `groups` degrees, with n r^2 / (1 - r^2) for what it is off by (Patnaik 1949). */
export function leastOffsets(n: number, groups: number, level: number): number {
  const noise = normalQuantile(1 - level) * Math.sqrt(2 * groups);
  let off = noise;
  for (let k = 0; k < 20; k++) off = noise + POWER_Z * Math.sqrt(2 * (groups + 2 * off));
  return Math.sqrt(off / (n + off));
}
