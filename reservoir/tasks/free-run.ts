/** A network on its own: trained to say a series' next value, then fed its own answers. What it is worth is how long it stays on the series. specs/reservoir.md 1.2 */
import { ScienceError } from "../../common/errors.ts";
import { type Matrix, rowRange } from "../matrix.ts";
import { fitRidge, predict, type RidgeModel, type RidgeSettings } from "../readout/ridge.ts";
import { nrmse84 } from "./chaos.ts";

/** What can be driven on from where it stands: EchoStateNetwork is one. */
export interface Network {
  open(): Promise<void>;
  harvest(u: Float64Array): Promise<Matrix>;
}

export interface FreeRunSettings extends Pick<RidgeSettings, "lambda" | "lambdas"> {
  /** Steps driven with the true series before training, and before each start. */
  readonly washout?: number;
  readonly train?: number;
  /** Starts, each `spacing` steps after the one before, all after the training rows. */
  readonly starts?: number;
  readonly spacing?: number;
  /** Steps on its own from each start, at least 84. */
  readonly steps?: number;
}

export interface FreeRun {
  /** rms over the starts of the error at step 84, over the series' standard deviation. */
  readonly nrmse84: number;
  /** For each start: steps before the error first exceeds 0.4 standard deviations; `steps` where it never did. */
  readonly horizons: readonly number[];
  readonly medianHorizon: number;
  /** The readout's own error one step ahead on the training rows, over the standard deviation. */
  readonly trainNrmse: number;
}

const OFF_TRACK = 0.4;
const DEFAULTS = { washout: 1000, train: 3000, starts: 20, spacing: 200, steps: 84 } as const;

/** ScienceError TOO_FEW_STEPS when the series ends before the last start's last step, or `steps` is below 84. */
export async function freeRun(series: Float64Array, network: Network, settings: FreeRunSettings = {}): Promise<FreeRun> {
  const { washout, train, starts, spacing, steps, ...ridge } = { ...DEFAULTS, ...settings };
  const first = washout + train + washout;
  const needed = first + (starts - 1) * spacing + steps;
  if (steps < 84 || starts < 1 || series.length < needed)
    throw new ScienceError("TOO_FEW_STEPS", `A free run needs ${needed} values and 84 steps or more.`, "Make the series longer.", {
      needed,
    });
  await network.open();
  const states = await network.harvest(series.subarray(0, washout + train));
  const y = series.slice(washout + 1, washout + train + 1);
  const readout = await fitRidge(rowRange(states, { from: washout, to: washout + train }), y, ridge);
  const spread = deviation(series);
  const said: number[] = [];
  const true84: number[] = [];
  const horizons: number[] = [];
  for (let start = first; start <= first + (starts - 1) * spacing; start += spacing) {
    const predicted = await onItsOwn(network, readout, series.subarray(start - washout, start), steps);
    said.push(predicted[83] as number);
    true84.push(series[start + 83] as number);
    const off = predicted.findIndex((value, i) => !(Math.abs(value - (series[start + i] as number)) <= OFF_TRACK * spread));
    horizons.push(off < 0 ? steps : off);
  }
  const sorted = horizons.toSorted((a, b) => a - b);
  const trained = predict(readout, rowRange(states, { from: washout, to: washout + train }));
  const squares = trained.reduce((sum, value, i) => sum + (value - (y[i] as number)) ** 2, 0);
  return {
    nrmse84: nrmse84(said, true84, spread),
    horizons,
    medianHorizon: ((sorted[(sorted.length - 1) >> 1] as number) + (sorted[sorted.length >> 1] as number)) / 2,
    trainNrmse: Math.sqrt(squares / y.length) / spread,
  };
}

/** Driven with `before`, then on its own: the value after `before` first. */
async function onItsOwn(network: Network, readout: RidgeModel, before: Float64Array, steps: number): Promise<Float64Array> {
  await network.open();
  const driven = await network.harvest(before);
  let state = rowRange(driven, { from: driven.rows - 1, to: driven.rows });
  const out = new Float64Array(steps);
  for (let step = 0; step < steps; step++) {
    out[step] = predict(readout, state)[0] as number;
    if (step + 1 < steps) state = await network.harvest(out.subarray(step, step + 1));
  }
  return out;
}

function deviation(series: Float64Array): number {
  const mean = series.reduce((sum, value) => sum + value, 0) / series.length;
  return Math.sqrt(series.reduce((sum, value) => sum + (value - mean) ** 2, 0) / series.length);
}
