/** What the NARMA panels say about a run. */
import type { NarmaProgress, NarmaReport, RunSummary } from "../../../messages.ts";

/** The last report, unless a newer NARMA run is under way; progress that never came to a report stays visible. */
export function shownStage(
  narma: NarmaProgress | null,
  report: NarmaReport | null,
  run: RunSummary | null,
): "nothing" | "progress" | "report" {
  if (report === null) return narma === null ? "nothing" : "progress";
  const newer = run !== null && run.kind === report.task && run.status === "running" && run.id !== report.runId;
  return newer && narma !== null ? "progress" : "report";
}

/** The verdict with the origin word in it: put in front where the sentence itself does not say it (DESIGN section 1.6). */
export function verdictText({ origin, verdict }: Pick<NarmaReport, "origin" | "verdict">): string {
  return new RegExp(`\\b${origin}\\b`, "i").test(verdict) ? verdict : `${origin.toUpperCase()}: ${verdict}`;
}

/** Controls and substrate, best first; rows without a score last. */
export function ranked<Row extends { nrmse: number }>(rows: readonly Row[]): Row[] {
  const score = ({ nrmse }: Row): number => (Number.isFinite(nrmse) ? nrmse : Number.POSITIVE_INFINITY);
  return [...rows].sort((a, b) => (score(a) === score(b) ? 0 : score(a) - score(b)));
}
