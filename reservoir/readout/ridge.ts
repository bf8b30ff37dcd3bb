import { ScienceError } from "../../common/errors.ts";
import type { Matrix } from "../matrix.ts";
import { addon, type RidgeAnswer } from "../native/addon.ts";

/** lambda on standardised features, as a multiple of the squared unit: 10^-10 .. 10^4. The optimum of a noise-free network lies near 1e-8. */
export const LAMBDAS: readonly number[] = Array.from({ length: 15 }, (_, i) => 10 ** (i - 10));
export const FOLDS = 5;

export interface RidgeSettings {
  /** A fixed penalty; no cross-validation then. */
  readonly lambda?: number;
  /** Candidates for time-ordered cross-validation (default LAMBDAS). Ignored when `lambda` is given. */
  readonly lambdas?: readonly number[];
  /** Contiguous folds in time, each predicted from the others (default 5). No shuffling: neighbouring rows share input history. */
  readonly folds?: number;
  /** Divide each feature by its standard deviation over the fitted rows before penalising (default true). */
  readonly standardise?: boolean;
  /** Feature names, for messages. */
  readonly names?: readonly string[];
}

export interface RidgeModel {
  /** For features as given: prediction = intercept + x . weights. */
  readonly weights: Float64Array;
  readonly intercept: number;
  readonly lambda: number;
  readonly lambdas: readonly number[];
  /** Mean squared error over all validation rows, per lambda; null when lambda was given. NaN where a fold had no solution. */
  readonly cvMse: Float64Array | null;
  /** Of the fitted rows: what the penalty saw is (x - mean) / scale. All scales are 1 when not standardised. */
  readonly standardisation: { readonly mean: Float64Array; readonly scale: Float64Array };
}

/** One point of a ridge path, with the numbers that choose among them without folds. Weights are targets x features. */
export interface RidgePoint {
  readonly lambda: number;
  readonly weights: Float64Array;
  readonly intercepts: Float64Array;
  /** Trace of the hat matrix, intercept included. */
  readonly degreesOfFreedom: number;
  readonly trainMse: Float64Array;
  readonly looMse: Float64Array;
  readonly gcv: Float64Array;
}

/**
 * Fits y = b + x w on all rows of x, minimising ||y - b - Z w||^2 + lambda ||w||^2 with Z the standardised features and b free.
 * Rows are time steps in order. The work runs on another thread; x and y must not change until it is done.
 * ScienceError: NON_FINITE, CONSTANT_FEATURE, NOT_POSITIVE_DEFINITE, TOO_FEW_ROWS, OUT_OF_MEMORY. specs/reservoir.md 2.1, section 5 S5
 */
export async function fitRidge(x: Matrix, y: Float64Array, settings: RidgeSettings = {}): Promise<RidgeModel> {
  const { lambda, folds = FOLDS, standardise = true, names } = settings;
  const lambdas = lambda === undefined ? (settings.lambdas ?? LAMBDAS) : [lambda];
  checkShape(x, y.length, lambda === undefined ? folds : 1);
  const answer = await addon.ridge({
    x: x.data,
    y,
    rows: x.rows,
    features: x.cols,
    targets: 1,
    lambdas: Float64Array.from(lambdas),
    folds: lambda === undefined ? folds : 0,
    standardise,
    diagnostics: false,
    wholePath: false,
  });
  const fit = answer.fits[0];
  if (answer.failure !== "none" || fit === undefined) throw refusal(answer, names);
  return {
    weights: fit.weights,
    intercept: fit.intercepts[0] as number,
    lambda: fit.lambda,
    lambdas,
    cvMse: answer.cvMse.length === 0 ? null : answer.cvMse,
    standardisation: { mean: answer.mean, scale: answer.scale },
  };
}

/**
 * The solution for every lambda and every column of y, with degrees of freedom, leave-one-out error through the hat matrix and
 * GCV = mse / (1 - dof / rows)^2. Costs rows x features^2 per lambda. Errors as fitRidge.
 */
export async function ridgePath(
  x: Matrix,
  y: Matrix,
  lambdas: readonly number[],
  settings: Pick<RidgeSettings, "standardise" | "names"> = {},
): Promise<RidgePoint[]> {
  checkShape(x, y.rows, 1);
  const answer = await addon.ridge({
    x: x.data,
    y: y.data,
    rows: x.rows,
    features: x.cols,
    targets: y.cols,
    lambdas: Float64Array.from(lambdas),
    folds: 0,
    standardise: settings.standardise ?? true,
    diagnostics: true,
    wholePath: true,
  });
  if (answer.failure !== "none") throw refusal(answer, settings.names);
  const failed = answer.fits.find((fit) => fit.failedPivot >= 0);
  if (failed) throw refusal({ ...answer, failure: "not-positive-definite", column: failed.failedPivot }, settings.names);
  return answer.fits.map(({ failedPivot: _, ...point }) => point);
}

/** Predictions for every row of x. */
export function predict(model: Pick<RidgeModel, "weights" | "intercept">, x: Matrix): Float64Array {
  if (x.cols !== model.weights.length)
    throw new ScienceError(
      "MATRIX_SHAPE",
      `The readout has ${model.weights.length} weights and the rows have ${x.cols} features.`,
      "Predict with the same features as were fitted.",
    );
  const out = new Float64Array(x.rows);
  for (let r = 0; r < x.rows; r++) {
    let sum = model.intercept;
    for (let c = 0; c < x.cols; c++) sum += (x.data[r * x.cols + c] as number) * (model.weights[c] as number);
    out[r] = sum;
  }
  return out;
}

function checkShape(x: Matrix, targets: number, folds: number): void {
  if (x.data.length !== x.rows * x.cols || x.cols === 0 || targets !== x.rows)
    throw new ScienceError(
      "MATRIX_SHAPE",
      `Features are ${x.rows} x ${x.cols} (${x.data.length} values), targets ${targets}.`,
      "Ridge needs at least one feature and one target per row.",
    );
  if (!Number.isInteger(folds) || folds < 1 || x.rows < 2 * folds)
    throw new ScienceError(
      "TOO_FEW_ROWS",
      `${x.rows} rows cannot be cut into ${folds} folds of at least two.`,
      "Collect more steps, or use fewer folds.",
      { rows: x.rows, folds },
    );
}

function refusal(answer: RidgeAnswer, names: readonly string[] | undefined): ScienceError {
  const feature = names?.[answer.column] ?? `feature ${answer.column}`;
  const context = { row: answer.row, column: answer.column };
  switch (answer.failure) {
    case "non-finite-x":
      return new ScienceError(
        "NON_FINITE",
        `${feature} is not finite at row ${answer.row}.`,
        "Leave out invalid steps; never fill them in.",
        context,
      );
    case "non-finite-y":
      return new ScienceError("NON_FINITE", `The target is not finite at row ${answer.row}.`, "Check the task's generator.", context);
    case "constant-feature":
      return new ScienceError(
        "CONSTANT_FEATURE",
        `${feature} does not vary in the fitted rows.`,
        "Leave it out: checkFeatures names such columns.",
        context,
      );
    case "out-of-memory":
      return new ScienceError("OUT_OF_MEMORY", "The readout does not fit in memory.", "Use fewer features.", context);
    default:
      return new ScienceError(
        "NOT_POSITIVE_DEFINITE",
        `The normal equations are singular at ${feature}: it is a combination of other features.`,
        "Use a larger lambda, or leave the feature out.",
        context,
      );
  }
}
