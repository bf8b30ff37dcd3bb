/** `asic-reservoir fault-matrix`: every fault in every state, in virtual time, kept in a file as it goes. docs/fault-matrix.md */
import path from "node:path";
import { type Cell, cellKey, cellsOf, KIND_NAMES, type Kind } from "../simulation/matrix/cells.ts";
import { appendResult, mendResults, readResults, remaining } from "../simulation/matrix/results-file.ts";
import { type CellResult, runCell } from "../simulation/matrix/run-cell.ts";
import { EXIT } from "./exit.ts";
import { ProgressLine } from "./progress.ts";

export interface FaultMatrixOptions {
  kind?: Kind;
  /** Cells whose key has this in it. */
  only?: string;
  json?: boolean;
}

export async function faultMatrixCommand(file: string, { kind, only = "", json = false }: FaultMatrixOptions): Promise<number> {
  // A simulation works in a folder of its own.
  const results = path.resolve(file);
  mendResults(results);
  const cells = (kind === undefined ? KIND_NAMES : [kind]).flatMap(cellsOf).filter((cell) => cellKey(cell).includes(only));
  const before = readResults(results);
  const left = remaining(cells, before);
  const line = new ProgressLine();
  const done: CellResult[] = [];
  for (const cell of left) {
    line.show(
      `${cells.length - left.length + done.length} of ${cells.length} cells`,
      cells.length - left.length + done.length,
      cells.length,
    );
    const result = await runCell(cell);
    appendResult(results, result);
    done.push(result);
    if (result.broken.length > 0) line.say(brokenText(cell, result.broken));
  }
  line.clear();
  const now = readResults(results);
  const judged = cells.flatMap((cell) => now.get(cellKey(cell)) ?? []);
  const failed = judged.filter(({ broken }) => broken.length > 0);
  const summary = {
    origin: "twin",
    cells: judged.length,
    run: done.length,
    failed: failed.map(({ cell, broken }) => ({ cell: cellKey(cell), broken })),
  };
  if (json) process.stdout.write(`${JSON.stringify(summary)}\n`);
  else {
    for (const { cell, broken } of failed) process.stdout.write(`${brokenText(cell, broken)}\n`);
    process.stdout.write(`${judged.length} cells (origin: twin), ${done.length} of them run now; ${failed.length} broke a rule.\n`);
  }
  return failed.length === 0 ? EXIT.good : EXIT.no;
}

function brokenText(cell: Cell, broken: readonly string[]): string {
  return `${cellKey(cell)}\n${broken.map((text) => `  ${text}`).join("\n")}`;
}
