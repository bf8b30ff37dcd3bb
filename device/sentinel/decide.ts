/**
 * The safety decision: a pure function of what is known, what is allowed and what time it is. No input or output, no clock,
 * no memory beyond its arguments. The table of cases in decide.test.ts is its specification.
 */
import type { BoardLimits, BoardReadings } from "../../drivers/boards/board.ts";

export interface SentinelState {
  /** The last complete reading; null before the first. */
  readonly readings: BoardReadings | null;
  /** When the chip's temperature was last known; null when never. */
  readonly chipTempKnownNs: bigint | null;
  /** When the core supply was switched on; null when it is off. */
  readonly energisedNs: bigint | null;
  /** False for a board whose every sensor sits behind the chips: it is blind until it is powered. */
  readonly sensesUnpowered: boolean;
  /** A chip whose temperature is unknown for this long while energised is switched off, ms. */
  readonly blindMs: number;
  /** The core voltage asked for, and when the regulator was told; null when off. */
  readonly coreVoltageSet: { readonly mv: number; readonly atNs: bigint } | null;
}

export type Action = "none" | "fan-full" | "power-off";

export interface Margin {
  readonly name: string;
  /** Limit minus reading (or reading minus limit for a lower limit); null when the reading is unknown. */
  readonly value: number | null;
  readonly limit: number;
  readonly unit: string;
}

export interface Decision {
  readonly action: Action;
  /** Which rule decided; "ok" when none did. */
  readonly rule: string;
  /** Why, for a person, with the numbers. */
  readonly reason: string;
  readonly margins: readonly Margin[];
}

/** Readings older than this are as good as none. GUESS: twenty missed samples at 10 Hz. */
export const STALE_MS = 2_000;
/** Core voltage may differ from its set-point by this fraction. Source: self-test figure, specs/bm1366.md 5.8. */
export const CORE_VOLTAGE_TOLERANCE = 0.1;

/** A regulator needs this long to follow; what is read before says nothing about the set-point. GUESS: a hundred times a buck converter's slew. */
export const REGULATOR_SETTLE_MS = 100;

/** What to do now. Rules are tried from the most to the least severe; the first that applies decides. */
export function decide(state: SentinelState, limits: BoardLimits, nowNs: bigint): Decision {
  const { readings } = state;
  const ageMs = readings === null ? null : Number(nowNs - readings.atNs) / 1e6;
  const fresh = ageMs !== null && ageMs <= STALE_MS ? readings : null;
  const margins = marginsOf(fresh, limits);
  const decision = (action: Action, rule: string, reason: string): Decision => ({ action, rule, reason, margins });

  // What was measured above a limit counts even when it is old: a hot chip does not cool by not being looked at.
  for (const [rule, value, limit, unit, what] of [
    ["over-temperature-chip", readings?.chipTempC ?? null, limits.maxChipTempC, "°C", "chip temperature"],
    ["over-temperature-regulator", readings?.regulatorTempC ?? null, limits.maxRegulatorTempC, "°C", "regulator temperature"],
    ["over-temperature-board", readings?.boardTempC ?? null, limits.maxBoardTempC ?? Number.POSITIVE_INFINITY, "°C", "board temperature"],
    ["over-power", watts(readings?.powerMw ?? null), limits.maxPowerMw / 1000, "W", "input power"],
  ] as const) {
    if (value !== null && value > limit)
      return decision("power-off", rule, `${what} ${value.toFixed(1)} ${unit} is above ${limit} ${unit}`);
  }
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
  const set = state.coreVoltageSet;
  const coreVoltageMv = fresh?.coreVoltageMv ?? null;
  const settled = fresh !== null && set !== null && Number(fresh.atNs - set.atNs) / 1e6 >= REGULATOR_SETTLE_MS;
  if (settled && coreVoltageMv !== null && coreVoltageMv > set.mv * (1 + CORE_VOLTAGE_TOLERANCE)) {
    return decision(
      "power-off",
      "core-voltage-high",
      `core voltage ${coreVoltageMv.toFixed(0)} mV is over 10 % above its set-point ${set.mv.toFixed(0)} mV`,
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
  return decision("none", "ok", "all readings are within their limits");
}

/** May the core supply be switched on? Only with a fresh and cool reading, on every board that can give one. */
export function mayEnergise(state: SentinelState, limits: BoardLimits, nowNs: bigint): Decision {
  const decision = decide({ ...state, energisedNs: null }, limits, nowNs);
  if (decision.action === "power-off") return decision;
  const { readings } = state;
  if (!state.sensesUnpowered) return decision;
  const refuse = (rule: string, reason: string): Decision => ({ ...decision, action: "power-off", rule, reason });
  if (readings === null || Number(nowNs - readings.atNs) / 1e6 > STALE_MS)
    return refuse("readings-stale", "there is no fresh reading of the board's sensors");
  if (readings.chipTempC === null && readings.boardTempC === null)
    return refuse("temperature-unknown", "no temperature of chip or board is known");
  return decision;
}

function marginsOf(readings: BoardReadings | null, limits: BoardLimits): Margin[] {
  const margin = (name: string, value: number | null, limit: number, unit: string): Margin => ({
    name,
    value: value === null ? null : limit - value,
    limit,
    unit,
  });
  const board =
    limits.maxBoardTempC === undefined ? [] : [margin("board temperature", readings?.boardTempC ?? null, limits.maxBoardTempC, "°C")];
  return [
    margin("chip temperature", readings?.chipTempC ?? null, limits.maxChipTempC, "°C"),
    margin("regulator temperature", readings?.regulatorTempC ?? null, limits.maxRegulatorTempC, "°C"),
    ...board,
    margin("input power", watts(readings?.powerMw ?? null), limits.maxPowerMw / 1000, "W"),
  ];
}

function watts(powerMw: number | null): number | null {
  return powerMw === null ? null : powerMw / 1000;
}
