const FIRST_MS = 400;
const FACTOR = 1.7;
const LONGEST_MS = 8000;
const JITTER = 0.2;

/** Wait before reconnect attempt `attempt` (0 = first), in ms. `random` in [0, 1) spreads many pages after a daemon restart. */
export function backoffMs(attempt: number, random: number): number {
  const base = Math.min(LONGEST_MS, FIRST_MS * FACTOR ** attempt);
  return Math.round(base * (1 + JITTER * (2 * random - 1)));
}
