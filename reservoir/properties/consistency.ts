/**
 * Does the same input get the same response? Uchida, McAllister, Roy 2004. Echo state asks whether a start is forgotten; consistency asks how much of what
 * is left is the input's doing: chaos and noise of the substrate's own lower it alike.
 */
import { ScienceError } from "../../common/errors.ts";
import type { Matrix } from "../matrix.ts";
import { blockBootstrap, blockLength } from "../statistics/block-bootstrap.ts";
import { isConstant } from "../statistics/kernels.ts";
import { pearson } from "../statistics/rank-correlation.ts";
import { columnsOf } from "./information-processing.ts";

export interface Consistency {
  /** Correlation of a feature between two runs with the same input, mean over pairs of runs; null for one that does not vary in some run. */
  readonly perFeature: readonly (number | null)[];
  /** Mean over the features that vary: 1 for a response that the input alone decides, S / (S + N) for additive noise, 0 for none. */
  readonly mean: number;
  /** 95 % by moving blocks of steps, the same for all runs. */
  readonly interval: readonly [number, number];
  /** False when there are too few blocks for the interval. */
  readonly reliable: boolean;
}

/**
 * runs: two or more steps x features matrices, same input, different start or time; leave the washout out. ScienceError NO_DATA for fewer than two
 * runs, fewer than 3 steps, or when no feature varies; MATRIX_SHAPE.
 */
export function consistency(runs: readonly Matrix[], { draws = 199, seed = 1 } = {}): Consistency {
  const [first] = runs;
  if (first === undefined || runs.length < 2 || first.rows < 3)
    throw new ScienceError(
      "NO_DATA",
      `${runs.length} runs of ${first?.rows ?? 0} steps cannot be compared.`,
      "Run the same input twice or more.",
    );
  if (runs.some(({ rows, cols }) => rows !== first.rows || cols !== first.cols))
    throw new ScienceError("MATRIX_SHAPE", "All runs need the same steps and features.", "Cut the longer ones.");
  const byRun = runs.map((run) => columnsOf(run));
  const features = Array.from({ length: first.cols }, (_, column) => byRun.map((columns) => columns[column] as Float64Array));
  const perFeature = features.map((series) => (series.some(isConstant) ? null : pairwise(series)));
  const varying = features.filter((_, column) => perFeature[column] !== null);
  if (varying.length === 0) throw new ScienceError("NO_DATA", "No feature varies in all runs.", "Check the features, and the drive.");
  const meanOf = (rows: Uint32Array) => {
    const drawn = varying
      .map((series) => series.map((values) => Float64Array.from(rows, (row) => values[row] as number)))
      .filter((series) => !series.some(isConstant))
      .map(pairwise);
    return drawn.reduce((sum, value) => sum + value, 0) / drawn.length;
  };
  const block = Math.max(...varying.map(([series]) => blockLength(series as Float64Array)));
  const { estimate, interval, reliable } = blockBootstrap(first.rows, meanOf, { block, draws, seed });
  return { perFeature, mean: estimate, interval, reliable };
}

/** Mean correlation of two of the series. */
function pairwise(series: readonly Float64Array[]): number {
  let [sum, pairs] = [0, 0];
  for (const [i, a] of series.entries())
    for (const b of series.slice(i + 1)) {
      sum += pearson(a, b);
      pairs++;
    }
  return sum / pairs;
}
