/**
 * When a board is switched off, and after how long: every number with its source. A limit of the set-point is the board's
 * (drivers/boards), and a configuration can only tighten it (device/limits.ts); what stands here nobody can change.
 */
import type { BoardLimits } from "../../drivers/boards/board.ts";

/** What a reading can be found to be, from the most to the least severe: the first that lasts decides. */
export const CONDITIONS = [
  "over-temperature-chip",
  "over-temperature-regulator",
  "over-temperature-board",
  "over-power",
  "over-current",
  "heating-too-fast",
  "core-voltage-max",
  "core-voltage-high",
  "core-voltage-low",
  "set-point-envelope",
  "sensor-implausible",
  "fan-stopped",
] as const;
export type Condition = (typeof CONDITIONS)[number];

/** These count with the core supply off too: heat and current come from somewhere. The others say nothing about a board that is off. */
export const ALWAYS_COUNT: readonly Condition[] = CONDITIONS.slice(0, 5);

export interface SentinelLimits extends BoardLimits {
  /** null where the board measures no input current, mA. */
  readonly maxInputCurrentMa: number | null;
  /** Above this, over the whole of riseWindowMs, no heatsink is on the chip. */
  readonly maxChipRiseCPerS: number;
  readonly riseWindowMs: number;
  /** A powered chip colder than this has a sensor that failed. */
  readonly minPlausibleC: number;
  /** A fan told to turn at fanCommandedPercent or more, and slower than this, stands still. */
  readonly fanStoppedRpm: number;
  readonly fanCommandedPercent: number;
  /** How long a condition must last, ms. */
  readonly debounceMs: Readonly<Record<Condition, number>>;
}

export type BoardKind = "bitaxe-ultra" | "s9-hashboard";

/** Readings older than this are as good as none. GUESS: twenty missed samples at 10 Hz. */
export const STALE_MS = 2_000;
/** Core voltage may differ from its set-point by this fraction. Source: self-test figure, specs/bm1366.md 5.8. */
export const CORE_VOLTAGE_TOLERANCE = 0.1;
/** A regulator needs this long to follow; what is read before says nothing about the set-point. GUESS: a hundred times a buck converter's slew. */
export const REGULATOR_SETTLE_MS = 100;

const DEBOUNCE_MS: Readonly<Record<Condition, number>> = {
  // Five samples at 10 Hz: one reading with a flipped bit is no fault. At the rate at which a chip without its heatsink warms (below), half a
  // second is 4 K; the limits have more than that below damage (specs/bm1366.md 5.5 trips at 75 C, specs/bm1387.md 7.19 at 110 C). GUESS.
  "over-temperature-chip": 500,
  "over-temperature-regulator": 500,
  "over-temperature-board": 500,
  // A regulator's own protection acts in microseconds (specs/bm1366.md 5.3: 30 A, latched); this is for what stays below it. GUESS.
  "over-power": 1_000,
  "over-current": 1_000,
  // On top of a window that has been too steep from end to end. GUESS.
  "heating-too-fast": 300,
  // Too much voltage is what breaks a chip soonest, and the only one that rises in less than a sample. GUESS: three samples.
  "core-voltage-max": 200,
  "core-voltage-high": 300,
  // Too little breaks nothing: it is a regulator in trouble. GUESS: ten samples.
  "core-voltage-low": 1_000,
  // A move in two steps passes through neither end; ten samples of a point outside is no move. GUESS.
  "set-point-envelope": 1_000,
  "sensor-implausible": 1_000,
  // Fans take seconds to spin up (specs/bm1387.md 7.23: tachometers that start with nonsense), and temperatures tens of seconds to follow. GUESS.
  "fan-stopped": 10_000,
};

const COMMON = {
  // 12 W into the chip and what is soldered to it, about 1 J/K, is 12 K/s; into a heatsink of 50 J/K and more, under 1 K/s. GUESS between both.
  maxChipRiseCPerS: 8,
  riseWindowMs: 2_000,
  // Nobody runs a powered chip in such air; a shorted diode reads so (specs/bm1387.md 4.4). GUESS.
  minPlausibleC: -30,
  // An EMC2101 says 82 rpm of a fan that stands still (specs/bm1366.md pitfall 20).
  fanStoppedRpm: 100,
  // Below this some fans need not turn. GUESS.
  fanCommandedPercent: 20,
  debounceMs: DEBOUNCE_MS,
} as const;

const KINDS: Readonly<Record<BoardKind, Pick<SentinelLimits, "maxInputCurrentMa">>> = {
  // The family's 25 W at the lowest input at which its regulator still runs, 4.5 V (specs/bm1366.md 5.2, 5.3).
  "bitaxe-ultra": { maxInputCurrentMa: 5_560 },
  // No sensor of the board measures it.
  "s9-hashboard": { maxInputCurrentMa: null },
};

export function sentinelLimits(board: BoardLimits, kind: BoardKind): SentinelLimits {
  return { ...COMMON, ...KINDS[kind], ...board };
}
