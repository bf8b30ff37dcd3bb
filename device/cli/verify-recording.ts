import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { ConfigError } from "../../common/errors.ts";
import { verifyHeaders } from "../../drivers/native/index.ts";
import { readShareCapture } from "../recordings/share-capture.ts";
import { quantities, statedValues } from "../recordings/stated-table.ts";
import { type CaptureReport, verifyShares } from "../recordings/verify-shares.ts";
import { EXIT } from "./exit.ts";
import { table } from "./table.ts";

/** Rebuilds and hashes every share of a capture; exit code 1 when a row is malformed, does not verify, or is something else than its server said. */
export async function verifyRecordingCommand(file: string, options: { difficulty?: number; json?: boolean }): Promise<number> {
  const capture = await readShareCapture(file);
  if (capture.served !== null && options.difficulty !== undefined)
    throw new ConfigError("BAD_OPTION", `${file} says itself what each share had to be worth.`, "Leave --difficulty out.");
  const report = verifyShares(capture, verifyHeaders, options.difficulty);
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
    `${file} (${originText(report)})`,
    table(["quantity", "ours", "stated beside the recording"], rows),
    ...(report.refusedByServer === 0 ? [] : [`${report.refusedByServer} rows do not verify, as the server said when they came.`]),
    conclusion(report),
    ...listed,
    "",
  ].join("\n");
}

/** A twin's capture is never shown without the word. */
function originText({ recordedFrom, algorithm, workScale }: CaptureReport): string {
  if (recordedFrom === null) return "origin: recording";
  const scale = workScale === 0 ? "" : `, work scale ${workScale}: hashes with ${workScale} zero bits fewer than their difficulty says`;
  return `origin: ${recordedFrom === "twin" ? "twin, from a recording of one" : `recording, of ${recordedFrom}`}; ${algorithm}${scale}`;
}

function conclusion({ bad, rows, recordedFrom }: CaptureReport): string {
  if (bad.length > 0) return `${bad.length} of ${rows} rows are malformed or do not verify:`;
  return recordedFrom === null ? "Every row verifies." : "Every row is what the server said of it.";
}

/** The table of the README beside or above the recording, if there is one. */
function statedBeside(file: string): Map<string, string> {
  const folder = path.dirname(path.resolve(file));
  const readme = [folder, path.dirname(folder)].map((where) => path.join(where, "README.md")).find((name) => existsSync(name));
  return statedValues(readme ? readFileSync(readme, "utf8") : "");
}
