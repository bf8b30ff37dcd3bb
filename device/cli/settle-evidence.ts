import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { ConfigError } from "../../common/errors.ts";
import type { Settled } from "../settle/claim.ts";
import { HASHING_BOOK } from "../settle/evidence/book.ts";
import { type Traced, trace } from "../settle/evidence/trace.ts";
import { Recordings } from "../settle/recordings.ts";
import { claimsNamed } from "../settle/registry.ts";
import type { SettleReport } from "../settle/report/report.ts";
import { settle } from "../settle/settle.ts";
import { EXIT } from "./exit.ts";
import { ProgressLine } from "./progress.ts";
import { REPORT_FILES } from "./settle-files.ts";

export interface EvidenceOptions {
  readonly out: string;
  readonly data?: string;
  /** Rows shown of each piece. */
  readonly rows: number;
  /** Measure once more, and compare. */
  readonly again?: boolean;
  readonly json?: boolean;
}

/** Prints the rows that a verdict of the report in --out rests on; 1 when one is missing or is not what it was, or when measuring again gives another answer. */
export async function settleEvidenceCommand(claim: string, { out, data, rows, again, json }: EvidenceOptions): Promise<number> {
  const report = reportIn(out);
  const name = claimsNamed([claim])[0]?.name;
  const settled = report.claims.find((one) => one.name === name);
  if (settled === undefined)
    throw new ConfigError("NOT_SETTLED", `The report in ${out} has no claim ${claim}.`, "Settle it first: `settle CLAIM`.", { claim, out });
  const folders = { out, data: data === undefined ? null : path.resolve(data) };
  const pieces = [...settled.evidence, ...(settled.rehearsal?.evidence ?? [])];
  const traced = pieces.map((piece) => trace(piece, folders));
  const repeated = again ? await settledAgain(settled, report.seed, folders.data) : null;
  const shown = { claim: settled.name, verdict: settled.verdict, because: settled.because, again: repeated };
  if (json) process.stdout.write(`${JSON.stringify({ ...shown, evidence: traced.map((one) => cut(one, rows)) })}\n`);
  else process.stdout.write(render(settled, traced, repeated, rows));
  const broken = traced.some(({ state }) => state === "changed" || state === "missing");
  return broken || repeated?.same === false ? EXIT.no : EXIT.good;
}

function reportIn(out: string): SettleReport {
  const file = path.join(out, REPORT_FILES.json);
  if (!existsSync(file))
    throw new ConfigError("NOT_SETTLED", `There is no ${file}.`, "Settle first, or name the folder of the report with --out.", { out });
  return JSON.parse(readFileSync(file, "utf8")) as SettleReport;
}

interface Repeated {
  readonly same: boolean;
  readonly differs: readonly string[];
}

/** The row with the report's seed once more: verdict, numbers, and the hash of every row. */
async function settledAgain(before: Settled, seed: number, data: string | null): Promise<Repeated> {
  const line = new ProgressLine();
  const recordings = data === null ? null : new Recordings(data);
  const progress = (label: string, done: number, total: number) => line.show(label, done, total);
  const [now] = await settle(claimsNamed([before.name]), { recordings, seed, evidence: HASHING_BOOK, progress });
  line.clear();
  const differs = (["verdict", "because", "measured", "controls", "evidence"] as const).filter(
    (part) => JSON.stringify(now?.[part]) !== JSON.stringify(before[part]),
  );
  return { same: differs.length === 0, differs };
}

const cut = ({ evidence, state, columns, rows }: Traced, most: number) => ({
  evidence,
  state,
  columns,
  rows: rows.slice(0, most),
  left: Math.max(0, rows.length - most),
});

function render(
  { row, name, verdict, because, evidence }: Settled,
  traced: readonly Traced[],
  again: Repeated | null,
  most: number,
): string {
  const lines = [`${row} ${name}: ${verdict}`, because, ""];
  if (traced.length === 0) lines.push("It rests on no rows: nothing was measured.");
  for (const [i, piece] of traced.entries()) {
    const { rows, left, columns, state } = cut(piece, most);
    lines.push(`${i < evidence.length ? "" : "Rehearsal on a twin, no part of the verdict: "}${piece.evidence.id}`);
    lines.push(`  ${STATES[state]} sha256 ${piece.evidence.sha256}`);
    if (columns.length > 0) lines.push(`  ${["id", ...columns].join(" ")}`);
    for (const { id, cells } of rows) lines.push(`  ${[id, ...cells].join(" ")}`.slice(0, 400));
    if (left > 0) lines.push(`  ... ${left} more (--rows ${left + rows.length})`);
    lines.push("");
  }
  if (again !== null)
    lines.push(
      again.same ? "Measured again: the same rows, numbers and verdict." : `Measured again, and other in: ${again.differs.join(", ")}.`,
      "",
    );
  return lines.join("\n");
}

const STATES = {
  "as it was": "As it was when the verdict was given,",
  changed: "CHANGED since the verdict, when it had",
  missing: "MISSING. When the verdict was given it had",
  unknown: "Its folder was not given (--data); when the verdict was given it had",
} as const;
