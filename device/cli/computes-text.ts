import type { NoDifference } from "../../reservoir/verdict/gate/conclusion.ts";
import type { ControlRow } from "../../reservoir/verdict/gate/control-rows.ts";
import type { StudyReport } from "../../reservoir/verdict/gate/study.ts";
import { table } from "./table.ts";

const p = (value: number) => (value < 1e-4 ? "< 0.0001" : value.toPrecision(2));

/** A record may hold studies of before there were these. */
type Later = "controls" | "answer" | "could" | "noDifference";
export type StoredStudy = Omit<StudyReport, Later> & Partial<Pick<StudyReport, Later>>;

/** The study for a person: the answer, then each session with what decided it, then every control. */
export function computesText(report: StoredStudy): string {
  const { plan, foresight, features, refused, gain, controls = [], answer, could, noDifference } = report;
  const rows = report.sessions.map((session, at) => [
    String(at + 1),
    session.tier,
    session.passes ? "yes" : "no",
    session.capacities.memory.total.toFixed(3),
    p(session.capacities.memory.leastP),
    p(session.capacities.nonlinear.leastP),
    p(session.capacities.anticausal.leastP),
    p(session.shifts.pValue),
    session.usefulness.useful.mseRatio.toFixed(3),
    p(session.usefulness.useful.dmP),
    session.usefulness.statesNrmse.toFixed(3),
  ]);
  return [
    `Does it compute? (origin: ${report.origin})`,
    report.verdict,
    ...(answer ? [`The claim that it computes: ${answer}.`] : []),
    ...(could ? [`What this run could have detected: ${could}.`] : []),
    "",
    table(
      ["session", "tier", "passes", "memory", "p memory", "p nonlinear", "p future", "p shifts", "error ratio", "p useful", "NRMSE alone"],
      rows,
    ),
    ...(controls.length > 0 ? ["", ...controlsText(controls)] : []),
    "",
    `States in random order: ${report.shuffled.filter(({ passes }) => passes).length} of ${report.shuffled.length} pass; none should.`,
    ...(gain
      ? [
          `Squared error with the states over without: ${Math.exp(gain.mean).toFixed(3)} (${gain.interval.map((end) => Math.exp(end).toFixed(3)).join(" to ")}, 95 % over sessions).`,
        ]
      : []),
    ...(noDifference ? [differenceText(noDifference, plan.alpha)] : []),
    `Said beforehand: plan ${report.planHash.slice(0, 16)}, ${plan.sessions} x ${plan.steps} steps, level ${plan.alpha}; a memory of ${(100 * foresight.detectable).toPrecision(2)} % at one lag is found in 9 of 10 sessions.`,
    `Features: ${features.join(", ")}`,
    ...refused.map(({ name, reason }) => `left out after the pilot: ${name} (${reason})`),
  ].join("\n");
}

/** Score beside the substrate's own, whether what is asked holds, and what follows where it does not. */
function controlsText(controls: readonly ControlRow[]): string[] {
  const figure = (value: number | null, { measure }: ControlRow, among = "") =>
    value === null ? "–" : measure === "NRMSE" ? value.toFixed(3) : `${value}${among}`;
  const rows = controls.map((row) => [
    row.name,
    row.origin,
    figure(row.score, row, ` of ${row.sessions}`),
    figure(row.substrate, row),
    row.holds === null ? "not run" : row.holds ? "yes" : "no",
    row.asked,
    row.otherwise,
  ]);
  return [
    "Controls: NRMSE of NARMA-10, or the sessions in which memory was found",
    table(["control", "origin", "score", "substrate", "holds", "asked", "otherwise"], rows),
    ...controls.map(({ name, what, note }) => `${name}: ${what}${note === null ? "" : ` (${note})`}`),
  ];
}

function differenceText({ shown, margin, pEquivalent, detectableGain }: NoDifference, alpha: number): string {
  const percent = (share: number) => `${(100 * share).toPrecision(2)} %`;
  const asked = percent(1 - Math.exp(-margin));
  const found = shown ? `shown to be no gain of ${asked}` : `not shown to be without a gain of ${asked}`;
  return `The states are ${found} (two one-sided tests over sessions, p ${p(pEquivalent)}, level ${alpha}); by their own spread these sessions show a gain of ${percent(detectableGain)} in 9 of 10 studies.`;
}
