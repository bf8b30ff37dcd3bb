/** What an experiment's rule says of its seeds. */
import type { ExperimentPlan } from "./plan-schema.ts";

export interface SeedScore {
  readonly seed: number;
  readonly nrmse: number;
  /** The control of the paired test, its score, and the test. */
  readonly than: string;
  readonly thanNrmse: number;
  readonly pValue: number;
  /** The paired test's answer: lower error by enough, at a small enough p. */
  readonly beats: boolean;
  readonly controls: readonly { readonly name: string; readonly nrmse: number }[];
  readonly steps: number;
  readonly invalidSteps: number;
}

export type ExperimentAnswer = "yes" | "no" | "not testable";

export interface Decided {
  readonly answer: ExperimentAnswer;
  readonly sentence: string;
}

type Beats = Extract<ExperimentPlan["decision"], { rule: "beats" }>;

/** Pure. A seed with too many invalid steps leaves no answer; a control that was asked for and not scored neither. */
export function decide(rule: Beats, controls: readonly string[], scores: readonly SeedScore[]): Decided {
  const broken = scores.find(({ invalidSteps, steps }) => invalidSteps > rule.mostInvalidShare * steps);
  if (broken)
    return {
      answer: "not testable",
      sentence: `no answer: ${broken.invalidSteps} of ${broken.steps} steps of seed ${broken.seed} are invalid, and at most ${100 * rule.mostInvalidShare} % may be`,
    };
  const missing = controls.find((name) => scores.some((score) => !score.controls.some((control) => control.name === name)));
  if (missing !== undefined) return { answer: "not testable", sentence: `no answer: there is no control "${missing}" in this mode` };
  const wanted = rule.seeds ?? scores.length;
  const won = scores.filter(
    ({ beats, pValue, nrmse, controls: rows }) =>
      beats && pValue < rule.alpha && rows.every((row) => !controls.includes(row.name) || nrmse < row.nrmse),
  ).length;
  const besides = controls.length === 0 ? "" : ` and scores below ${controls.join(", ")}`;
  return {
    answer: won >= wanted ? "yes" : "no",
    sentence: `it beats ${rule.than}${besides} in ${won} of ${scores.length} seeds; ${wanted} were asked for`,
  };
}
