/** How long an experiment takes on its hardware, and what it can find: said before its first step. CLAIMS.md N 5, 6 */
import { betainc, normalQuantile } from "../../reservoir/statistics/special.ts";
import { foresee } from "../../reservoir/verdict/gate/power.ts";
import { STUDY_PLAN } from "../../reservoir/verdict/gate/study.ts";
import type { SetPoint } from "../../telemetry/messages.ts";
import type { Config } from "../config/schema.ts";
import { noncesPerSecond as rateOf } from "../sweep/forecast.ts";
import type { ExperimentPlan } from "./plan-schema.ts";
import { leastStepMs } from "./step-time.ts";

/** What the budget needs to know of a board; null for software. */
export interface BudgetBoard {
  readonly board: Pick<Config["board"], "kind" | "chips">;
  readonly setPoint: SetPoint;
  /** Core voltage for u = 0 and for u = 0.5, mV, where the plan names none. */
  readonly drive: { readonly driveMinMv: number; readonly driveMaxMv: number };
}

export interface Budget {
  readonly steps: number;
  /** One step, ms, and the whole drive, s, at the least; null in software. Without bring-up and scoring. */
  readonly stepMs: number | null;
  readonly seconds: number | null;
  readonly noncesPerSecond: number | null;
  readonly noncesPerStep: number | null;
  /** Counting noise of a step's rate: 1 / sqrt(nonces). */
  readonly rateNoise: number | null;
  /** The rule says yes although there is nothing: at most this often. */
  readonly falseYes: number;
  /** What it can find, in words. */
  readonly detects: string;
}

const POWER = 0.9;
/** A paired test asks for a squared error this much lower in any case. reservoir/verdict/beats.ts */
const LEAST_GAIN = 0.05;
/** Features a budget reckons with: a board's five of nonces and its sensors. */
const FEATURES = 10;

export function budgetOf(plan: ExperimentPlan, board: BudgetBoard | null): Budget {
  const steps = stepsOf(plan);
  const noncesPerSecond = board === null ? null : rateOf(board.board, board.setPoint);
  const stepMs = board === null || noncesPerSecond === null ? null : stepMsOf(plan, board, noncesPerSecond);
  const noncesPerStep = noncesPerSecond === null || stepMs === null ? null : (noncesPerSecond * stepMs) / 1000;
  return {
    steps,
    stepMs,
    seconds: stepMs === null ? null : (steps * stepMs) / 1000,
    noncesPerSecond,
    noncesPerStep,
    rateNoise: noncesPerStep === null ? null : 1 / Math.sqrt(noncesPerStep),
    ...foreseen(plan),
  };
}

/** Steps that are driven altogether. */
export function stepsOf({ task, seeds }: ExperimentPlan): number {
  if (task.name === "narma10") return seeds.length * (task.washout + task.train + task.test);
  return task.sessions * task.steps + STUDY_PLAN.pilot + STUDY_PLAN.constant;
}

function stepMsOf(
  { mode, stepMs, driveMinMv, driveMaxMv }: ExperimentPlan,
  { board, drive }: BudgetBoard,
  noncesPerSecond: number,
): number {
  const rangeMv = (driveMaxMv ?? drive.driveMaxMv) - (driveMinMv ?? drive.driveMinMv);
  return leastStepMs({ board, noncesPerSecond, rangeMv }, mode, stepMs);
}

function foreseen(plan: ExperimentPlan): Pick<Budget, "falseYes" | "detects"> {
  const { task, decision, seeds } = plan;
  if (task.name === "computes" || decision.rule === "computes") {
    const { sessions, steps } = task.name === "computes" ? task : { sessions: 1, steps: 0 };
    const { detectable } = foresee({ ...STUDY_PLAN, seed: seeds[0] ?? 1 }, steps, FEATURES, 1, sessions);
    return {
      falseYes: STUDY_PLAN.alpha,
      detects: `a memory of ${percentText(detectable)} of the variance of one lag, in 9 of 10 sessions (with ${FEATURES} independent features)`,
    };
  }
  const wanted = decision.seeds ?? seeds.length;
  const gain = findableGain(task.test, decision.alpha);
  return {
    falseYes: atLeast(wanted, seeds.length, decision.alpha),
    detects: `a squared error ${percentText(gain)} below that of ${decision.than}, in 9 of 10 seeds, when the two errors are unrelated (less when they are alike); by the rule in ${percentText(atLeast(wanted, seeds.length, POWER))} of such experiments`,
  };
}

/** How much lower a squared error must be to be found lower in 9 of 10 tests of so many steps, relative, when the two errors are unrelated. */
export function findableGain(test: number, alpha: number): number {
  return Math.min(1, Math.max(LEAST_GAIN, leastGain(test, alpha)));
}

/**
 * Of the mean squared error, relative: the difference of two squared Gaussian errors has at most twice their mean as its standard deviation, when they
 * are unrelated, and the Diebold-Mariano statistic is its mean over that by the root of the test steps.
 */
function leastGain(test: number, alpha: number): number {
  return (2 * (normalQuantile(1 - alpha) + normalQuantile(POWER))) / Math.sqrt(test);
}

/** P(X >= k) of n trials. */
function atLeast(k: number, n: number, p: number): number {
  return k <= 0 ? 1 : betainc(k, n - k + 1, p);
}

/** Two digits, and never a power of ten. */
export function percentText(share: number): string {
  return `${Number((100 * share).toPrecision(2))} %`;
}
