/** What a recording's README says a correct reader finds, beside what this one finds. */
import type { CaptureReport } from "./verify-shares.ts";

/** Our numbers under the names that a recording's README gives them. */
export function quantities(report: CaptureReport): [string, string][] {
  const fixed = (value: number | null, digits: number) => (value === null ? "–" : value.toFixed(digits));
  return [
    [`shares that verify with difficulty >= ${report.difficulty}`, `${report.verified} of ${report.rows}`],
    ["exact duplicates (same header and nonce)", String(report.duplicates)],
    ["duration, rate", `${report.durationS.toFixed(1)} s, ${fixed(report.ratePerS, 3)}/s`],
    ["CV of inter-arrival times", fixed(report.cv, 4)],
    ["fraction with difficulty >= 512, >= 1024", `${report.fractionFrom512.toFixed(4)}, ${report.fractionFrom1024.toFixed(4)}`],
    [`KS p of ${report.ticketFloor}/D against U(0,1)`, fixed(report.ksP, 3)],
    ["Spearman(jitter, difficulty)", report.spearman ? `${report.spearman.rho.toFixed(3)} (p ${report.spearman.pValue.toFixed(2)})` : "–"],
  ];
}

/** The tables of a README's text: quantity to stated value. */
export function statedValues(readme: string): Map<string, string> {
  const rows = readme
    .split("\n")
    .map((line) => /^\|\s*(.+?)\s*\|\s*(.+?)\s*\|\s*$/.exec(line))
    .filter((match) => match !== null);
  return new Map(rows.map((match) => [match[1] as string, (match[2] as string).replace(/ \(so .*\)$/, "")]));
}
