import { existsSync } from "node:fs";
import path from "node:path";
import { hostClock } from "../../common/clock.ts";
import type { Rehearsal } from "../settle/claim.ts";
import { folderBook } from "../settle/evidence/book.ts";
import { EVIDENCE_DATABASE } from "../settle/evidence/stored-rows.ts";
import { claimsNamed } from "../settle/registry.ts";
import { keepRehearsals, keptRehearsals } from "../settle/rehearsal/kept.ts";
import { RehearsalRecord } from "../settle/rehearsal/record.ts";
import { rehearsalsOf } from "../settle/rehearsal/rehearsals.ts";
import { EXIT } from "./exit.ts";
import { ProgressLine } from "./progress.ts";
import { REPORT_FILES, rewriteReport } from "./settle-files.ts";

export interface RehearseOptions {
  readonly out: string;
  readonly seed: number;
  readonly fresh?: boolean;
  readonly json?: boolean;
}

/** Rehearses on twins in virtual time what a rig would do, and puts it beside the claims of the report. It changes no verdict. */
export async function settleRehearseCommand(claims: string[], { out, seed, fresh, json }: RehearseOptions): Promise<number> {
  const plans = rehearsalsOf(claims.length === 0 ? [] : claimsNamed(claims).map(({ name }) => name));
  const before = keptRehearsals(out);
  let rehearsals: Record<string, Rehearsal> = before?.seed === seed ? { ...before.rehearsals } : {};
  const line = new ProgressLine();
  const left = plans.filter((plan) => fresh || !plan.claims.every((claim) => claim in rehearsals));
  for (const [i, plan] of left.entries()) {
    const record = await RehearsalRecord.open(out, hostClock());
    try {
      const progress = (label: string, done: number, total: number) => line.show(`${i + 1} of ${left.length}, ${label}`, done, total);
      rehearsals = { ...rehearsals, ...(await plan.run({ record, seed, fresh: fresh === true, evidence: folderBook(out), progress })) };
      keepRehearsals(out, seed, rehearsals);
    } finally {
      await record.close();
    }
  }
  line.clear();
  const shown = plans.flatMap((plan) => plan.claims).filter((claim) => claim in rehearsals);
  const rewritten = rewriteReport(out);
  if (json)
    process.stdout.write(
      `${JSON.stringify({ origin: "twin", rehearsals: Object.fromEntries(shown.map((claim) => [claim, rehearsals[claim]])) })}\n`,
    );
  else
    process.stdout.write(
      [
        ...shown.map((claim) => `${claim} (origin: twin)\n  ${rehearsals[claim]?.shows}\n`),
        rewritten
          ? `${path.join(out, REPORT_FILES.html)} has them, and the same verdicts as before.`
          : `Run \`settle --out ${out}\` for a report that has them.`,
        ...(existsSync(path.join(out, EVIDENCE_DATABASE)) ? [`Their rows: ${path.join(out, EVIDENCE_DATABASE)}`] : []),
        "",
      ].join("\n"),
    );
  return EXIT.good;
}
