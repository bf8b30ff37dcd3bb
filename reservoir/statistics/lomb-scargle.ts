/** Lomb and Scargle's periodogram of unevenly sampled values, and how improbable its peak is. specs/reservoir.md 4.1 */
import { ScienceError } from "../../common/errors.ts";
import { requireBand, requireSpread } from "./event-band.ts";
import { weightedSums } from "./harmonic-sums.ts";
import { requireFinite } from "./kernels.ts";
import { gammaln } from "./special.ts";

/**
 * Power of one frequency, 1 - chi2_1 / chi2_0 with a floating mean (Zechmeister, Kuerster 2009): 0 says nothing, 1 all of the variance.
 * Times in any unit, frequency in cycles per that unit.
 */
export function lombScarglePower(times: ArrayLike<number>, values: ArrayLike<number>, frequency: number): number {
  return lombScargle(times, values, frequency, 0, 1)[0] as number;
}

/** The power of frequencies first + k step, k = 0 .. count - 1. ScienceError NO_DATA when there is not one value per time, BAD_VALUES. */
export function lombScargle(times: ArrayLike<number>, values: ArrayLike<number>, first: number, step: number, count: number): Float64Array {
  const n = times.length;
  if (n === 0 || values.length !== n)
    throw new ScienceError("NO_DATA", `${n} times with ${values.length} values have no spectrum.`, "Pass one value per time.");
  requireFinite("Time", times);
  requireFinite("Value", values);
  // About the mean, so that a large one does not hide the rest.
  let mean = 0;
  for (let i = 0; i < n; i++) mean += values[i] as number;
  mean /= n;
  const centred = Float64Array.from(values);
  let variance = 0;
  let left = 0;
  for (let i = 0; i < n; i++) {
    const off = (centred[i] as number) - mean;
    centred[i] = off;
    left += off;
    variance += off * off;
  }
  const YY = variance / n - (left / n) ** 2;
  const sums = weightedSums(times, centred, first, step, count);
  return sums.re.map((re, k) => {
    const [c, s] = [re / n, (sums.im[k] as number) / n];
    // cos^2, sin^2 and cos sin by the double angle.
    const [c2, s2] = [(sums.twiceRe[k] as number) / n, (sums.twiceIm[k] as number) / n];
    const [CC, SS, CS] = [(1 + c2) / 2 - c * c, (1 - c2) / 2 - s * s, s2 / 2 - c * s];
    const [YC, YS] = [(sums.weightedRe[k] as number) / n - (left / n) * c, (sums.weightedIm[k] as number) / n - (left / n) * s];
    const determinant = CC * SS - CS * CS;
    if (!(YY > 0) || !(determinant > 1e-15)) return 0;
    return (SS * YC * YC + CC * YS * YS - 2 * CS * YC * YS) / (YY * determinant);
  });
}

export interface SpectralPeak {
  readonly frequency: number;
  readonly power: number;
  /** The chance that noise has such a peak anywhere up to `to`: Baluev's bound (2008), which counts the frequencies looked at. */
  readonly falseAlarm: number;
}

/** False-alarm probability of a peak of `power` among frequencies up to `maxFrequency`; n values at `times`. Baluev 2008, standard normalisation. */
export function falseAlarmProbability(power: number, times: ArrayLike<number>, maxFrequency: number): number {
  const n = times.length;
  const freedom = n - 1;
  const residual = n - 3;
  let mean = 0;
  let square = 0;
  for (let i = 0; i < n; i++) mean += (times[i] as number) / n;
  for (let i = 0; i < n; i++) square += ((times[i] as number) - mean) ** 2 / n;
  const band = maxFrequency * Math.sqrt(4 * Math.PI * square);
  const single = (1 - power) ** (residual / 2);
  const tau = gammaRatio(freedom) * band * (1 - power) ** ((residual - 1) / 2) * Math.sqrt(0.5 * freedom * power);
  // Not as 1 - (1 - single) exp(-tau), which is 0 for any strong peak.
  return single - (1 - single) * Math.expm1(-tau);
}

function gammaRatio(n: number): number {
  return Math.sqrt(2 / n) * Math.exp(gammaln(n / 2) - gammaln((n - 1) / 2));
}

/** The highest peak between two frequencies, in steps of a fifth of the resolution. ScienceError NO_DATA below ten values or all at one time, BAD_VALUES, BAD_WINDOW for a band below the resolution or without width. */
export function highestPeak(times: ArrayLike<number>, values: ArrayLike<number>, from: number, to: number): SpectralPeak {
  const n = times.length;
  if (n < 10 || values.length !== n)
    throw new ScienceError("NO_DATA", `${n} times with ${values.length} values have no spectrum.`, "Pass ten or more, one value per time.");
  const step = 1 / (5 * requireSpread(times));
  const first = Math.max(from, step);
  requireBand(first, to);
  const powers = lombScargle(times, values, first, step, Math.max(0, Math.floor((to - first) / step) + 1));
  let frequency = from;
  let power = -1;
  for (let k = 0; k < powers.length; k++) if ((powers[k] as number) > power) [frequency, power] = [first + k * step, powers[k] as number];
  return { frequency, power, falseAlarm: falseAlarmProbability(power, times, to) };
}
