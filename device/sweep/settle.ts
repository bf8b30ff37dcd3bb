/** Has a set-point settled? Judged by what the sensors read. */
import type { SettleRule } from "./plan-schema.ts";

/** What the sensors said, `atMs` after the set-point was read back; null is unknown. */
export interface SettleReading {
  readonly atMs: number;
  readonly chipTempC: number | null;
  readonly coreVoltageMv: number | null;
}

export interface Settling {
  readonly settled: boolean;
  /** What it still waits for, or why it may be counted. */
  readonly why: string;
  /** Of the chip's temperature over the window, K/s; null when unknown. */
  readonly slopeCPerS: number | null;
  /** Highest less lowest read-back in the window, mV; null on boards that cannot read it. */
  readonly voltageSpreadMv: number | null;
}

/** Readings must cover this much of the window: the first one comes some time after its beginning. */
const COVERED = 0.7;
const LEAST_READINGS = 3;

/** Pure. A temperature that is unknown has not settled; a voltage that the board cannot read back is not judged. */
export function settling(readings: readonly SettleReading[], rule: SettleRule, nowMs: number): Settling {
  const window = readings.filter(({ atMs }) => atMs >= nowMs - rule.windowMs && atMs <= nowMs);
  const temps = window.filter(({ chipTempC }) => chipTempC !== null);
  const slopeCPerS = slopeOf(temps.map(({ atMs, chipTempC }) => [atMs / 1000, chipTempC as number]));
  const voltages = window.map(({ coreVoltageMv }) => coreVoltageMv).filter((mv) => mv !== null);
  const voltageSpreadMv = voltages.length === 0 ? null : Math.max(...voltages) - Math.min(...voltages);
  const wait = (why: string): Settling => ({ settled: false, why, slopeCPerS, voltageSpreadMv });
  if (nowMs < rule.leastMs) return wait(`the first ${rule.leastMs} ms`);
  const coveredMs = (window.at(-1)?.atMs ?? 0) - (window[0]?.atMs ?? 0);
  if (window.length < LEAST_READINGS || coveredMs < COVERED * rule.windowMs) return wait(`readings over ${rule.windowMs} ms`);
  if (slopeCPerS === null) return wait("a chip temperature that can be read");
  if (Math.abs(slopeCPerS) > rule.slopeCPerS)
    return wait(`the chip's temperature, which changes by ${slopeCPerS.toPrecision(2)} K/s (limit ${rule.slopeCPerS})`);
  if (voltageSpreadMv !== null && voltageSpreadMv > rule.voltageBandMv)
    return wait(`the core voltage, which moves by ${voltageSpreadMv.toPrecision(2)} mV (limit ${rule.voltageBandMv})`);
  return { settled: true, why: "temperature and voltage are steady", slopeCPerS, voltageSpreadMv };
}

/** Least squares; null for fewer than LEAST_READINGS points. */
function slopeOf(points: readonly (readonly [number, number])[]): number | null {
  if (points.length < LEAST_READINGS) return null;
  const mean = (of: 0 | 1) => points.reduce((sum, point) => sum + point[of], 0) / points.length;
  const [x, y] = [mean(0), mean(1)];
  const square = points.reduce((sum, [at]) => sum + (at - x) ** 2, 0);
  return square === 0 ? null : points.reduce((sum, [at, value]) => sum + (at - x) * (value - y), 0) / square;
}
