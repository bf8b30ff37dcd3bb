/** What a run of settle leaves in its folder beside the checkpoint: the report, the blind answers and their score. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { ScoreCard } from "../settle/blind/score.ts";
import { keptRehearsals, withRehearsals } from "../settle/rehearsal/kept.ts";
import { reportHtml } from "../settle/report/html.ts";
import type { SettleReport } from "../settle/report/report.ts";

export const REPORT_FILES = { html: "report.html", json: "report.json" } as const;
export const BLIND_FILES = { answers: "blind-answers.json", score: "blind-score.json" } as const;

export function writeReport(out: string, report: SettleReport): void {
  writeFileSync(path.join(out, REPORT_FILES.json), `${JSON.stringify(report, null, 2)}\n`);
  writeFileSync(path.join(out, REPORT_FILES.html), reportHtml(report));
}

/** The report of a folder with the rehearsals and the score that have come since; false when there is none. */
export function rewriteReport(out: string): boolean {
  const file = path.join(out, REPORT_FILES.json);
  if (!existsSync(file)) return false;
  const report = JSON.parse(readFileSync(file, "utf8")) as SettleReport;
  writeReport(out, { ...report, claims: withRehearsals(report.claims, keptRehearsals(out)), blind: scoreIn(out) });
  return true;
}

/** What `settle score` left in the folder; null before, and where an earlier version left a card that lacks what the page says. */
export function scoreIn(out: string): ScoreCard | null {
  const file = path.join(out, BLIND_FILES.score);
  if (!existsSync(file)) return null;
  const card = JSON.parse(readFileSync(file, "utf8")) as Partial<ScoreCard>;
  return card.origins === undefined || card.planted === undefined ? null : (card as ScoreCard);
}
