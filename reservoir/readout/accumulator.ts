import { ScienceError } from "../../common/errors.ts";
import type { Matrix } from "../matrix.ts";
import type { AccumulatorKernel, RidgeAnswer } from "../native/addon.ts";
import { kernels } from "./kernels.ts";
import { bestFit, made, refusal } from "./refusal.ts";
import { type Accumulate, boundOf, checkLambdas, LAMBDAS, type MultiRidgeModel, type RidgePoint, type RidgeSettings } from "./ridge.ts";

/**
 * Ridge regression from blocks of rows that are not kept: memory is features^2, however long the run. The result is that of `ridge`
 * on all rows at once, whatever the blocks. Errors of prediction are worked out from sums, hence never reported below the rounding of
 * those (about 1e-15 of the summed squares of the weighted features): with the rows at hand, use `ridge`.
 */
export class RidgeAccumulator {
  private readonly kernel: AccumulatorKernel;
  private readonly features: number;
  private readonly targets: number;
  private readonly names: readonly string[] | undefined;
  private rowsSoFar = 0;
  /** Work goes to other threads one piece at a time, in the order of the calls. */
  private last: Promise<unknown> = Promise.resolve();

  private readonly float32: boolean;

  /**
   * ScienceError OUT_OF_MEMORY. `names` are the features' names, for messages. `accumulate` as in RidgeSettings, but without "auto": when
   * solutions turn out to be FLOAT32_UNSAFE the rows are gone.
   */
  constructor(features: number, targets = 1, names?: readonly string[], accumulate: Accumulate = "float64") {
    this.float32 = accumulate === "float32";
    this.kernel = made(kernels().createAccumulator({ features, targets, float32Bound: boundOf(accumulate) }));
    this.features = features;
    this.targets = targets;
    this.names = names;
  }

  /** Rows added so far. */
  get rows(): number {
    return this.rowsSoFar;
  }

  /**
   * Adds a block of rows in time order; x and y must not change until the promise settles.
   * ScienceError MATRIX_SHAPE; NON_FINITE, and then nothing of the block is added.
   */
  async add(x: Matrix, y: Matrix): Promise<void> {
    if (x.cols !== this.features || y.cols !== this.targets || x.rows !== y.rows)
      throw new ScienceError(
        "MATRIX_SHAPE",
        `A block of ${x.rows} x ${x.cols} features and ${y.rows} x ${y.cols} targets does not fit ${this.features} features and ${this.targets} targets.`,
        "Add blocks with one row of features per row of targets.",
      );
    const answer = await this.inTurn(() => this.kernel.addRows({ x: x.data, y: y.data, rows: x.rows }));
    if (answer.failure !== "none") throw refusal(answer, this.names);
    this.rowsSoFar += x.rows;
  }

  /** The rows that follow are a new fold: cross-validation predicts each fold from the others. ScienceError OUT_OF_MEMORY. */
  async startFold(): Promise<void> {
    made((await this.inTurn(async () => this.kernel.startFold())) || null);
  }

  /** Solves with the best lambda: of least error over the folds, or of least GCV when there are not two of them. Errors as `ridge`. */
  async fit(settings: Pick<RidgeSettings, "lambda" | "lambdas" | "standardise"> = {}): Promise<MultiRidgeModel> {
    const lambdas = settings.lambda === undefined ? (settings.lambdas ?? LAMBDAS) : [settings.lambda];
    const answer = await this.solve(lambdas, settings.standardise ?? true, false);
    const { weights, intercepts, lambda } = bestFit(answer, this.names);
    return {
      weights,
      intercepts,
      lambda,
      lambdas,
      cvMse: answer.cvMse.length === 0 ? null : answer.cvMse,
      standardisation: { mean: answer.mean, scale: answer.scale },
      float32Error: this.float32 ? answer.float32Error : null,
    };
  }

  /** Every lambda's solution, with degrees of freedom, training error and GCV (one entry per target). Errors as `ridge`. */
  async path(lambdas: readonly number[], standardise = true): Promise<Omit<RidgePoint, "looMse">[]> {
    const answer = await this.solve(lambdas, standardise, true);
    if (answer.failure !== "none") throw refusal(answer, this.names);
    const failed = answer.fits.find((fit) => fit.failedPivot >= 0);
    if (failed) throw refusal({ ...answer, failure: "not-positive-definite", column: failed.failedPivot }, this.names);
    return answer.fits.map(({ failedPivot: _, looMse: __, ...point }) => point);
  }

  private async solve(lambdas: readonly number[], standardise: boolean, wholePath: boolean): Promise<RidgeAnswer> {
    checkLambdas(lambdas);
    return await this.inTurn(async () => {
      if (this.rowsSoFar < 2)
        throw new ScienceError("TOO_FEW_ROWS", `${this.rowsSoFar} rows are not enough for a readout.`, "Add rows first.", {
          rows: this.rowsSoFar,
        });
      return await this.kernel.solve({ lambdas: Float64Array.from(lambdas), standardise, wholePath });
    });
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.last.then(work);
    this.last = turn.catch(() => {});
    return turn;
  }
}
