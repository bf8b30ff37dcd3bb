import type { ClaimRow } from "../settle/claim.ts";
import { claimsNamed } from "../settle/registry.ts";
import { REHEARSALS } from "../settle/rehearsal/rehearsals.ts";
import { methodOf } from "../settle/report/report.ts";
import { hoursText } from "../settle/settle.ts";
import { EXIT } from "./exit.ts";

/** What an answer takes on a rig. Nothing is touched. */
export function settlePlanCommand(claims: string[], { json }: { json?: boolean }): number {
  const rows = claimsNamed(claims);
  if (json) process.stdout.write(`${JSON.stringify({ claims: rows.map(methodOf) })}\n`);
  else process.stdout.write(`${rows.map(planText).join("\n\n")}\n${totalText(rows)}`);
  return EXIT.good;
}

function planText(row: ClaimRow): string {
  const { rig, question, controls } = methodOf(row);
  const rehearsed = REHEARSALS.some((plan) => plan.claims.includes(row.name));
  return [
    `${row.row} ${row.name}: ${row.claim} (published: ${row.published})`,
    `  to answer   ${question}`,
    ...(rig === null
      ? ["  on a rig    nothing that a rig could add"]
      : [
          `  on a rig    ${rig.rig}`,
          `  design      ${rig.design}`,
          `  takes       ${rig.arms === 1 ? "" : `${rig.arms} arms of `}${rig.samples} ${rig.unit}, about ${hoursText(rig.hours)} in all`,
          `  would find  ${rig.detects}`,
        ]),
    ...(controls.length > 0 ? [`  controls    ${controls.join("; ")}`] : []),
    ...(rehearsed ? [`  beforehand  asic-reservoir settle rehearse ${row.name} (on a twin, in virtual time; no verdict)`] : []),
  ].join("\n");
}

function totalText(rows: readonly ClaimRow[]): string {
  const hours = rows.map((row) => methodOf(row).rig?.hours ?? 0).filter((one) => one > 0);
  return hours.length < 2 ? "" : `\nOne after the other, these ${hours.length}: ${hoursText(hours.reduce((sum, one) => sum + one, 0))}.\n`;
}
