/**
 * Rate of B over A from blocks that take turns, when the rate drifts and blocks differ by more than luck: a log-linear model of the counts,
 * ln E[shares] = ln seconds + a + b [arm is B] + c (number of the block), whose error is what the blocks themselves scatter by (McCullagh and Nelder,
 * Generalized Linear Models, 9.2), with Student's t for as few of them as there are.
 */
import { chi2Sf, studentTQuantile, studentTSf } from "../../statistics/special.ts";
import { type BlockCount, TREND_PARAMETERS } from "./arms-design.ts";

export interface TrendFit {
  /** Rate B / rate A - 1 at one time, and where it lies in 1 - alpha of all cases. */
  readonly gain: number;
  readonly gainInterval: readonly [number, number];
  /** Of no gain at all, two-sided. */
  readonly p: number;
  /** Variance of the blocks about the model, over a Poisson process' own, and the chance of so much. */
  readonly dispersion: number;
  readonly dispersionP: number;
}

const MOST_STEPS = 50;
const CLOSE = 1e-10;

type Triple = readonly [number, number, number];
/** Symmetric: (0,0), (0,1), (0,2), (1,1), (1,2), (2,2). */
type Symmetric = readonly [number, number, number, number, number, number];

/** null without shares in both arms. */
export function fitTrend(blocks: readonly BlockCount[], alpha: number): TrendFit | null {
  const inArm = (arm: BlockCount["arm"]) => blocks.reduce((sum, block) => sum + (block.arm === arm ? block.shares : 0), 0);
  const degrees = blocks.length - TREND_PARAMETERS;
  if (inArm("A") === 0 || inArm("B") === 0 || degrees < 1) return null;
  const rows = blocks.map(({ arm }, i): Triple => [1, arm === "B" ? 1 : 0, i - (blocks.length - 1) / 2]);
  let logMeans = blocks.map(({ shares }) => Math.log(shares + 0.5));
  let inverse: Symmetric = [0, 0, 0, 0, 0, 0];
  let b = Number.NaN;
  for (let step = 0; step < MOST_STEPS; step++) {
    // Iteratively reweighted least squares: weights are the means, the response is the mean's linear approximation.
    const means = logMeans.map(Math.exp);
    const response = blocks.map(({ shares, seconds }, i) => {
      const mean = means[i] as number;
      return (logMeans[i] as number) - Math.log(seconds) + (shares - mean) / mean;
    });
    inverse = inverseOf(normalMatrix(rows, means));
    const [a, gain, c] = times(inverse, momentsOf(rows, means, response));
    logMeans = rows.map(([, isB, at], i) => Math.log((blocks[i] as BlockCount).seconds) + a + gain * isB + c * at);
    const isDone = Math.abs(gain - b) < CLOSE;
    b = gain;
    if (isDone) break;
  }
  let pearson = 0;
  for (const [i, { shares }] of blocks.entries()) {
    const mean = Math.exp(logMeans[i] as number);
    pearson += (shares - mean) ** 2 / mean;
  }
  const dispersion = pearson / degrees;
  const error = Math.sqrt(dispersion * inverse[3]);
  const reach = studentTQuantile(alpha / 2, degrees) * error;
  return {
    gain: Math.expm1(b),
    gainInterval: [Math.expm1(b - reach), Math.expm1(b + reach)],
    p: error === 0 ? (b === 0 ? 1 : 0) : 2 * studentTSf(Math.abs(b) / error, degrees),
    dispersion,
    dispersionP: chi2Sf(pearson, degrees),
  };
}

function normalMatrix(rows: readonly Triple[], weights: readonly number[]): Symmetric {
  const sum: [number, number, number, number, number, number] = [0, 0, 0, 0, 0, 0];
  for (const [i, [x, y, z]] of rows.entries()) {
    const weight = weights[i] as number;
    sum[0] += weight * x * x;
    sum[1] += weight * x * y;
    sum[2] += weight * x * z;
    sum[3] += weight * y * y;
    sum[4] += weight * y * z;
    sum[5] += weight * z * z;
  }
  return sum;
}

function momentsOf(rows: readonly Triple[], weights: readonly number[], response: readonly number[]): Triple {
  const sum: [number, number, number] = [0, 0, 0];
  for (const [i, row] of rows.entries())
    for (const k of [0, 1, 2] as const) sum[k] += (weights[i] as number) * (response[i] as number) * row[k];
  return sum;
}

function inverseOf([a, b, c, d, e, f]: Symmetric): Symmetric {
  const [aa, bb, cc] = [d * f - e * e, c * e - b * f, b * e - c * d];
  const determinant = a * aa + b * bb + c * cc;
  return [aa, bb, cc, a * f - c * c, b * c - a * e, a * d - b * b].map((minor) => minor / determinant) as unknown as Symmetric;
}

function times([a, b, c, d, e, f]: Symmetric, [x, y, z]: Triple): Triple {
  return [a * x + b * y + c * z, b * x + d * y + e * z, c * x + e * y + f * z];
}
