/**
 * The safety decision: a pure function of what is known, what is allowed and what time it is. No input or output, no clock,
 * no memory beyond its arguments. The table of cases in decide.test.ts is its specification; drivers/native/decision.h decides the same
 * a second time, and a property test holds both to each other.
 */
import type { BoardReadings } from "../../drivers/boards/board.ts";
import { ALWAYS_COUNT, CONDITIONS, CORE_VOLTAGE_TOLERANCE, type Condition, type SentinelLimits, STALE_MS } from "./limits.ts";
import { coreVoltageCapMv, type SentinelState } from "./observe.ts";

export type Action = "none" | "fan-full" | "power-off";

export interface Margin {
  readonly name: string;
  /** Limit minus reading (or reading minus limit for a lower limit); null when the reading is unknown. */
  readonly value: number | null;
  readonly limit: number;
  readonly unit: string;
}

/** Which rule decided; "ok" when none did. Unknown (missing, stale, unknown) is a rule of its own, apart from what is known to be wrong. */
export type Rule = "ok" | Condition | "temperature-unknown" | "readings-stale" | "temperature-missing" | "fan-slow-to-start";

export interface Decision {
  readonly action: Action;
  readonly rule: Rule;
  /** Why, for a person, with the numbers. */
  readonly reason: string;
  readonly margins: readonly Margin[];
}

/** What to do now. Rules are tried from the most to the least severe; the first that applies decides. */
export function decide(state: SentinelState, limits: SentinelLimits, nowNs: bigint): Decision {
  const { readings } = state;
  const ageMs = readings === null ? null : Number(nowNs - readings.atNs) / 1e6;
  const fresh = ageMs !== null && ageMs <= STALE_MS ? readings : null;
  const margins = marginsOf(fresh, limits);
  const decision = (action: Action, rule: Rule, reason: string): Decision => ({ action, rule, reason, margins });

  const lasting = CONDITIONS.find((condition) => lastsMs(state, condition, nowNs) >= limits.debounceMs[condition]);
  if (lasting !== undefined) return decision("power-off", lasting, WORDS[lasting](state, limits));
  if (state.energisedNs === null) return decision("none", "ok", "core supply is off");

  // A die sensor works only while the chip is powered (specs/bm1366.md 8.12), so blindness counts from the switching-on at the earliest.
  const seenNs = state.chipTempKnownNs !== null && state.chipTempKnownNs > state.energisedNs ? state.chipTempKnownNs : state.energisedNs;
  const blindMs = Number(nowNs - seenNs) / 1e6;
  if (blindMs > state.blindMs) {
    return decision(
      "power-off",
      "temperature-unknown",
      `chip temperature has been unknown for ${(blindMs / 1000).toFixed(1)} s, more than ${state.blindMs / 1000} s`,
    );
  }
  if (fresh === null) {
    return decision(
      "fan-full",
      "readings-stale",
      ageMs === null ? "no reading yet" : `the last reading is ${(ageMs / 1000).toFixed(1)} s old`,
    );
  }
  if (fresh.chipTempC === null) return decision("fan-full", "temperature-missing", "the chip's temperature could not be read");
  if (state.since["fan-stopped"] !== null) return decision("fan-full", "fan-slow-to-start", WORDS["fan-stopped"](state, limits));
  return decision("none", "ok", "all readings are within their limits");
}

/** May the core supply be switched on? Only with a fresh and cool reading, on every board that can give one; nothing is waited out here. */
export function mayEnergise(state: SentinelState, limits: SentinelLimits, nowNs: bigint): Decision {
  const decision = decide({ ...state, energisedNs: null }, { ...limits, debounceMs: AT_ONCE }, nowNs);
  if (decision.action === "power-off") return decision;
  const { readings } = state;
  if (!state.sensesUnpowered) return decision;
  const refuse = (rule: Rule, reason: string): Decision => ({ ...decision, action: "power-off", rule, reason });
  if (readings === null || Number(nowNs - readings.atNs) / 1e6 > STALE_MS)
    return refuse("readings-stale", "there is no fresh reading of the board's sensors");
  if (readings.chipTempC === null && readings.boardTempC === null)
    return refuse("temperature-unknown", "no temperature of chip or board is known");
  if (readings.boardTempC !== null && readings.boardTempC < limits.minPlausibleC)
    return refuse("sensor-implausible", `a board temperature of ${readings.boardTempC.toFixed(1)} °C is a sensor's failure`);
  return decision;
}

const AT_ONCE = Object.fromEntries(CONDITIONS.map((condition) => [condition, 0])) as Record<Condition, number>;

/** -1 while it does not hold, or does not count. */
function lastsMs(state: SentinelState, condition: Condition, nowNs: bigint): number {
  const sinceNs = state.since[condition];
  if (sinceNs === null || (state.energisedNs === null && !ALWAYS_COUNT.includes(condition))) return -1;
  return Math.max(0, Number(nowNs - sinceNs) / 1e6);
}

type Words = (state: SentinelState, limits: SentinelLimits) => string;

const reading = (state: SentinelState, name: Exclude<keyof BoardReadings, "atNs">, digits = 0, scale = 1): string => {
  const value = state.readings?.[name] ?? null;
  return value === null ? "now unknown" : (value / scale).toFixed(digits);
};
const set = ({ coreVoltageSet }: SentinelState) => coreVoltageSet?.mv.toFixed(0) ?? "unknown";
const percent = 100 * CORE_VOLTAGE_TOLERANCE;

const WORDS: Readonly<Record<Condition, Words>> = {
  "over-temperature-chip": (state, { maxChipTempC }) => `chip temperature ${reading(state, "chipTempC", 1)} °C is above ${maxChipTempC} °C`,
  "over-temperature-regulator": (state, { maxRegulatorTempC }) =>
    `regulator temperature ${reading(state, "regulatorTempC", 1)} °C is above ${maxRegulatorTempC} °C`,
  "over-temperature-board": (state, { maxBoardTempC }) =>
    `board temperature ${reading(state, "boardTempC", 1)} °C is above ${maxBoardTempC} °C`,
  "over-power": (state, { maxPowerMw }) => `input power ${reading(state, "powerMw", 1, 1000)} W is above ${maxPowerMw / 1000} W`,
  "over-current": (state, { maxInputCurrentMa }) =>
    `input current ${reading(state, "inputCurrentMa", 2, 1000)} A is above ${(maxInputCurrentMa ?? 0) / 1000} A`,
  "heating-too-fast": ({ chipRiseCPerS }, { maxChipRiseCPerS }) =>
    `the chip warms by ${chipRiseCPerS?.toFixed(1) ?? "unknown"} K/s, more than ${maxChipRiseCPerS} K/s: its heatsink may be off`,
  "core-voltage-max": (state, { coreVoltageMv }) =>
    `core voltage ${reading(state, "coreVoltageMv")} mV is over ${percent} % above the board's ${coreVoltageMv.max} mV`,
  "core-voltage-high": (state) =>
    `core voltage ${reading(state, "coreVoltageMv")} mV is over ${percent} % above its set-point ${set(state)} mV`,
  "core-voltage-low": (state) =>
    `core voltage ${reading(state, "coreVoltageMv")} mV is over ${percent} % below its set-point ${set(state)} mV`,
  "set-point-envelope": (state, limits) =>
    `${set(state)} mV at ${state.frequencyMhz?.toFixed(0) ?? "unknown"} MHz is outside the board's ${coreVoltageCapMv(limits, state.frequencyMhz ?? 0)} mV and ${limits.frequencyMhz.max} MHz`,
  "sensor-implausible": (state) => `a chip temperature of ${reading(state, "chipTempC", 1)} °C is a sensor's failure`,
  "fan-stopped": (state) => `the fan turns at ${reading(state, "fanRpm")} rpm and was told ${state.fanPercent ?? "unknown"} %`,
};

function marginsOf(readings: BoardReadings | null, limits: SentinelLimits): Margin[] {
  const margin = (name: string, value: number | null, limit: number, unit: string): Margin => ({
    name,
    value: value === null ? null : limit - value,
    limit,
    unit,
  });
  const board =
    limits.maxBoardTempC === undefined ? [] : [margin("board temperature", readings?.boardTempC ?? null, limits.maxBoardTempC, "°C")];
  const current =
    limits.maxInputCurrentMa === null
      ? []
      : [margin("input current", thousandth(readings?.inputCurrentMa ?? null), limits.maxInputCurrentMa / 1000, "A")];
  return [
    margin("chip temperature", readings?.chipTempC ?? null, limits.maxChipTempC, "°C"),
    margin("regulator temperature", readings?.regulatorTempC ?? null, limits.maxRegulatorTempC, "°C"),
    ...board,
    margin("input power", thousandth(readings?.powerMw ?? null), limits.maxPowerMw / 1000, "W"),
    ...current,
  ];
}

function thousandth(value: number | null): number | null {
  return value === null ? null : value / 1000;
}
