/** Where each sweep point goes on the voltage x frequency map. */
import type { SetPoint, SweepPoint } from "../../../messages.ts";

export interface SweepGrid {
  /** mV, highest first: the map reads like a chart. */
  voltagesMv: number[];
  /** MHz, lowest first. */
  frequenciesMhz: number[];
  /** rows[v][f]; null where nothing was measured yet. A place measured twice shows its latest point. */
  rows: (SweepPoint | null)[][];
}

/** Ticket difficulties in the sweep, lowest first: one map each. */
export function difficulties(points: readonly SweepPoint[]): number[] {
  return [...new Set(points.map((point) => point.ticketDifficulty))].sort((a, b) => a - b);
}

export function layoutSweep(points: readonly SweepPoint[], ticketDifficulty: number): SweepGrid {
  const shown = points.filter((point) => point.ticketDifficulty === ticketDifficulty);
  const voltagesMv = [...new Set(shown.map((point) => point.coreVoltageMv))].sort((a, b) => b - a);
  const frequenciesMhz = [...new Set(shown.map((point) => point.frequencyMhz))].sort((a, b) => a - b);
  const rows = voltagesMv.map((): (SweepPoint | null)[] => frequenciesMhz.map(() => null));
  for (const point of shown) {
    const row = rows[voltagesMv.indexOf(point.coreVoltageMv)] as (SweepPoint | null)[];
    const column = frequenciesMhz.indexOf(point.frequencyMhz);
    const there = row[column] ?? null;
    if (there === null || there.index <= point.index) row[column] = point;
  }
  return { voltagesMv, frequenciesMhz, rows };
}

/** The cell in which the board works now, if the map has one: within half the least step between its rows and columns. */
export function operatingPlace(grid: SweepGrid, ticketDifficulty: number, now: SetPoint | null): Place | null {
  if (now === null || now.ticketDifficulty !== ticketDifficulty) return null;
  const row = nearest(grid.voltagesMv, now.coreVoltageMv);
  const column = nearest(grid.frequenciesMhz, now.frequencyMhz);
  return row === null || column === null ? null : { row, column };
}

function nearest(axis: readonly number[], value: number): number | null {
  const distances = axis.map((at) => Math.abs(at - value));
  const steps = axis.slice(1).map((at, i) => Math.abs(at - (axis[i] as number)));
  const reach = steps.length === 0 ? Math.abs(value) * 1e-3 : Math.min(...steps) / 2;
  const least = Math.min(...distances);
  return least <= reach ? distances.indexOf(least) : null;
}

export interface Place {
  row: number;
  column: number;
}

/** The place an arrow, Home or End key leads to inside rows x columns; null for other keys. Stays inside the grid. */
export function move({ row, column }: Place, key: string, rows: number, columns: number): Place | null {
  switch (key) {
    case "ArrowUp":
      return { row: Math.max(0, row - 1), column };
    case "ArrowDown":
      return { row: Math.min(rows - 1, row + 1), column };
    case "ArrowLeft":
      return { row, column: Math.max(0, column - 1) };
    case "ArrowRight":
      return { row, column: Math.min(columns - 1, column + 1) };
    case "Home":
      return { row, column: 0 };
    case "End":
      return { row, column: columns - 1 };
    default:
      return null;
  }
}
