/** What a miner behind a network can tell in an hour, said before an experiment begins. CLAIMS B, N6. */
import type { AxeOsInfo } from "./info.ts";

/** BM1366 hashes this much a clock and core: 894 small cores. specs/bm1366.md 5.2 */
const BM1366_SMALL_CORES = 894;
/** The least difficulty that its firmware reports at, whatever it is asked for; 512 was seen as well. CLAIMS B */
export const LEAST_DIFFICULTY = 256;
/** Shares that a window of features takes, and steps of a NARMA-10 run. CLAIMS N6 */
const SHARES_PER_STEP = 100;
const STEPS = 2000;

export interface RateBudget {
  readonly hashRateGhs: number;
  readonly difficulty: number;
  readonly sharesPerS: number;
  readonly stepSeconds: number;
  readonly runHours: number;
  /** Shares of an hour: the standard deviation of their intervals' CV is about 1 / sqrt(n). */
  readonly cvErrorAfterAnHour: number;
  /** New telemetry at most so often: one record each 500 ms over the WebSocket. specs/bm1366.md 6.2 */
  readonly telemetryHz: number;
}

/** `difficulty`: what the pool asks for; below the firmware's floor it is the floor. */
export function rateBudget(hashRateGhs: number, difficulty: number): RateBudget {
  const effective = Math.max(LEAST_DIFFICULTY, difficulty);
  const sharesPerS = (hashRateGhs * 1e9) / (effective * 2 ** 32);
  const stepSeconds = SHARES_PER_STEP / sharesPerS;
  return {
    hashRateGhs,
    difficulty: effective,
    sharesPerS,
    stepSeconds,
    runHours: (STEPS * stepSeconds) / 3600,
    cvErrorAfterAnHour: 1 / Math.sqrt(3600 * sharesPerS),
    telemetryHz: 2,
  };
}

/** From the frequency set, which knows no luck; null for a chip whose cores are not known. */
export function rateBudgetOf(info: AxeOsInfo, chips = info.asicCount ?? 1): RateBudget | null {
  const cores = info.smallCores ?? (info.asicModel === "BM1366" ? BM1366_SMALL_CORES : null);
  if (cores === null) return null;
  return rateBudget(((info.actualFrequencyMhz ?? info.frequencyMhz) * cores * chips) / 1000, info.poolDifficulty ?? LEAST_DIFFICULTY);
}
