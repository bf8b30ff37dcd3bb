/** Results of the fault matrix as Markdown: a table a kind of board, a row a fault, a column a state. */
import { type FaultName, faultOf } from "../../../twin/index.ts";
import { type Cell, cellKey, cellsOf, KIND_NAMES, type Kind, STRUCK } from "./cells.ts";
import type { CellResult } from "./run-cell.ts";

export function matrixTables(results: ReadonlyMap<string, CellResult>): string {
  return KIND_NAMES.filter((kind) => [...results.values()].some(({ cell }) => cell.kind === kind))
    .map((kind) => `## ${kind}\n\n${tableOf(kind, results)}`)
    .join("\n\n");
}

/** In words: how many cells of what outcome, and the slowest of those that ended with the board off. */
export function matrixSummary(results: ReadonlyMap<string, CellResult>): string {
  const kinds = KIND_NAMES.map((kind) => ({ kind, of: [...results.values()].filter(({ cell }) => cell.kind === kind) }));
  const rows = kinds
    .filter(({ of }) => of.length > 0)
    .map(({ kind, of }) => {
      const faulted = of.filter(({ wasOn, why }) => wasOn && why !== null);
      const off = faulted.flatMap(({ offMs }) => offMs ?? []).sort((a, b) => a - b);
      const figures = [
        of.length,
        of.filter(({ why }) => why === null).length,
        of.filter(({ wasOn, why }) => !wasOn && why !== null).length,
        faulted.length,
        faulted.filter(({ offMs }) => offMs === null).length,
        seconds(off[Math.floor(off.length / 2)] ?? null),
        seconds(off.at(-1) ?? null),
        of.filter(({ broken }) => broken.length > 0).length,
      ];
      return `| ${kind} | ${figures.join(" | ")} |`;
    });
  return [
    "| board | cells | no fault | fault, never on | fault of a board that was on | of these not switched off to the end | median to off | longest | rules broken |",
    "|---|---|---|---|---|---|---|---|---|",
    ...rows,
  ].join("\n");
}

function tableOf(kind: Kind, results: ReadonlyMap<string, CellResult>): string {
  const cells = cellsOf(kind);
  const faults = [...new Set(cells.map(({ fault }) => fault))];
  const rows = faults.map((fault) => {
    const of = cells.filter((cell) => cell.fault === fault);
    return `| ${nameOf(fault, of[0])} | ${of.map((cell) => cellText(results.get(cellKey(cell)))).join(" | ")} |`;
  });
  return [`| fault | ${STRUCK.join(" | ")} |`, `|---|${"---|".repeat(STRUCK.length)}`, ...rows].join("\n");
}

function nameOf(fault: FaultName, cell: Cell | undefined): string {
  const { min, max, unit } = faultOf(fault).value;
  const value = min === max || cell === undefined ? "" : ` ${cell.value} ${unit}`;
  return `\`${fault}\`${value}, ${(cell?.holdMs ?? 0) / 1000} s`;
}

export function cellText(result: CellResult | undefined): string {
  if (result === undefined) return "not run";
  const { wasOn, why, offMs, chipsOffMs, onAtEnd, noticed, broken, cell, struckIn } = result;
  const code = why === null ? "" : ` ${/^[A-Z0-9_]+/.exec(why)?.[0] ?? "?"}`;
  // On its way down a board always has something to say.
  const told = why === null && noticed && cell.state !== "cooling" ? ", noticed" : "";
  const mark = broken.length > 0 ? " **broken**" : "";
  if (struckIn !== cell.state) return `not reached${code}${mark}`;
  if (!wasOn) return `stays off${code}${mark}`;
  if (offMs !== null) {
    return `${seconds(offMs)}${code}${onAtEnd ? " off, up again" : ""}${told}${mark}`;
  }
  if (why !== null) return `${chipsOffMs === null ? "on" : `chips ${seconds(chipsOffMs)}, supply on`}${code}${mark}`;
  return `goes on${told}${mark}`;
}

function seconds(ms: number | null): string {
  return ms === null ? "–" : `${(ms / 1000).toFixed(1)} s`;
}
