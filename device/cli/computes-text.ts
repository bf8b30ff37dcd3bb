import type { StudyReport } from "../../reservoir/verdict/gate/study.ts";
import { table } from "./table.ts";

const p = (value: number) => (value < 1e-4 ? "< 0.0001" : value.toPrecision(2));

/** The study for a person: the answer, then each session with what decided it. */
export function computesText(report: StudyReport): string {
  const { plan, foresight, features, refused, gain } = report;
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
    "",
    table(
      ["session", "tier", "passes", "memory", "p memory", "p nonlinear", "p future", "p shifts", "error ratio", "p useful", "NRMSE alone"],
      rows,
    ),
    "",
    `States in random order: ${report.shuffled.filter(({ passes }) => passes).length} of ${report.shuffled.length} pass; none should.`,
    ...(gain
      ? [
          `Squared error with the states over without: ${Math.exp(gain.mean).toFixed(3)} (${gain.interval.map((end) => Math.exp(end).toFixed(3)).join(" to ")}, 95 % over sessions).`,
        ]
      : []),
    `Said beforehand: plan ${report.planHash.slice(0, 16)}, ${plan.sessions} x ${plan.steps} steps, level ${plan.alpha}; a memory of ${(100 * foresight.detectable).toPrecision(2)} % at one lag is found in 9 of 10 sessions.`,
    `Features: ${features.join(", ")}`,
    ...refused.map(({ name, reason }) => `left out after the pilot: ${name} (${reason})`),
  ].join("\n");
}
