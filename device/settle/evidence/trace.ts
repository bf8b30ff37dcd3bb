/** From a piece of evidence back to the rows that it names, and whether they are still what they were. */
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import type { Evidence } from "../claim.ts";
import { readStoredRows, type StoredRow } from "./stored-rows.ts";

/** `unknown`: the folder of the recordings was not given. */
export type EvidenceState = "as it was" | "changed" | "missing" | "unknown";

export interface Traced {
  readonly evidence: Evidence;
  readonly state: EvidenceState;
  readonly columns: readonly string[];
  /** The id of a file's row is its line. */
  readonly rows: readonly StoredRow[];
}

export interface Folders {
  /** Of the report. */
  readonly out: string;
  /** Of the recordings. */
  readonly data: string | null;
}

export function trace(evidence: Evidence, { out, data }: Folders): Traced {
  if (evidence.kind === "rows") {
    const read = readStoredRows(out, evidence);
    if (read === null) return { evidence, state: "missing", columns: [], rows: [] };
    return { evidence, state: read.sha256 === evidence.sha256 ? "as it was" : "changed", columns: read.columns, rows: read.rows };
  }
  const folder = evidence.kind === "file" ? data : out;
  if (folder === null) return { evidence, state: "unknown", columns: [], rows: [] };
  const file = path.join(folder, evidence.file);
  if (!existsSync(file)) return { evidence, state: "missing", columns: [], rows: [] };
  const bytes = readFileSync(file);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  const lines = bytes.toString("utf8").trimEnd().split(/\r?\n/);
  const [from = 2, to = lines.length] = evidence.rows.split("-").map(Number);
  return {
    evidence,
    state: sha256 === evidence.sha256 ? "as it was" : "changed",
    columns: (lines[0] ?? "").split(","),
    rows: lines.slice(from - 1, to).map((line, i) => ({ id: String(from + i), cells: line.split(",") })),
  };
}
