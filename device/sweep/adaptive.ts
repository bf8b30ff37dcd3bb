/** Where an adaptive sweep looks next: between neighbours that differ. */
import type { SetPoint, SweepPoint } from "../../telemetry/messages.ts";

/** How different two points are is told by this; a point that cannot be had counts as all invalid. */
function badness(point: SweepPoint): number {
  if (point.status !== "done" || point.regime === "dead") return 1;
  return point.invalidShare?.share ?? 0;
}

/** Neighbours whose invalid shares differ by less than this are alike. A choice: what two hundred nonces can show. */
const ALIKE = 0.02;

/**
 * The next set-point, or null when no two neighbours in voltage that differ are further apart than `resolutionMv`. The widest difference goes first, then
 * the widest gap, then the lowest frequency. Only what was measured counts, so that an interrupted sweep goes on as it would have.
 */
export function nextAdaptive(points: readonly SweepPoint[], resolutionMv: number): SetPoint | null {
  let best: { readonly setPoint: SetPoint; readonly difference: number; readonly gapMv: number } | null = null;
  for (const column of columnsOf(points)) {
    for (const [at, above] of column.entries()) {
      const below = column[at + 1];
      if (below === undefined) continue;
      const gapMv = above.coreVoltageMv - below.coreVoltageMv;
      const difference = Math.abs(badness(above) - badness(below));
      if (gapMv <= resolutionMv || difference < ALIKE) continue;
      if (best !== null && (difference < best.difference || (difference === best.difference && gapMv <= best.gapMv))) continue;
      const { frequencyMhz, ticketDifficulty } = above;
      const coreVoltageMv = Math.round((above.coreVoltageMv + below.coreVoltageMv) / 2);
      best = { setPoint: { coreVoltageMv, frequencyMhz, ticketDifficulty }, difference, gapMv };
    }
  }
  return best?.setPoint ?? null;
}

/** Points of one frequency and difficulty, highest voltage first, the latest of each voltage. */
function columnsOf(points: readonly SweepPoint[]): SweepPoint[][] {
  const columns = new Map<string, Map<number, SweepPoint>>();
  for (const point of points.toSorted((a, b) => a.index - b.index)) {
    const key = `${String(point.frequencyMhz).padStart(12)}/${point.ticketDifficulty}`;
    const column = columns.get(key) ?? new Map<number, SweepPoint>();
    columns.set(key, column.set(point.coreVoltageMv, point));
  }
  return [...columns]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, column]) => [...column.values()].sort((a, b) => b.coreVoltageMv - a.coreVoltageMv));
}

/** How many points it adds to these at the most: where every two neighbours differ down to the resolution. */
export function mostAdaptive(points: readonly SetPoint[], resolutionMv: number): number {
  const columns = new Map<string, Set<number>>();
  for (const { frequencyMhz, ticketDifficulty, coreVoltageMv } of points) {
    const key = `${frequencyMhz}/${ticketDifficulty}`;
    columns.set(key, (columns.get(key) ?? new Set()).add(coreVoltageMv));
  }
  return [...columns.values()].reduce((sum, column) => {
    const voltages = [...column].sort((a, b) => a - b);
    return sum + voltages.slice(1).reduce((of, above, at) => of + between(voltages[at] as number, above, resolutionMv), 0);
  }, 0);
}

function between(belowMv: number, aboveMv: number, resolutionMv: number): number {
  if (aboveMv - belowMv <= resolutionMv) return 0;
  const middleMv = Math.round((aboveMv + belowMv) / 2);
  return 1 + between(belowMv, middleMv, resolutionMv) + between(middleMv, aboveMv, resolutionMv);
}
