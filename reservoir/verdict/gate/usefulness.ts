/** S5: does a readout that sees the states predict NARMA-10 better than one that sees the drive alone, and better than a shift register? */
import { type Matrix, matrix, takeRows } from "../../matrix.ts";
import { delayTaps, quadraticTaps } from "../../readout/taps.ts";
import { EchoStateNetwork } from "../../software/esn.ts";
import { blockBootstrap } from "../../statistics/block-bootstrap.ts";
import { dieboldMariano } from "../../statistics/diebold-mariano.ts";
import { errorMeasures } from "../../statistics/nrmse.ts";
import { narma10Response } from "../../tasks/narma10.ts";
import { crossPredict, crossPredictBeyond } from "./cross-predict.ts";
import type { GatePlan, Prepared } from "./session.ts";

/** specs/reservoir.md 5 S5 */
export const MOST_MSE_RATIO = 0.95;
const BOOTSTRAP_BLOCK = 25;

export interface Better {
  readonly answer: boolean;
  readonly nrmse: number;
  readonly againstNrmse: number;
  readonly mseRatio: number;
  /** Diebold-Mariano with Newey-West variance, one-sided. */
  readonly dmP: number;
  /** Moving-block bootstrap of the mean difference of squared errors, one-sided. */
  readonly bootstrapP: number;
}

export interface Usefulness {
  /** T3: drive and states against the drive alone. */
  readonly useful: Better;
  /** T4: states alone against as many delay taps as there are features, at most 30. */
  readonly competitive: Better;
  /** T5: states alone against 30 quadratic taps, and against an echo state network of as many nodes; null unless competitive. */
  readonly advantage: { readonly volterra: Better; readonly network: Better } | null;
  /** Of the states alone, for the consistency check. */
  readonly statesNrmse: number;
}

/** S5's rule: better by both tests and by at least 5 % of the squared error. */
export function compare(target: Float64Array, own: Float64Array, other: Float64Array, plan: GatePlan): Better {
  const { pValue, mseRatio } = dieboldMariano(target, own, other);
  const gain = target.map((value, i) => (value - (other[i] as number)) ** 2 - (value - (own[i] as number)) ** 2);
  const bootstrapP = notPositive(gain, plan);
  return {
    answer: pValue < plan.alpha && bootstrapP < plan.alpha && mseRatio <= MOST_MSE_RATIO,
    nrmse: errorMeasures(target, own).nrmse,
    againstNrmse: errorMeasures(target, other).nrmse,
    mseRatio,
    dmP: pValue,
    bootstrapP,
  };
}

/** How often a bootstrapped mean gain is not above 0. */
function notPositive(gain: Float64Array, plan: GatePlan): number {
  let draws = 0;
  let below = 0;
  blockBootstrap(
    gain.length,
    (rows) => {
      const mean = rows.reduce((sum, row) => sum + (gain[row] as number), 0) / rows.length;
      if (draws++ > 0 && mean <= 0) below++;
      return mean;
    },
    { block: BOOTSTRAP_BLOCK, draws: 999, seed: plan.seed },
  );
  return (1 + below) / (draws + 0);
}

/** rows x columns. */
export function asMatrix(rows: number, columns: readonly Float64Array[]): Matrix {
  const out = matrix(rows, columns.length);
  columns.forEach((column, c) => {
    for (let row = 0; row < rows; row++) out.data[row * columns.length + c] = column[row] as number;
  });
  return out;
}

/** NARMA-10's response to the input v = 4 u - 1, one value per row in use. */
export function narmaTarget(v: Float64Array, rows: Uint32Array): Float64Array {
  const response = narma10Response(v.map((value) => (value + 1) / 4));
  return Float64Array.from(rows, (row) => response[row + 1] as number);
}

export async function testUsefulness(v: Float64Array, prepared: Prepared, plan: GatePlan): Promise<Usefulness> {
  const { rows, baseColumns, states } = prepared;
  const u = v.map((value) => (value + 1) / 4);
  const y = narmaTarget(v, rows);
  const settings = { blocks: plan.blocks, gap: plan.lags };
  const cross = (x: Matrix) => crossPredict(x, y, settings);
  const { base: drive, both } = await crossPredictBeyond(asMatrix(rows.length, baseColumns), states, y, settings);
  const alone = await cross(states);
  const taps = await cross(takeRows(delayTaps(u, Math.min(30, Math.max(1, states.cols))), rows));
  const competitive = compare(y, alone, taps, plan);
  let advantage: Usefulness["advantage"] = null;
  if (competitive.answer) {
    const volterra = compare(y, alone, await cross(takeRows(quadraticTaps(u, 30), rows)), plan);
    const network = await new EchoStateNetwork({ nodes: states.cols, seed: plan.seed }).harvest(u);
    advantage = { volterra, network: compare(y, alone, await cross(takeRows(network, rows)), plan) };
  }
  return { useful: compare(y, both, drive, plan), competitive, advantage, statesNrmse: competitive.nrmse };
}
