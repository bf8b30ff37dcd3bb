import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { verifyHeaders } from "../../drivers/native/index.ts";
import { readShareCapture } from "../recordings/share-capture.ts";
import { CAPTURE_DIFFICULTY, type CaptureReport, verifyShares } from "../recordings/verify-shares.ts";
import { EXIT } from "./exit.ts";
import { table } from "./table.ts";

/** Rebuilds and hashes every share of a capture; exit code 1 when a row is malformed or does not verify. */
export async function verifyRecordingCommand(file: string, options: { json?: boolean }): Promise<number> {
  const { shares, bad } = await readShareCapture(file);
  const report = verifyShares(shares, bad, verifyHeaders);
  if (options.json) process.stdout.write(`${JSON.stringify(report)}\n`);
  else process.stdout.write(render(file, report));
  return report.bad.length === 0 ? EXIT.good : EXIT.no;
}

function render(file: string, report: CaptureReport): string {
  const stated = statedValues(file);
  const rows = quantities(report).map(([name, ours]) => [name, ours, stated.get(name) ?? "–"]);
  const listed = report.bad.slice(0, 50).map((row) => `  line ${row.line}: ${row.reason}`);
  if (report.bad.length > listed.length) listed.push(`  ... and ${report.bad.length - listed.length} more (--json lists all)`);
  return [
    `${file} (origin: recording)`,
    table(["quantity", "ours", "stated beside the recording"], rows),
    report.bad.length === 0 ? "Every row verifies." : `${report.bad.length} of ${report.rows} rows are malformed or do not verify:`,
    ...listed,
    "",
  ].join("\n");
}

/** Our numbers under the names that a recording's README gives them. */
function quantities(report: CaptureReport): [string, string][] {
  const fixed = (value: number | null, digits: number) => (value === null ? "–" : value.toFixed(digits));
  return [
    [`shares that verify with difficulty >= ${CAPTURE_DIFFICULTY}`, `${report.verified} of ${report.rows}`],
    ["exact duplicates (same header and nonce)", String(report.duplicates)],
    ["duration, rate", `${report.durationS.toFixed(1)} s, ${fixed(report.ratePerS, 3)}/s`],
    ["CV of inter-arrival times", fixed(report.cv, 4)],
    ["fraction with difficulty >= 512, >= 1024", `${report.fractionFrom512.toFixed(4)}, ${report.fractionFrom1024.toFixed(4)}`],
    ["KS p of 256/D against U(0,1)", fixed(report.ksP, 3)],
    ["Spearman(jitter, difficulty)", report.spearman ? `${report.spearman.rho.toFixed(3)} (p ${report.spearman.pValue.toFixed(2)})` : "–"],
  ];
}

/** The table of the README beside or above the recording, if there is one: quantity to stated value. */
function statedValues(file: string): Map<string, string> {
  const folder = path.dirname(path.resolve(file));
  const readme = [folder, path.dirname(folder)].map((where) => path.join(where, "README.md")).find((name) => existsSync(name));
  if (!readme) return new Map();
  const rows = readFileSync(readme, "utf8")
    .split("\n")
    .map((line) => /^\|\s*(.+?)\s*\|\s*(.+?)\s*\|\s*$/.exec(line))
    .filter((match) => match !== null);
  return new Map(rows.map((match) => [match[1] as string, (match[2] as string).replace(/ \(so .*\)$/, "")]));
}
