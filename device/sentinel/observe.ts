/** What the sentinel keeps from look to look: pure, so that a history can be replayed. */
import type { BoardReadings } from "../../drivers/boards/board.ts";
import { ALWAYS_COUNT, CONDITIONS, CORE_VOLTAGE_TOLERANCE, type Condition, REGULATOR_SETTLE_MS, type SentinelLimits } from "./limits.ts";

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
  /** The core voltage asked for, and when the regulator was told; null when off, or while it is being told. */
  readonly coreVoltageSet: { readonly mv: number; readonly atNs: bigint } | null;
  /** The fastest chip's clock in force; null while it is not known. */
  readonly frequencyMhz: number | null;
  /** What the fan was told; null before that. */
  readonly fanPercent: number | null;
  /** The chip's known temperatures of the last riseWindowMs, oldest first. */
  readonly chipTemps: readonly TempAt[];
  /** How fast the chip warms, K/s: the slower of the window's two halves. null while too little is known. */
  readonly chipRiseCPerS: number | null;
  /** Since when each condition has been seen to hold; null when it does not. */
  readonly since: Readonly<Record<Condition, bigint | null>>;
}

export interface TempAt {
  readonly atNs: bigint;
  readonly tempC: number;
}

/** Of the window that readings must span before a rise can be told. */
const LEAST_SPAN = 0.75;
/** A crystal's and a divider's inexactness; a set-point is checked exactly before it is applied. */
export const FREQUENCY_TOLERANCE = 0.01;

const NOTHING = Object.fromEntries(CONDITIONS.map((condition) => [condition, null])) as Record<Condition, null>;

export function initialState(board: Pick<SentinelState, "sensesUnpowered" | "blindMs">): SentinelState {
  return {
    sensesUnpowered: board.sensesUnpowered,
    blindMs: board.blindMs,
    readings: null,
    chipTempKnownNs: null,
    energisedNs: null,
    coreVoltageSet: null,
    frequencyMhz: null,
    fanPercent: null,
    chipTemps: [],
    chipRiseCPerS: null,
    since: NOTHING,
  };
}

/** The supply was switched on (at `nowNs`) or off (null): what is known of voltage and of the way there begins anew. */
export function noteSupply(state: SentinelState, nowNs: bigint | null): SentinelState {
  const since = { ...NOTHING } as Record<Condition, bigint | null>;
  for (const condition of ALWAYS_COUNT) since[condition] = state.since[condition];
  return { ...state, energisedNs: nowNs, coreVoltageSet: null, chipTemps: [], chipRiseCPerS: null, since };
}

/** A reading came in. A condition that cannot be told from it goes on as it was: a hot chip does not cool by not being looked at. */
export function observe(state: SentinelState, readings: BoardReadings, limits: SentinelLimits): SentinelState {
  const { atNs, chipTempC } = readings;
  const chipTemps = withinWindow(state.chipTemps, chipTempC === null ? null : { atNs, tempC: chipTempC }, atNs, limits.riseWindowMs);
  const seen: SentinelState = {
    ...state,
    readings,
    chipTempKnownNs: chipTempC === null ? state.chipTempKnownNs : atNs,
    chipTemps,
    chipRiseCPerS: rise(chipTemps, limits.riseWindowMs),
  };
  const since = { ...state.since };
  for (const condition of CONDITIONS) {
    const counts = state.energisedNs !== null || ALWAYS_COUNT.includes(condition);
    const holds = counts ? HOLDS[condition](seen, readings, limits) : false;
    if (holds !== null) since[condition] = holds ? (state.since[condition] ?? atNs) : null;
  }
  return { ...seen, since };
}

function withinWindow(temps: readonly TempAt[], last: TempAt | null, nowNs: bigint, windowMs: number): TempAt[] {
  const oldestNs = nowNs - BigInt(windowMs) * 1_000_000n;
  const kept = temps.filter(({ atNs }) => atNs >= oldestNs && atNs < nowNs);
  return last === null ? kept : [...kept, last];
}

/** The lesser slope of both halves, so that one jump (another sensor's estimate, a flipped bit) is no rise. Never falls when the last reading is hotter. */
function rise(temps: readonly TempAt[], windowMs: number): number | null {
  const [first] = temps;
  const last = temps.at(-1);
  if (first === undefined || last === undefined) return null;
  const seconds = (from: TempAt, to: TempAt) => Number(to.atNs - from.atNs) / 1e9;
  if (seconds(first, last) * 1000 < LEAST_SPAN * windowMs) return null;
  const halfS = seconds(first, last) / 2;
  const off = (temp: TempAt) => Math.abs(seconds(first, temp) - halfS);
  const middle = temps.slice(1, -1).reduce<TempAt | null>((best, temp) => (best === null || off(temp) < off(best) ? temp : best), null);
  if (middle === null) return null;
  const slope = (from: TempAt, to: TempAt) => (to.tempC - from.tempC) / seconds(from, to);
  return Math.min(slope(first, middle), slope(middle, last));
}

/** true, false, or null where the reading does not tell. */
type Holds = (state: SentinelState, readings: BoardReadings, limits: SentinelLimits) => boolean | null;

const above = (value: number | null, limit: number): boolean | null => (value === null ? null : value > limit);

/** Measured against the set-point once the regulator has had time to follow; false before, because the set-point is another. */
function againstSetPoint(
  state: SentinelState,
  { atNs, coreVoltageMv }: BoardReadings,
  off: (measuredMv: number, setMv: number) => boolean,
) {
  const { coreVoltageSet } = state;
  if (coreVoltageSet === null || Number(atNs - coreVoltageSet.atNs) / 1e6 < REGULATOR_SETTLE_MS) return false;
  return coreVoltageMv === null ? null : off(coreVoltageMv, coreVoltageSet.mv);
}

/** The highest core voltage allowed at a clock. */
export function coreVoltageCapMv({ coreVoltageCaps, coreVoltageMv }: SentinelLimits, frequencyMhz: number): number {
  return coreVoltageCaps?.find(({ fromMhz }) => frequencyMhz >= fromMhz * (1 + FREQUENCY_TOLERANCE))?.maxMv ?? coreVoltageMv.max;
}

const HOLDS: Readonly<Record<Condition, Holds>> = {
  "over-temperature-chip": (_, { chipTempC }, { maxChipTempC }) => above(chipTempC, maxChipTempC),
  "over-temperature-regulator": (_, { regulatorTempC }, { maxRegulatorTempC }) => above(regulatorTempC, maxRegulatorTempC),
  "over-temperature-board": (_, { boardTempC }, { maxBoardTempC }) => above(boardTempC, maxBoardTempC ?? Number.POSITIVE_INFINITY),
  "over-power": (_, { powerMw }, { maxPowerMw }) => above(powerMw, maxPowerMw),
  "over-current": (_, { inputCurrentMa }, { maxInputCurrentMa }) => above(inputCurrentMa, maxInputCurrentMa ?? Number.POSITIVE_INFINITY),
  "heating-too-fast": ({ chipRiseCPerS }, { chipTempC }, { maxChipRiseCPerS }) =>
    chipTempC === null ? null : (above(chipRiseCPerS, maxChipRiseCPerS) ?? false),
  "core-voltage-max": (_, { coreVoltageMv }, limits) => above(coreVoltageMv, limits.coreVoltageMv.max * (1 + CORE_VOLTAGE_TOLERANCE)),
  "core-voltage-high": (state, readings) =>
    againstSetPoint(state, readings, (measured, set) => measured > set * (1 + CORE_VOLTAGE_TOLERANCE)),
  "core-voltage-low": (state, readings) =>
    againstSetPoint(state, readings, (measured, set) => measured < set * (1 - CORE_VOLTAGE_TOLERANCE)),
  "set-point-envelope": ({ coreVoltageSet, frequencyMhz }, _, limits) => {
    if (frequencyMhz === null) return false;
    if (frequencyMhz > limits.frequencyMhz.max * (1 + FREQUENCY_TOLERANCE)) return true;
    return coreVoltageSet !== null && coreVoltageSet.mv > coreVoltageCapMv(limits, frequencyMhz);
  },
  "sensor-implausible": (_, { chipTempC }, { minPlausibleC }) => (chipTempC === null ? null : chipTempC < minPlausibleC),
  "fan-stopped": ({ fanPercent }, { fanRpm }, { fanStoppedRpm, fanCommandedPercent }) => {
    if (fanPercent === null || fanPercent < fanCommandedPercent) return false;
    return fanRpm === null ? null : fanRpm < fanStoppedRpm;
  },
};
