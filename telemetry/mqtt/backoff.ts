/** First and longest pause between attempts to connect, ms. */
export interface Backoff {
  readonly firstMs: number;
  readonly maxMs: number;
}

/** Half the doubled pause is fixed and half random, so that many rigs do not return to a restarted broker at once. */
export function backoffMs(attempt: number, limits: Backoff, random: number): number {
  const pauseMs = Math.min(limits.maxMs, limits.firstMs * 2 ** Math.min(attempt, 30));
  return pauseMs * (0.5 + 0.5 * random);
}
