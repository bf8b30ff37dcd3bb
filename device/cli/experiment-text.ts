import { hostMemoryOf } from "../dispatcher/drive-mode.ts";
import { type Budget, percentText } from "../experiments/budget.ts";
import type { ExperimentReport } from "../experiments/judge.ts";
import type { ExperimentPlan } from "../experiments/plan-schema.ts";
import { computesText } from "./computes-text.ts";
import { table } from "./table.ts";

export const duration = (s: number): string =>
  s < 120
    ? `${s.toFixed(0)} s`
    : s < 7200
      ? `${(s / 60).toFixed(0)} min`
      : s < 172_800
        ? `${(s / 3600).toFixed(1)} h`
        : `${(s / 86_400).toFixed(1)} days`;

export function budgetText(plan: ExperimentPlan, hash: string, budget: Budget): string {
  const { steps, seconds, stepMs, noncesPerSecond, noncesPerStep, rateNoise, falseYes, detects } = budget;
  return [
    `${plan.name} (plan ${hash.slice(0, 16)}): ${plan.task.name} on ${plan.substrate.kind}, ${plan.mode.name}.`,
    ...(plan.question === "" ? [] : [plan.question]),
    hostMemoryOf(plan.mode).words,
    seconds === null || stepMs === null
      ? `${steps} steps in software.`
      : `${steps} steps of ${stepMs.toFixed(0)} ms: ${duration(seconds)} at the least, bring-up and scoring not counted.`,
    ...(noncesPerSecond === null || noncesPerStep === null || rateNoise === null
      ? []
      : [
          `${noncesPerSecond.toPrecision(3)} nonces a second: ${noncesPerStep.toPrecision(2)} in a step, whose rate is known to ${percentText(rateNoise)}.`,
        ]),
    `It finds ${detects}.`,
    `Where there is nothing it says yes in at most ${falseYes < 1e-4 ? falseYes.toExponential(1) : percentText(falseYes)} of cases.`,
    "",
  ].join("\n");
}

/** `check`'s hash is the plan's alone; a board and its set-point make another of it. */
export function experimentText(report: ExperimentReport, checkedHash: string): string {
  const rows = report.scores.map((score) => [
    String(score.seed),
    score.nrmse.toFixed(4),
    `${score.thanNrmse.toFixed(4)} (${score.than})`,
    score.pValue.toPrecision(2),
    score.beats ? "yes" : "no",
    `${score.invalidSteps} of ${score.steps}`,
  ]);
  return [
    `${report.name} (origin: ${report.origin}), plan ${checkedHash.slice(0, 16)}${report.planHash === checkedHash ? "" : `, on this board ${report.planHash.slice(0, 16)}`}`,
    ...(report.question === "" ? [] : [report.question]),
    `Answer: ${report.answer}. ${report.sentence}`,
    report.hostMemory,
    ...(rows.length === 0 ? [] : ["", table(["seed", "NRMSE", "against", "p", "beats it", "invalid steps"], rows)]),
    ...report.invalid.map(({ reason, steps }) => `${steps} ${steps === 1 ? "step" : "steps"} left out: ${reason}`),
    ...(report.study === null ? [] : ["", computesText(report.study)]),
    "",
  ].join("\n");
}
