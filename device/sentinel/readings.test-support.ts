/** Readings and limits that tests of the sentinel begin with: a Bitaxe at its set-point, all well. */
import { ULTRA_LIMITS } from "../../drivers/boards/bitaxe-variants.ts";
import type { BoardReadings } from "../../drivers/boards/board.ts";
import { type SentinelLimits, sentinelLimits } from "./limits.ts";

export const NOW = 100_000_000_000n;
export const ms = (n: number): bigint => BigInt(Math.round(n * 1e6));

export const BITAXE_LIMITS: SentinelLimits = sentinelLimits({ ...ULTRA_LIMITS, maxBoardTempC: 90 }, "bitaxe-ultra");

export function readings(change: Partial<BoardReadings> = {}): BoardReadings {
  return {
    atNs: NOW - ms(100),
    coreVoltageMv: 1200,
    inputVoltageMv: 5000,
    inputCurrentMa: 2300,
    powerMw: 11_500,
    chipTempC: 55,
    boardTempC: 50,
    regulatorTempC: null,
    fanRpm: 4000,
    ...change,
  };
}
