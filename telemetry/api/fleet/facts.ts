/**
 * What tools that watch fleets of miners ask, from what this daemon knows. A rig here mines for nobody: it has no pool, and what its chips find are
 * nonces, not shares. Unknown is null.
 */

import type { Snapshot } from "../../messages.ts";
import type { Tally } from "../../metrics/tally.ts";

export interface FleetSource {
  readonly snapshot: Snapshot;
  readonly wallMs: number;
  readonly tally: Pick<Tally, "nonces" | "bestDifficulty" | "meanHashRateGhs">;
}

/** A daemon's boards; the first is the one that is meant when one alone can be shown. */
export type FleetSources = readonly [FleetSource, ...FleetSource[]];

/** Such as BM1366; the empty text when no chip has answered. */
export function chipModel({ board }: Snapshot): string {
  const digits = /([0-9a-f]{4})$/i.exec(board?.chipId ?? "")?.[1];
  return digits === undefined ? "" : `BM${digits}`;
}

/** A twin's name says that it is one, wherever a tool shows no more than names. */
export function shownName({ rig, origin }: Snapshot): string {
  return origin === "hardware" ? rig : `${rig}-${origin}`;
}

export function uptimeS({ snapshot, wallMs }: FleetSource): number {
  return Math.max(0, Math.floor((wallMs - snapshot.startedWallMs) / 1000));
}

/** Small cores of a chip, from what the clock and the expected rate say; null when either is unknown. */
export function smallCores({ board, readings, setPoint }: Snapshot): number | null {
  const expectedGhs = readings?.expectedGhs ?? null;
  if (expectedGhs === null || setPoint === null || board === null || board.chips === 0 || setPoint.frequencyMhz === 0) return null;
  return Math.round((expectedGhs * 1000) / setPoint.frequencyMhz / board.chips);
}
