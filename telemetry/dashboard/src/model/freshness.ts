/** How old the numbers on the screen are. Ages are measured on the page's own clock: the daemon's may be set differently. */
export const STALE_AFTER_MS = 5000;

export type Connection = "connecting" | "connected" | "waiting" | "reload";

export interface Freshness {
  /** Nothing on the page can be trusted to be current. */
  pageStale: boolean;
  /** The sensor readings are old, although the connection may be alive. */
  readingsStale: boolean;
  /** Age of the last message, and of the last readings; null when there never was one. */
  messageAgeMs: number | null;
  readingsAgeMs: number | null;
}

/** `messageAtMs`, `readingsAtMs` and `nowMs` on one clock. */
export function freshness(connection: Connection, messageAtMs: number | null, readingsAtMs: number | null, nowMs: number): Freshness {
  const age = (at: number | null): number | null => (at === null ? null : Math.max(0, nowMs - at));
  const readingsAgeMs = age(readingsAtMs);
  const pageStale = connection !== "connected";
  return {
    pageStale,
    readingsStale: readingsAgeMs !== null && (pageStale || readingsAgeMs > STALE_AFTER_MS),
    messageAgeMs: age(messageAtMs),
    readingsAgeMs,
  };
}

/**
 * When the readings in the first snapshot of a connection were taken, on the page's clock. They may be old (a sensor that died before we
 * connected), so their own time counts; a daemon clock ahead of ours must not make them younger than now.
 */
export function snapshotReadingsAt(readingsWallMs: number, pageMs: number): number {
  return Math.min(readingsWallMs, pageMs);
}
