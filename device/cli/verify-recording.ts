import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { verifyHeaders } from "../../drivers/native/index.ts";
import { readShareCapture } from "../recordings/share-capture.ts";
import { quantities, statedValues } from "../recordings/stated-table.ts";
import { type CaptureReport, verifyShares } from "../recordings/verify-shares.ts";
import { EXIT } from "./exit.ts";
import { table } from "./table.ts";

/** Rebuilds and hashes every share of a capture; exit code 1 when a row is malformed or does not verify. */
export async function verifyRecordingCommand(file: string, options: { difficulty?: number; json?: boolean }): Promise<number> {
  const { shares, bad } = await readShareCapture(file);
  const report = verifyShares(shares, bad, verifyHeaders, options.difficulty);
  if (options.json) process.stdout.write(`${JSON.stringify(report)}\n`);
  else process.stdout.write(render(file, report));
  return report.bad.length === 0 ? EXIT.good : EXIT.no;
}

function render(file: string, report: CaptureReport): string {
  const stated = statedBeside(file);
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

/** The table of the README beside or above the recording, if there is one. */
function statedBeside(file: string): Map<string, string> {
  const folder = path.dirname(path.resolve(file));
  const readme = [folder, path.dirname(folder)].map((where) => path.join(where, "README.md")).find((name) => existsSync(name));
  return statedValues(readme ? readFileSync(readme, "utf8") : "");
}
