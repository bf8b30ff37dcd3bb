/** Fans that belong to the host and cool several boards at once, as in an S9. specs/bm1387.md 4.6 */
export interface Fans {
  /** 0..100, all fans alike. FAN_READBACK when the controller says another value. */
  setPercent(percent: number): Promise<void>;
  /** One per fan that is fitted: 0 is a fan that stands still, null one whose speed is not known. */
  rpm(): Promise<readonly (number | null)[]>;
}

/** The slowest fan's speed: the one that tells of a failure. null when any is unknown, or there is none. */
export async function slowestRpm(fans: Fans): Promise<number | null> {
  const speeds = await fans.rpm();
  return speeds.reduce<number | null>(
    (slowest, rpm, i) => (rpm === null || (slowest === null && i > 0) ? null : Math.min(slowest ?? rpm, rpm)),
    null,
  );
}
