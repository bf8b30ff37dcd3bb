/** Whether what a process has in use grows: a straight line through samples of it, and what that would be in a day. */
import { studentTQuantile } from "../../reservoir/statistics/special.ts";

/** A straight line's slope with its 95 % interval, MB per virtual hour. */
export interface Slope {
  readonly perHour: number;
  readonly low: number;
  readonly high: number;
}

/**
 * `flat`: the whole interval of a day's growth is below what is let pass. `grows`: the whole interval is above it. `not told`: neither, for the samples are too
 * few or too restless, and that is no good news.
 */
export type Trend = "flat" | "grows" | "not told";

const HOURS_A_DAY = 24;

/** Of a growth per hour and the MB that a day may add. */
export function trendOf(slope: Slope | null, mostMbADay: number): Trend {
  if (slope === null) return "not told";
  if (slope.high * HOURS_A_DAY <= mostMbADay) return "flat";
  return slope.low * HOURS_A_DAY > mostMbADay ? "grows" : "not told";
}

/**
 * Least squares with Student's interval. What fills and empties over several samples leaves residuals that follow one another: they count for as many
 * independent ones as their first autocorrelation says, n (1 - r) / (1 + r) (Bartlett 1935). null of fewer than four points.
 */
export function slope(x: readonly number[], y: readonly number[]): Slope | null {
  const n = x.length;
  if (n < 4) return null;
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / n;
  const [meanX, meanY] = [mean(x), mean(y)];
  const sxx = x.reduce((sum, at) => sum + (at - meanX) ** 2, 0);
  const perHour = x.reduce((sum, at, i) => sum + (at - meanX) * ((y[i] as number) - meanY), 0) / sxx;
  const residuals = x.map((at, i) => (y[i] as number) - meanY - perHour * (at - meanX));
  const squares = residuals.reduce((sum, residual) => sum + residual ** 2, 0);
  const following = residuals.slice(1).reduce((sum, residual, i) => sum + residual * (residuals[i] as number), 0);
  const r = squares > 0 ? Math.max(0, following / squares) : 0;
  const share = (1 - r) / (1 + r);
  const freedom = n * share - 2;
  if (freedom < 1) return { perHour, low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY };
  const half = studentTQuantile(0.025, freedom) * Math.sqrt(squares / (n - 2) / sxx / share);
  return { perHour, low: perHour - half, high: perHour + half };
}
