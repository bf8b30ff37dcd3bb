/** Statistics of event counts in windows of equal length. specs/reservoir.md 4.1 */
import { ScienceError } from "../../common/errors.ts";
import { doubles, requireOrder, statisticsKernels } from "./kernels.ts";
import { chi2Sf } from "./special.ts";

/** Counts in [0, W), [W, 2W), ... from time 0 up to `until`; only whole windows. Same unit as W; events before 0 do not count. ScienceError BAD_WINDOW, BAD_TIMES when out of order. */
export function windowCounts(times: ArrayLike<number>, window: number, until: number): Float64Array {
  requireWindows([window], until);
  requireOrder(times);
  const counts = new Float64Array(Math.max(0, Math.floor(until / window)));
  const native = statisticsKernels();
  if (native !== null) {
    native.windowCounts(doubles(times), window, counts);
    return counts;
  }
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
  const mean = sum / windows;
  let squares = 0;
  let differences = 0;
  for (let i = 0; i < windows; i++) {
    squares += ((counts[i] as number) - mean) ** 2;
    if (i > 0) differences += ((counts[i] as number) - (counts[i - 1] as number)) ** 2;
  }
  return dispersionOf({ windows, sum, squares, differences });
}

interface CountSums {
  readonly windows: number;
  readonly sum: number;
  /** Of squares about the mean count, and of squared differences of neighbours. */
  readonly squares: number;
  readonly differences: number;
}

function dispersionOf({ windows, sum, squares, differences }: CountSums): Dispersion {
  if (windows < 2 || sum === 0)
    throw new ScienceError(
      "TOO_FEW_WINDOWS",
      `${windows} windows with ${sum} events have no dispersion.`,
      "Use shorter windows or more data.",
    );
  const mean = sum / windows;
  const chi2 = squares / mean;
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

/**
 * The dispersion for each of several window lengths, from time 0 up to `until`, without keeping counts. ScienceError BAD_WINDOW, BAD_TIMES, and
 * TOO_FEW_WINDOWS when one of them is so long that fewer than two fit.
 */
export function dispersionOverScales(times: ArrayLike<number>, windows: readonly number[], until: number): Dispersion[] {
  const native = statisticsKernels();
  requireWindows(windows, until);
  if (native === null) return windows.map((window) => dispersion(windowCounts(times, window, until)));
  requireOrder(times);
  const out = new Float64Array(4 * windows.length);
  native.windowSums(doubles(times), Float64Array.from(windows), until, out);
  return windows.map((_, i) => {
    const [count, sum, squares, differences] = out.subarray(4 * i, 4 * i + 4) as unknown as [number, number, number, number];
    return dispersionOf({ windows: count, sum, squares, differences });
  });
}

/** More would not fit in memory. */
const MOST_WINDOWS = 2 ** 31;

function requireWindows(windows: readonly number[], until: number): void {
  const wrong = windows.find((window) => !(window > 0 && until / window < MOST_WINDOWS));
  if (wrong !== undefined)
    throw new ScienceError("BAD_WINDOW", `A window of ${wrong} up to ${until} holds nothing.`, "Give a positive length and a finite end.", {
      window: wrong,
    });
}
