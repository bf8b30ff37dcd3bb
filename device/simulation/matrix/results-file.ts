/** Results of the fault matrix, one line of JSON a cell: a run that was cut off goes on where it was. */
import { appendFileSync, existsSync, readFileSync, truncateSync } from "node:fs";
import { ConfigError } from "../../../common/errors.ts";
import { type Cell, cellKey } from "./cells.ts";
import type { CellResult } from "./run-cell.ts";

/** The last result of each cell, by its key; nothing where there is no file. ConfigError MATRIX_UNREADABLE. */
export function readResults(path: string): Map<string, CellResult> {
  if (!existsSync(path)) return new Map();
  const text = readFileSync(path, "utf8");
  const lines = text.slice(0, text.lastIndexOf("\n") + 1).split("\n");
  const results = lines.flatMap((line, at) => (line === "" ? [] : [parsed(line, path, at + 1)]));
  return new Map(results.map((result) => [cellKey(result.cell), result]));
}

/** Takes away a last line that was cut off while it was written: what is appended begins a line of its own. */
export function mendResults(path: string): void {
  if (!existsSync(path)) return;
  const bytes = readFileSync(path);
  truncateSync(path, bytes.lastIndexOf(0x0a) + 1);
}

export function appendResult(path: string, result: CellResult): void {
  appendFileSync(path, `${JSON.stringify(result)}\n`);
}

/** Cells that are not in the file yet, or were run with another value. */
export function remaining(cells: readonly Cell[], results: ReadonlyMap<string, CellResult>): Cell[] {
  return cells.filter((cell) => {
    const before = results.get(cellKey(cell))?.cell;
    return before?.value !== cell.value || before.holdMs !== cell.holdMs;
  });
}

function parsed(line: string, path: string, number: number): CellResult {
  try {
    return JSON.parse(line) as CellResult;
  } catch {
    throw new ConfigError("MATRIX_UNREADABLE", `Line ${number} of ${path} is no result of the fault matrix.`, "Give another file.", {
      path,
    });
  }
}
