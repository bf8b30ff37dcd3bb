import { ScienceError } from "../../common/errors.ts";

/** The normalisations in use. `nrmse` is the one that counts; the others exist to read other people's papers (specs/reservoir.md 0.3). */
export interface ErrorMeasures {
  readonly rmse: number;
  /** RMSE / population standard deviation of the targets. */
  readonly nrmse: number;
  /** MSE / population variance of the targets. */
  readonly nmse: number;
  /** RMSE / (max - min) of the targets: reservoirpy's default, and the papers'. */
  readonly rmseOverRange: number;
  readonly rmseOverVariance: number;
  readonly rmseOverMean: number;
  /** Sum of squared errors / sum of squared targets. */
  readonly nmseSumSquares: number;
}

/** All normalisations, over the given targets only. ScienceError BAD_TARGETS when there are none, lengths differ, or targets do not vary. */
export function errorMeasures(target: Float64Array, predicted: Float64Array): ErrorMeasures {
  const n = target.length;
  if (n === 0 || predicted.length !== n)
    throw new ScienceError(
      "BAD_TARGETS",
      `${n} targets and ${predicted.length} predictions cannot be compared.`,
      "Pass one prediction per target.",
    );
  let squaredError = 0;
  let squares = 0;
  let mean = 0;
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < n; i++) {
    const value = target[i] as number;
    squaredError += (value - (predicted[i] as number)) ** 2;
    squares += value * value;
    mean += value / n;
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  let variance = 0;
  for (const value of target) variance += (value - mean) ** 2 / n;
  // Rounding gives a constant a variance too, and an error in units of it.
  if (!(most > least && variance > 0))
    throw new ScienceError("BAD_TARGETS", "The targets do not vary, so no error can be normalised.", "Check the task.");
  const mse = squaredError / n;
  const rmse = Math.sqrt(mse);
  return {
    rmse,
    nrmse: rmse / Math.sqrt(variance),
    nmse: mse / variance,
    rmseOverRange: rmse / (most - least),
    rmseOverVariance: rmse / variance,
    rmseOverMean: rmse / mean,
    nmseSumSquares: squaredError / squares,
  };
}

/** RMSE / population standard deviation of the targets. Errors as errorMeasures. */
export function nrmse(target: Float64Array, predicted: Float64Array): number {
  return errorMeasures(target, predicted).nrmse;
}
