/** Statistics of event counts in windows of equal length. specs/reservoir.md 4.1 */
import { ScienceError } from "../../common/errors.ts";
import { chi2Sf } from "./special.ts";

/** Counts in [0, W), [W, 2W), ... from time 0 up to `until`; only whole windows. Times in order, same unit as W; events before 0 do not count. */
export function windowCounts(times: ArrayLike<number>, window: number, until: number): Float64Array {
  if (!(window > 0)) throw new ScienceError("BAD_WINDOW", `A window of ${window} holds nothing.`, "Give a positive length.", { window });
  const counts = new Float64Array(Math.max(0, Math.floor(until / window)));
  for (let i = 0; i < times.length; i++) {
    const bin = Math.floor((times[i] as number) / window);
    if (bin >= 0 && bin < counts.length) counts[bin] = (counts[bin] as number) + 1;
  }
  return counts;
}

export interface Dispersion {
  readonly windows: number;
  readonly mean: number;
  /** Variance (over B - 1) over mean: 1 for a Poisson process. */
  readonly fano: number;
  /** (B - 1) Fano, chi-squared with B - 1 degrees of freedom for a Poisson process. */
  readonly chi2: number;
  readonly pTwoSided: number;
  /** <(N_{i+1} - N_i)^2> / (2 <N>): 1 for a Poisson process whose rate may drift slowly. */
  readonly allanFactor: number;
}

/** ScienceError TOO_FEW_WINDOWS below two, or when all are empty. Oracle `events.poisson.fano`. */
export function dispersion(counts: ArrayLike<number>): Dispersion {
  const windows = counts.length;
  let sum = 0;
  for (let i = 0; i < windows; i++) sum += counts[i] as number;
  if (windows < 2 || sum === 0)
    throw new ScienceError(
      "TOO_FEW_WINDOWS",
      `${windows} windows with ${sum} events have no dispersion.`,
      "Use shorter windows or more data.",
    );
  const mean = sum / windows;
  let square = 0;
  let differences = 0;
  for (let i = 0; i < windows; i++) {
    square += ((counts[i] as number) - mean) ** 2;
    if (i > 0) differences += ((counts[i] as number) - (counts[i - 1] as number)) ** 2;
  }
  const chi2 = square / mean;
  const upper = chi2Sf(chi2, windows - 1);
  return {
    windows,
    mean,
    fano: chi2 / (windows - 1),
    chi2,
    pTwoSided: Math.min(1, 2 * Math.min(upper, 1 - upper)),
    allanFactor: differences / (windows - 1) / (2 * mean),
  };
}
