/** Where a finding's numbers are kept: each computation's rows as a table of its own beside the report, so that a verdict can be followed down to them. */
import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { Evidence } from "../claim.ts";

export const EVIDENCE_FOLDER = "evidence";

export type Cell = number | string;

/** What was computed, and how it can be computed again. */
export interface Computation {
  readonly name: string;
  readonly seed: number;
  readonly draws: number;
}

export interface EvidenceBook {
  /** One line a row, numbers in full; a table of the same name is replaced. */
  table(of: Computation, columns: readonly string[], rows: Iterable<readonly Cell[]>): Evidence;
}

/** Keeps tables as CSV in `folder`/evidence. */
export function folderBook(folder: string): EvidenceBook {
  return bookThat((file, text) => {
    const to = path.join(folder, file);
    mkdirSync(path.dirname(to), { recursive: true });
    writeFileSync(to, text);
  });
}

/** Names and hashes tables as `folderBook` does, and keeps none: to compare a computation with one that was kept. */
export const HASHING_BOOK: EvidenceBook = bookThat(() => {});

function bookThat(keep: (file: string, text: string) => void): EvidenceBook {
  return {
    table({ name, seed, draws }, columns, rows) {
      const lines = [columns.join(",")];
      for (const row of rows) lines.push(row.map(cellText).join(","));
      const text = `${lines.join("\n")}\n`;
      const file = `${EVIDENCE_FOLDER}/${fileNameOf(name)}.csv`;
      const sha256 = createHash("sha256").update(text).digest("hex");
      keep(file, text);
      const range = `2-${lines.length}`;
      return { id: `${file}@${sha256.slice(0, 12)}:${range}`, kind: "table", name, seed, draws, file, sha256, rows: range };
    },
  };
}

const cellText = (cell: Cell) => (typeof cell === "number" ? String(cell) : /[",\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);

const fileNameOf = (name: string) =>
  name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "");
