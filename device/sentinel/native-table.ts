/** The same limits and the same rules for the native table, which the watchdog goes by (drivers/native/sentinel_table.h). */
import type { Passing, TableDecision, TableLimits } from "../../drivers/native/watchdog.ts";
import type { Action, Rule } from "./decide.ts";
import { CONDITIONS, CORE_VOLTAGE_TOLERANCE, REGULATOR_SETTLE_MS, type SentinelLimits, STALE_MS } from "./limits.ts";
import { FREQUENCY_TOLERANCE, type SentinelState } from "./observe.ts";

const ACTIONS: readonly Action[] = ["none", "fan-full", "power-off"];
const RULES: readonly Rule[] = [...CONDITIONS, "ok", "temperature-unknown", "readings-stale", "temperature-missing", "fan-slow-to-start"];

export function tableLimits(limits: SentinelLimits, blindMs: number): TableLimits {
  return {
    numbers: [
      limits.maxPowerMw,
      limits.maxChipTempC,
      limits.maxRegulatorTempC,
      limits.maxBoardTempC ?? Number.POSITIVE_INFINITY,
      limits.maxInputCurrentMa ?? Number.POSITIVE_INFINITY,
      limits.maxChipRiseCPerS,
      limits.riseWindowMs,
      limits.minPlausibleC,
      limits.fanStoppedRpm,
      limits.fanCommandedPercent,
      limits.coreVoltageMv.max,
      limits.frequencyMhz.max,
      blindMs,
      STALE_MS,
      REGULATOR_SETTLE_MS,
      CORE_VOLTAGE_TOLERANCE,
      FREQUENCY_TOLERANCE,
    ],
    debounceMs: CONDITIONS.map((condition) => limits.debounceMs[condition]),
    caps: limits.coreVoltageCaps?.map(({ fromMhz, maxMv }) => [fromMhz, maxMv] as const) ?? [],
  };
}

/** What the native side needs to judge the same: readings only once, when they are new. */
export function passing(state: SentinelState, readingIsNew: boolean, nowNs: bigint): Passing {
  const { energisedNs, readings, coreVoltageSet, frequencyMhz, fanPercent } = state;
  return { nowNs, energisedNs, readings: readingIsNew ? readings : null, coreVoltageSet, frequencyMhz, fanPercent };
}

export function inWords({ action, rule }: TableDecision): { readonly action: Action; readonly rule: Rule } {
  return { action: ACTIONS[action] ?? "power-off", rule: RULES[rule] ?? "ok" };
}
