import { type Matrix, rowRange } from "../matrix.ts";
import { fitRidge, predict, type RidgeModel } from "../readout/ridge.ts";
import { errorMeasures } from "../statistics/nrmse.ts";

/** One row of the controls table. */
export interface Score {
  readonly name: string;
  readonly description: string;
  readonly features: number;
  /** RMSE / standard deviation of the test targets. */
  readonly nrmse: number;
  /** The papers' version, only ever shown beside the other. */
  readonly rmseOverRange: number;
}

export interface Scored {
  readonly score: Score;
  /** One per test row. */
  readonly predicted: Float64Array;
  /** Null when there were no features: the prediction is the mean of the training targets. */
  readonly model: RidgeModel | null;
}

/**
 * Trains a readout on the first `train` rows, choosing lambda by cross-validation inside them, and scores it on the rest. x is rows x
 * features (possibly 0 features), y has one target per row. Errors as fitRidge.
 */
export async function scoreReadout(
  what: { readonly name: string; readonly description: string },
  x: Matrix,
  y: Float64Array,
  train: number,
  featureNames?: readonly string[],
): Promise<Scored> {
  const learned = y.slice(0, train);
  const target = y.subarray(train);
  const model =
    x.cols === 0
      ? null
      : await fitRidge(rowRange(x, { from: 0, to: train }), learned, featureNames === undefined ? {} : { names: featureNames });
  const predicted =
    model === null
      ? new Float64Array(target.length).fill(learned.reduce((sum, value) => sum + value, 0) / train)
      : predict(model, rowRange(x, { from: train, to: x.rows }));
  const { nrmse, rmseOverRange } = errorMeasures(target, predicted);
  return { score: { name: what.name, description: what.description, features: x.cols, nrmse, rmseOverRange }, predicted, model };
}
