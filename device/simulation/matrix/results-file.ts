/** Results of the fault matrix, one line of JSON a cell. */
import { ConfigError } from "../../../common/errors.ts";
import { appendLine, mendLines, readLines } from "../line-file.ts";
import { type Cell, cellKey } from "./cells.ts";
import type { CellResult } from "./run-cell.ts";

/** The last result of each cell, by its key; nothing where there is no file. ConfigError MATRIX_UNREADABLE. */
export function readResults(path: string): Map<string, CellResult> {
  const results = readLines<CellResult>(
    path,
    (line) =>
      new ConfigError("MATRIX_UNREADABLE", `Line ${line} of ${path} is no result of the fault matrix.`, "Give another file.", { path }),
  );
  return new Map(results.map((result) => [cellKey(result.cell), result]));
}

export function mendResults(path: string): void {
  mendLines(path);
}

export function appendResult(path: string, result: CellResult): void {
  appendLine(path, result);
}

/** Cells that are not in the file yet, or were run with another value. */
export function remaining(cells: readonly Cell[], results: ReadonlyMap<string, CellResult>): Cell[] {
  return cells.filter((cell) => {
    const before = results.get(cellKey(cell))?.cell;
    return before?.value !== cell.value || before.holdMs !== cell.holdMs;
  });
}
