import { ScienceError } from "../../common/errors.ts";
import type { Origin } from "../../common/origin.ts";
import { checkFeatures, type RefusedFeature, summariseRefusals } from "../features/guard.ts";
import { type Matrix, takeColumns, takeRows } from "../matrix.ts";
import { type Control, type ControlInputs, HEADLINE_TAPS, namedControls, tapControls, tapsName } from "../readout/controls.ts";
import { firstDivergence, narma10Response } from "../tasks/narma10.ts";
import { beats, type Comparison, comparisonWords } from "./beats.ts";
import { type Score, type Scored, scoreReadout } from "./score.ts";

/** What a run of NARMA-10 collected. Steps count from 0; the split is in time: washout, then train, then test. */
export interface Narma10Collected {
  readonly u: Float64Array;
  /** u.length + 1 values, as narma10() gives them: y[t + 1] is the target of step t. */
  readonly y: Float64Array;
  /** u.length x features; rows of invalid steps are not read. */
  readonly states: Matrix;
  readonly names: readonly string[];
  /** 1 where the step counts. Other steps are left out of fitting and testing, for the controls too. */
  readonly valid: Uint8Array;
  /** How many steps were invalid, by reason; for the report. */
  readonly invalid: ReadonlyMap<string, number>;
  readonly washout: number;
  readonly train: number;
  readonly test: number;
  /** Of the input series; the shuffled control and the software network draw from it too. */
  readonly seed: number;
  readonly redraws: number;
  readonly origin: Origin | "software";
}

/** The report of a run, but for what only the device knows. Plain values, fit for JSON. */
export interface Narma10Result {
  task: "narma10";
  origin: Origin | "software";
  seed: number;
  redraws: number;
  washout: number;
  train: number;
  test: number;
  /** Invalid steps left out of each part, and the reasons given over the whole run. */
  excluded: { train: number; test: number; reasons: { reason: string; steps: number }[] };
  featuresUsed: string[];
  featuresRefused: RefusedFeature[];
  substrate: Score;
  /** Constant, input-only, taps-10/20/30, quadratic-10/20/30, shuffled, esn. */
  controls: Score[];
  /** Linear taps k = 1 .. 30, in order. */
  tapsByCount: Score[];
  beatsTaps: Comparison & { taps: number; substrateNrmse: number; tapsNrmse: number };
  beatsInputOnly: Comparison & { inputNrmse: number };
  /** One plain sentence with the numbers. */
  verdict: string;
  /** Of the valid test steps, in order: which step, its target y[step + 1], and what the substrate's readout said. */
  testSteps: number[];
  test_y: number[];
  predicted: number[];
}

export interface Narma10Settings {
  readonly onProgress?: (label: string, done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/** Fewer test steps than this decide nothing. */
const LEAST_TEST_STEPS = 20;
const LEAST_TRAIN_STEPS = 50;

/**
 * Scores a substrate on NARMA-10 beside its controls, all with the same rows, the same ridge readout and the same choice of lambda, and
 * says whether it beat the 30-tap shift register. ScienceError: COLLECTED_SHAPE, TARGET_MISMATCH (y is not the response to u, or
 * diverged), TOO_FEW_STEPS. A substrate without usable features is still reported: its readout is the bare intercept.
 */
export async function scoreNarma10(collected: Narma10Collected, settings: Narma10Settings = {}): Promise<Narma10Result> {
  checkCollected(collected);
  const train = validSteps(collected, collected.washout, collected.train);
  const test = validSteps(collected, collected.washout + collected.train, collected.test);
  checkCounts(train.length, test.length);
  const used = Uint32Array.of(...train, ...test);
  const y = Float64Array.from(used, (step) => collected.y[step + 1] as number);
  const target = y.subarray(train.length);

  const states = takeRows(collected.states, used);
  const { kept, refused } = checkFeatures(states, collected.names, { from: 0, to: train.length });
  const featuresUsed = kept.map((column) => collected.names[column] as string);
  const usable = takeColumns(states, kept);
  const inputs: ControlInputs = {
    u: collected.u,
    used,
    train: train.length,
    substrate: usable,
    offered: collected.names.length,
    seed: collected.seed,
  };
  const substrate: Control = { name: "substrate", description: describe(featuresUsed, refused), states: () => usable };

  const wanted = [substrate, ...namedControls(inputs), ...tapControls(inputs)];
  const scored = new Map<string, Scored>();
  for (const [done, control] of wanted.entries()) {
    settings.signal?.throwIfAborted();
    settings.onProgress?.(control.name, done, wanted.length);
    if (scored.has(control.name)) continue;
    const names = control === substrate ? featuresUsed : undefined;
    scored.set(control.name, await scoreReadout(control, await control.states(), y, train.length, names));
  }
  settings.onProgress?.("verdict", wanted.length, wanted.length);

  const of = (name: string) => scored.get(name) as Scored;
  const own = of(substrate.name);
  const taps = of(tapsName(HEADLINE_TAPS));
  const inputOnly = of("input-only");
  const againstTaps = beats(target, own, taps);
  return {
    task: "narma10",
    origin: collected.origin,
    seed: collected.seed,
    redraws: collected.redraws,
    washout: collected.washout,
    train: collected.train,
    test: collected.test,
    excluded: {
      train: collected.train - train.length,
      test: collected.test - test.length,
      reasons: [...collected.invalid].map(([reason, steps]) => ({ reason, steps })),
    },
    featuresUsed,
    featuresRefused: [...refused],
    substrate: own.score,
    controls: namedControls(inputs).map(({ name }) => of(name).score),
    tapsByCount: tapControls(inputs).map(({ name }) => of(name).score),
    beatsTaps: { ...againstTaps, taps: HEADLINE_TAPS, substrateNrmse: own.score.nrmse, tapsNrmse: taps.score.nrmse },
    beatsInputOnly: { ...beats(target, own, inputOnly), inputNrmse: inputOnly.score.nrmse },
    verdict: verdictOf(own.score, taps.score, againstTaps, refused),
    testSteps: test,
    test_y: [...target],
    predicted: [...own.predicted],
  };
}

function verdictOf(own: Score, taps: Score, comparison: Comparison, refused: readonly RefusedFeature[]): string {
  const control = `the ${HEADLINE_TAPS}-tap linear control`;
  if (own.features === 0)
    return `The substrate offered no usable features (${summariseRefusals(refused)}), so it did not beat ${control}: ${comparisonWords(own.nrmse, taps.nrmse, comparison)}.`;
  return `The substrate ${comparison.answer ? "beat" : "did not beat"} ${control}: ${comparisonWords(own.nrmse, taps.nrmse, comparison)}.`;
}

function describe(used: readonly string[], refused: readonly RefusedFeature[]): string {
  const refusals = refused.length === 0 ? "" : ` (refused: ${summariseRefusals(refused)})`;
  return used.length === 0 ? `no usable features${refusals}: the mean of the training targets` : `the substrate's own features${refusals}`;
}

function validSteps({ valid }: Narma10Collected, from: number, count: number): number[] {
  const steps: number[] = [];
  for (let step = from; step < from + count; step++) if (valid[step] === 1) steps.push(step);
  return steps;
}

function checkCollected({ u, y, states, names, valid, washout, train, test }: Narma10Collected): void {
  const steps = washout + train + test;
  const fits =
    [washout, train, test].every((count) => Number.isInteger(count) && count >= 0) &&
    u.length >= steps &&
    y.length === u.length + 1 &&
    states.rows === u.length &&
    states.cols === names.length &&
    valid.length === u.length;
  if (!fits)
    throw new ScienceError(
      "COLLECTED_SHAPE",
      `The parts of this run do not fit together: ${u.length} inputs, ${y.length} outputs, ${states.rows} x ${states.cols} states, ${names.length} names, ${valid.length} validity marks, split ${washout} + ${train} + ${test}.`,
      "u, states and valid have one entry per step, y one more, and the split is no longer than u.",
    );
  const diverged = firstDivergence(y);
  const wrong = narma10Response(u).findIndex((value, t) => !(Math.abs(value - (y[t] as number)) <= 1e-9));
  if (diverged !== -1 || wrong !== -1)
    throw new ScienceError(
      "TARGET_MISMATCH",
      diverged !== -1 ? `The series diverged at y[${diverged}].` : `y[${wrong}] is not the NARMA-10 response to u.`,
      "Pass u and y as narma10() gave them: a shifted or clipped target is another task.",
    );
}

function checkCounts(train: number, test: number): void {
  if (train < LEAST_TRAIN_STEPS || test < LEAST_TEST_STEPS)
    throw new ScienceError(
      "TOO_FEW_STEPS",
      `Not testable with these data: ${train} valid training and ${test} valid test steps, where ${LEAST_TRAIN_STEPS} and ${LEAST_TEST_STEPS} are the least.`,
      "Find out why steps were invalid, or collect more.",
      { train, test },
    );
}
