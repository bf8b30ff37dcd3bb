/** Is there a line in the times of events? specs/reservoir.md 4.1; CLAIMS A 3 (the 2.4 Hz "heartbeat"). */

import { requireBand, requireEvents, requireSpread } from "./event-band.ts";
import { harmonicSums } from "./harmonic-sums.ts";
import { chi2Sf } from "./special.ts";

/** Z^2_m of events at times t for the frequency f (Buccheri 1983): sum over m harmonics of (2/n) |sum exp(2 pi i k f t)|^2, chi-squared with 2 m degrees of freedom for a constant rate. m = 1 is Rayleigh's. ScienceError NO_DATA without events, BAD_VALUES. */
export function zSquared(times: ArrayLike<number>, frequency: number, harmonics = 1): number {
  requireEvents(times);
  const n = times.length;
  const cos = new Float64Array(harmonics);
  const sin = new Float64Array(harmonics);
  for (let i = 0; i < n; i++) {
    const turns = (times[i] as number) * frequency;
    const angle = 2 * Math.PI * (turns - Math.floor(turns));
    const [c1, s1] = [Math.cos(angle), Math.sin(angle)];
    let [c, s] = [1, 0];
    for (let k = 0; k < harmonics; k++) {
      [c, s] = [c * c1 - s * s1, c * s1 + s * c1];
      cos[k] = (cos[k] as number) + c;
      sin[k] = (sin[k] as number) + s;
    }
  }
  let sum = 0;
  for (let k = 0; k < harmonics; k++) sum += (cos[k] as number) ** 2 + (sin[k] as number) ** 2;
  return (2 / n) * sum;
}

/** p of Rayleigh's test at one frequency chosen beforehand: the exact law to order 1/n (Mardia, Jupp 2000, 6.3.6). */
export function rayleighP(z1: number, n: number): number {
  const z = z1 / 2;
  const p = Math.exp(-z) * (1 + (2 * z - z * z) / (4 * n) - (24 * z - 132 * z ** 2 + 76 * z ** 3 - 9 * z ** 4) / (288 * n * n));
  return Math.min(1, Math.max(0, p));
}

/** De Jager's H, max over m <= 20 of Z^2_m - 4 m + 4, and its p, exp(-0.4 H) (de Jager, Buesching 2010). For a pulse of unknown shape. Errors as zSquared. */
export function hTest(times: ArrayLike<number>, frequency: number): { h: number; harmonics: number; pValue: number } {
  let h = Number.NEGATIVE_INFINITY;
  let harmonics = 1;
  const sums = zByHarmonic(times, frequency, 20);
  for (let m = 1; m <= 20; m++) {
    const value = (sums[m - 1] as number) - 4 * m + 4;
    if (value > h) [h, harmonics] = [value, m];
  }
  return { h, harmonics, pValue: Math.min(1, Math.exp(-0.4 * h)) };
}

function zByHarmonic(times: ArrayLike<number>, frequency: number, most: number): Float64Array {
  const sums = new Float64Array(most);
  let sum = 0;
  for (let m = 1; m <= most; m++) {
    sum += zSquared(times, frequency * m);
    sums[m - 1] = sum;
  }
  return sums;
}

/**
 * The largest Z^2_1 at whole numbers of cycles per record, `from` to `to`: one rotation an event and frequency, no sine. For Monte Carlo by the thousand;
 * between two whole numbers up to a third of a line's power is lost.
 */
export function strongestHarmonic(times: ArrayLike<number>, from: number, to: number): { cycles: number; z1: number } {
  const n = times.length;
  const start = times[0] as number;
  const length = (times[n - 1] as number) - start;
  const re = new Float64Array(to + 1);
  const im = new Float64Array(to + 1);
  for (let i = 0; i < n; i++) {
    const angle = (2 * Math.PI * ((times[i] as number) - start)) / length;
    const [c1, s1] = [Math.cos(angle), Math.sin(angle)];
    let [c, s] = [1, 0];
    for (let k = 1; k <= to; k++) {
      const next = c * c1 - s * s1;
      s = c * s1 + s * c1;
      c = next;
      re[k] = (re[k] as number) + c;
      im[k] = (im[k] as number) + s;
    }
  }
  let [cycles, z1] = [from, Number.NEGATIVE_INFINITY];
  for (let k = from; k <= to; k++) {
    const z = (2 / n) * ((re[k] as number) ** 2 + (im[k] as number) ** 2);
    if (z > z1) [cycles, z1] = [k, z];
  }
  return { cycles, z1 };
}

export interface LineSearch {
  /** The frequency with the largest Z^2_1, per unit of time. */
  readonly frequency: number;
  readonly z1: number;
  /** p as if only this frequency had been looked at. */
  readonly pLocal: number;
  /** Independent frequencies that were looked at. */
  readonly trials: number;
  /** p with the look-elsewhere correction, 1 - (1 - pLocal)^trials. */
  readonly pGlobal: number;
}

/**
 * The strongest line of events between two frequencies. Steps of 1 / (oversampling x length) miss no line; the number of independent
 * frequencies is the band times the length (specs/reservoir.md 4.1), times a factor for oversampling that simulations of constant rate give:
 * 3 for four-fold (seeded check in the tests). A rate that drifts makes false lines at a few cycles per record: start the band above 10 / length. ScienceError NO_DATA when all
 * events have one time, BAD_VALUES, BAD_WINDOW for a band without width.
 */
export function strongestLine(times: ArrayLike<number>, from: number, to: number, oversampling = 4): LineSearch {
  const n = times.length;
  requireBand(from, to);
  const length = requireSpread(times);
  const step = 1 / (oversampling * length);
  const { re, im } = harmonicSums(times, from, step, Math.max(0, Math.floor((to - from) / step) + 1));
  let frequency = from;
  let z1 = Number.NEGATIVE_INFINITY;
  for (let k = 0; k < re.length; k++) {
    const z = (2 / n) * ((re[k] as number) ** 2 + (im[k] as number) ** 2);
    if (z > z1) [frequency, z1] = [from + k * step, z];
  }
  const trials = Math.max(1, OVERSAMPLED_TRIALS * (to - from) * length);
  const pLocal = chi2Sf(z1, 2);
  return { frequency, z1, pLocal, trials, pGlobal: -Math.expm1(trials * Math.log1p(-Math.min(pLocal, 1 - 1e-16))) };
}

/** Independent frequencies per cycle of the band when looking between them too. */
const OVERSAMPLED_TRIALS = 3;
