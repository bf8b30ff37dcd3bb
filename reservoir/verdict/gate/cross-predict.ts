/** Every row predicted by a readout that did not learn from its neighbourhood: the more rows test and teach, the more power. specs/reservoir.md 5 S5 */
import { checkFeatures } from "../../features/guard.ts";
import { type Matrix, matrix, rowRange, takeColumns, takeRows } from "../../matrix.ts";
import { fitRidge, type MultiRidgeModel, predict, type RidgeModel, ridge } from "../../readout/ridge.ts";

/** Penalties of what the states add: up to ones that leave nothing of it, so that states which say little cost little. */
const ADDED_LAMBDAS = Array.from({ length: 29 }, (_, i) => 10 ** (i / 2 - 8));
/** Of the fit of states to drive: only there to keep near-collinear polynomials solvable. */
const RESIDUAL_LAMBDA = 1e-3;

export interface CrossSettings {
  readonly blocks: number;
  /** Rows left out of training on both sides of the block that is predicted. */
  readonly gap: number;
}

interface Fold {
  readonly from: number;
  readonly to: number;
  /** Rows to learn from. */
  readonly rows: Uint32Array;
}

function folds(n: number, { blocks, gap }: CrossSettings): Fold[] {
  return Array.from({ length: blocks }, (_, block) => {
    const from = Math.floor((block * n) / blocks);
    const to = Math.floor(((block + 1) * n) / blocks);
    return { from, to, rows: Uint32Array.from({ length: n }, (__, i) => i).filter((row) => row < from - gap || row >= to + gap) };
  });
}

/** Training rows and the block's rows of the columns that vary in training: what does not, though it does over all, teaches nothing here. */
function parts(x: Matrix, { from, to, rows }: Fold): { training: Matrix; testing: Matrix } {
  const training = takeRows(x, rows);
  const anonymous = Array.from({ length: x.cols }, (_, column) => String(column));
  const { kept } = checkFeatures(training, anonymous, { from: 0, to: rows.length });
  return { training: takeColumns(training, kept), testing: takeColumns(rowRange(x, { from, to }), kept) };
}

type Readout = Pick<RidgeModel, "weights" | "intercept">;

/** Without columns: the mean of the targets. */
async function learned(training: Matrix, y: Float64Array, { rows }: Fold): Promise<Readout> {
  const targets = Float64Array.from(rows, (row) => y[row] as number);
  if (training.cols > 0) return fitRidge(training, targets);
  return { weights: new Float64Array(0), intercept: targets.reduce((sum, value) => sum + value, 0) / targets.length };
}

/** Predictions of y from x, one ridge readout per block. */
export async function crossPredict(x: Matrix, y: Float64Array, settings: CrossSettings): Promise<Float64Array> {
  const out = new Float64Array(y.length);
  for (const fold of folds(y.length, settings)) {
    const { training, testing } = parts(x, fold);
    const model = await learned(training, y, fold);
    out.set(predict(model, testing), fold.from);
  }
  return out;
}

/**
 * Predictions of y from the base alone, and from base and states. The states are freed of the base on the training rows and have a penalty of
 * their own, learned on what the base leaves: with one penalty for both, twenty weak features cost more than they tell.
 */
export async function crossPredictBeyond(
  base: Matrix,
  states: Matrix,
  y: Float64Array,
  settings: CrossSettings,
): Promise<{ readonly base: Float64Array; readonly both: Float64Array }> {
  const alone = new Float64Array(y.length);
  const both = new Float64Array(y.length);
  for (const fold of folds(y.length, settings)) {
    const drive = parts(base, fold);
    const model = await learned(drive.training, y, fold);
    const said = predict(model, drive.testing);
    alone.set(said, fold.from);
    const state = parts(states, fold);
    if (state.training.cols === 0) {
      both.set(said, fold.from);
      continue;
    }
    const shared = drive.training.cols > 0 ? await ridge(drive.training, state.training, { lambda: RESIDUAL_LAMBDA }) : null;
    const taught = predict(model, drive.training);
    const left = Float64Array.from(fold.rows, (row, i) => (y[row] as number) - (taught[i] as number));
    const added = await fitRidge(beyond(state.training, drive.training, shared), left, { lambdas: ADDED_LAMBDAS });
    const more = predict(added, beyond(state.testing, drive.testing, shared));
    both.set(
      said.map((value, i) => value + (more[i] as number)),
      fold.from,
    );
  }
  return { base: alone, both };
}

/** States less what the fitted readout makes of the base; of a base that stood still while it was learned, nothing. */
function beyond(states: Matrix, base: Matrix, shared: Pick<MultiRidgeModel, "weights" | "intercepts"> | null): Matrix {
  if (shared === null) return states;
  const out = matrix(states.rows, states.cols);
  for (let column = 0; column < states.cols; column++) {
    const weights = shared.weights.subarray(column * base.cols, (column + 1) * base.cols);
    const explained = predict({ weights, intercept: shared.intercepts[column] as number }, base);
    for (let row = 0; row < states.rows; row++) {
      const at = row * states.cols + column;
      out.data[at] = (states.data[at] as number) - (explained[row] as number);
    }
  }
  return out;
}
