/**
 * Dead time of a miner that gets its jobs over a network. The least interval says nothing there (shares of two jobs may come together), so the rate is
 * taken from the tail, where any dead time is over and a Poisson process has forgotten it; what the mean exceeds it by is the dead time. CLAIMS B.
 */

import { coefficientOfVariation } from "../../reservoir/statistics/coefficient-of-variation.ts";
import { poissonCvBand } from "../../reservoir/statistics/cv-band.ts";

/** Intervals below this quantile are left out of the rate. */
const TAIL_FROM = 0.4;
const FEWEST = 20;

export interface HandOverFit {
  readonly intervals: number;
  readonly meanMs: number;
  /** Standard deviation over mean (n in the variance). */
  readonly cv: number;
  /** Rate while shares can come, 1/s, from `tailIntervals` intervals beyond `tailFromMs`. */
  readonly ratePerS: number;
  readonly tailFromMs: number;
  readonly tailIntervals: number;
  /** Mean dead time between two shares, ms, and where it lies in 95 of 100 cases. Below zero: more came together than a Poisson process has. */
  readonly deadTimeMs: number;
  readonly deadTimeIntervalMs: readonly [number, number];
  /** What a Poisson process with that dead time has: 1 / (1 + rate x dead time), and the 95 % band for so many intervals. */
  readonly nullCv: number;
  readonly nullBand: readonly [number, number];
  /** The CV lies in that band: nothing but hashing and hand-over is needed to explain it. */
  readonly explained: boolean;
}

/** `timesS`: when shares came, in order. null below 20 intervals, and when they say no rate. */
export function fitHandOver(timesS: ArrayLike<number>): HandOverFit | null {
  const n = timesS.length - 1;
  const cv = coefficientOfVariation(timesS);
  if (n < FEWEST || cv === null) return null;
  const intervals = Float64Array.from({ length: n }, (_, i) => (timesS[i + 1] as number) - (timesS[i] as number)).sort();
  const from = intervals[Math.floor(TAIL_FROM * n)] as number;
  let tail = 0;
  let excess = 0;
  for (const interval of intervals) {
    if (interval <= from) continue;
    tail++;
    excess += interval - from;
  }
  if (tail === 0) return null;
  const mean = ((timesS[n] as number) - (timesS[0] as number)) / n;
  const scale = excess / tail;
  const deadTime = mean - scale;
  // Var(mean - scale) of n intervals of which the tail is part: scale^2 (1/tail - 1/n).
  const error = 1.96 * scale * Math.sqrt(1 / tail - 1 / n);
  const share = Math.min(1, scale / mean);
  const [low, high] = poissonCvBand(n);
  // The band's width is that of the CV, the null's own place is known to the dead time's error.
  const nullOff = error / mean;
  const nullBand = [share - Math.hypot((1 - low) * share, nullOff), share + Math.hypot((high - 1) * share, nullOff)] as const;
  return {
    intervals: n,
    meanMs: mean * 1e3,
    cv,
    ratePerS: 1 / scale,
    tailFromMs: from * 1e3,
    tailIntervals: tail,
    deadTimeMs: deadTime * 1e3,
    deadTimeIntervalMs: [(deadTime - error) * 1e3, (deadTime + error) * 1e3],
    nullCv: share,
    nullBand,
    explained: cv >= nullBand[0] && cv <= nullBand[1],
  };
}
