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

export interface Seen {
  /** The readings' own time, by the daemon's clock. */
  wallMs: number;
  /** When they were taken, as far as the page can tell, by the page's clock. */
  atMs: number;
}

/**
 * Notes readings that arrived at `pageMs`. Those in the first snapshot of a connection may be old (a sensor that died before we connected), so
 * their own time counts, but a daemon clock ahead of ours must not make them younger than now. A snapshot that repeats readings does not renew
 * them.
 */
export function noteReadings(before: Seen | null, wallMs: number | null, inFirstSnapshot: boolean, pageMs: number): Seen | null {
  if (wallMs === null) return null;
  if (wallMs === before?.wallMs) return before;
  return { wallMs, atMs: inFirstSnapshot ? Math.min(wallMs, pageMs) : pageMs };
}
