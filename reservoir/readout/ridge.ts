import { ScienceError } from "../../common/errors.ts";
import type { Matrix } from "../matrix.ts";
import type { RidgeAnswer, RidgeOptions } from "../native/addon.ts";
import { kernels } from "./kernels.ts";
import { bestFit, FLOAT32_ERROR_BOUND, refusal } from "./refusal.ts";

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
  /**
   * How products of features are summed. "float32" (two thirds of the time): rounded to float32, summed in float32 over 128 rows and those sums in
   * float64. Its error is measured in float64 on random combinations of the features, and a fit is refused (FLOAT32_UNSAFE) when
   * that could have changed the weights for any lambda by more than FLOAT32_ERROR_BOUND. "auto": float64 then. Default "float64".
   */
  readonly accumulate?: Accumulate | "auto";
}

export type Accumulate = "float64" | "float32";

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
  /** The largest estimated relative error of the weights by float32 products, over all lambdas and folds; null when they were float64. */
  readonly float32Error: number | null;
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

/** Several targets read from the same features: prediction[t] = intercepts[t] + weights[t] . x. */
export interface MultiRidgeModel extends Omit<RidgeModel, "intercept"> {
  /** targets x features, row-major, for features as given. */
  readonly weights: Float64Array;
  readonly intercepts: Float64Array;
}

/**
 * Fits every column of y (rows x targets) on all rows of x, minimising ||y - b - Z w||^2 + lambda ||w||^2 with Z the standardised
 * features and b free; lambda is the same for all targets, chosen by the sum of their errors (cvMse is lambdas x targets).
 * Rows are time steps in order. The work runs on other threads; x and y must not change until it is done.
 * ScienceError: NON_FINITE, CONSTANT_FEATURE, NOT_POSITIVE_DEFINITE, FLOAT32_UNSAFE, TOO_FEW_ROWS, OUT_OF_MEMORY. specs/reservoir.md 2.1, section 5 S5
 */
export async function ridge(x: Matrix, y: Matrix, settings: RidgeSettings = {}): Promise<MultiRidgeModel> {
  const { lambda, folds = FOLDS, standardise = true, names } = settings;
  const lambdas = lambda === undefined ? (settings.lambdas ?? LAMBDAS) : [lambda];
  checkShape(x, y, lambda === undefined ? folds : 0);
  checkLambdas(lambdas);
  const { answer, float32Error } = await accumulated(settings.accumulate, {
    ...rowsAndTargets(x, y),
    lambdas: Float64Array.from(lambdas),
    folds: lambda === undefined ? folds : 0,
    standardise,
    diagnostics: false,
    wholePath: false,
  });
  const fit = bestFit(answer, names);
  return {
    weights: fit.weights,
    intercepts: fit.intercepts,
    lambda: fit.lambda,
    lambdas,
    cvMse: answer.cvMse.length === 0 ? null : answer.cvMse,
    standardisation: { mean: answer.mean, scale: answer.scale },
    float32Error,
  };
}

const rowsAndTargets = (x: Matrix, y: Matrix) => ({ x: x.data, y: y.data, rows: x.rows, features: x.cols, targets: y.cols });

async function accumulated(
  accumulate: RidgeSettings["accumulate"],
  options: Omit<RidgeOptions, "float32Bound">,
): Promise<{ answer: RidgeAnswer; float32Error: number | null }> {
  const float32Bound = boundOf(accumulate);
  const answer = await kernels().ridge({ ...options, float32Bound });
  if (answer.failure === "float32-unsafe" && accumulate === "auto")
    return { answer: await kernels().ridge({ ...options, float32Bound: 0 }), float32Error: null };
  return { answer, float32Error: float32Bound > 0 ? answer.float32Error : null };
}

/** What the kernels are told. */
export const boundOf = (accumulate: RidgeSettings["accumulate"]): number =>
  accumulate === "float32" || accumulate === "auto" ? FLOAT32_ERROR_BOUND : 0;

/** As `ridge`, for one target: one value of y per row of x. */
export async function fitRidge(x: Matrix, y: Float64Array, settings: RidgeSettings = {}): Promise<RidgeModel> {
  const { intercepts, ...model } = await ridge(x, { rows: y.length, cols: 1, data: y }, settings);
  return { ...model, intercept: intercepts[0] as number };
}

/**
 * The solution for every lambda and every column of y, with degrees of freedom, leave-one-out error through the hat matrix and
 * GCV = mse / (1 - dof / rows)^2. Costs rows x features^2 once when there are many lambdas (native/tridiagonal.h), per lambda otherwise.
 * Errors as ridge.
 */
export async function ridgePath(
  x: Matrix,
  y: Matrix,
  lambdas: readonly number[],
  settings: Pick<RidgeSettings, "standardise" | "names" | "accumulate"> = {},
): Promise<RidgePoint[]> {
  checkShape(x, y, 0);
  checkLambdas(lambdas);
  const { answer } = await accumulated(settings.accumulate, {
    ...rowsAndTargets(x, y),
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

function checkShape(x: Matrix, y: Matrix, folds: number): void {
  if (x.data.length !== x.rows * x.cols || x.cols === 0 || y.data.length !== y.rows * y.cols || y.cols === 0 || y.rows !== x.rows)
    throw new ScienceError(
      "MATRIX_SHAPE",
      `Features are ${x.rows} x ${x.cols} (${x.data.length} values), targets ${y.rows} x ${y.cols} (${y.data.length} values).`,
      "Ridge needs at least one feature and one target per row.",
    );
  if (folds === 0 ? x.rows < 2 : !Number.isInteger(folds) || folds < 2 || x.rows < 2 * folds)
    throw new ScienceError(
      "TOO_FEW_ROWS",
      folds === 0 ? `${x.rows} rows are not enough for a readout.` : `${x.rows} rows cannot be cut into ${folds} folds of at least two.`,
      "Collect more steps, or use fewer folds; two is the least.",
      { rows: x.rows, folds },
    );
}

/** ScienceError LAMBDAS when there is none, or one is negative or not finite. */
export function checkLambdas(lambdas: readonly number[]): void {
  if (lambdas.length > 0 && lambdas.every((lambda) => lambda >= 0 && Number.isFinite(lambda))) return;
  throw new ScienceError(
    "LAMBDAS",
    `Penalties [${lambdas.join(", ")}] are not all finite and at least 0.`,
    "Give at least one, such as LAMBDAS.",
  );
}
