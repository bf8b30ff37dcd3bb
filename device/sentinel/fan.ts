/**
 * The fan: holds the chip's temperature with the least air that does it. Pure: state in, state out. What is not known is taken to be hot:
 * without a temperature, or near a limit, the fan runs at full.
 */
import type { BoardReadings } from "../../drivers/boards/board.ts";
import type { BoardKind, SentinelLimits } from "./limits.ts";

export const FULL_FAN_PERCENT = 100;

export interface FanSettings {
  /** Held at the chip. */
  readonly targetC: number;
  /** %/K, %/(K s) and % s/K. */
  readonly proportional: number;
  readonly integral: number;
  readonly derivative: number;
  /** A fan that is asked for less may stop. */
  readonly minPercent: number;
  /** At these temperatures the fan is at full, whatever the controller says. */
  readonly fullChipC: number;
  readonly fullBoardC: number;
  readonly fullRegulatorC: number;
  /** Time constant of the filter on the temperature, s. */
  readonly filterS: number;
}

export interface FanState {
  /** The integral's part, %: between the least and full, so that it has nothing to work off when the temperature turns (anti-windup). */
  readonly integralPercent: number;
  readonly filteredC: number | null;
  readonly atNs: bigint | null;
}

/** Begins at full, and comes down from there: the controller has seen nothing yet. */
export const FAN_AT_REST: FanState = { integralPercent: FULL_FAN_PERCENT, filteredC: null, atNs: null };

/** Below a tightened limit the target goes along. GUESS: 10 K, more than the controller overshoots. */
const BELOW_LIMIT_C = 10;
/** And this near it there is no more regulating. GUESS. */
const NEAR_LIMIT_C = 5;
/** After a pause the integral must not take the whole of it for one step. */
const LONGEST_STEP_S = 1;

const OWN: Readonly<Record<BoardKind, Omit<FanSettings, "fullChipC" | "fullRegulatorC">>> = {
  // The firmware's controller: P 5, I 0.1, D 2, 60 C, never below 25 %, and its filter of 0.2 a tenth of a second (specs/bm1366.md 5.6).
  // Its boards' own limit is the regulator's; a board sensor has none. GUESS: the chip's.
  "bitaxe-ultra": { targetC: 60, proportional: 5, integral: 0.1, derivative: 2, minPercent: 25, fullBoardC: 70, filterS: 0.45 },
  // Braiins' controller: kp 5, ki 0.03, kd 0.15, target 89 C; the stock firmware's fans are full from 75 to 85 C of the board (specs/bm1387.md 7.19).
  // Never below 60 %, what Braiins gives a miner that it does not know yet. GUESS.
  "s9-hashboard": { targetC: 89, proportional: 5, integral: 0.03, derivative: 0.15, minPercent: 60, fullBoardC: 80, filterS: 0.45 },
};

export function fanSettings(limits: SentinelLimits, kind: BoardKind): FanSettings {
  const own = OWN[kind];
  return {
    ...own,
    targetC: Math.min(own.targetC, limits.maxChipTempC - BELOW_LIMIT_C),
    // Braiins calls 100 C hot, ten below dangerous (specs/bm1387.md 7.19).
    fullChipC: limits.maxChipTempC - (kind === "s9-hashboard" ? BELOW_LIMIT_C : NEAR_LIMIT_C),
    // Fifteen below the limit, as the firmware's warning lies below its trip (specs/bm1366.md 5.3: 105 and 145, 5.5). GUESS.
    fullRegulatorC: limits.maxRegulatorTempC - 15,
  };
}

/** What the fan shall do after this reading, %, and what to remember. A hotter reading never gives less air from the same state. */
export function stepFan(
  state: FanState,
  { atNs, chipTempC, boardTempC, regulatorTempC }: Pick<BoardReadings, "atNs" | "chipTempC" | "boardTempC" | "regulatorTempC">,
  settings: FanSettings,
): { readonly percent: number; readonly state: FanState } {
  if (chipTempC === null || !Number.isFinite(chipTempC)) return { percent: FULL_FAN_PERCENT, state: FAN_AT_REST };
  const { targetC, proportional, integral, derivative, minPercent, filterS } = settings;
  const within = (percent: number) => Math.min(FULL_FAN_PERCENT, Math.max(minPercent, percent));

  const stepS = state.atNs === null ? 0 : Math.min(LONGEST_STEP_S, Math.max(0, Number(atNs - state.atNs) / 1e9));
  const filteredC =
    state.filteredC === null ? chipTempC : state.filteredC + (chipTempC - state.filteredC) * (1 - Math.exp(-stepS / filterS));
  const riseCPerS = stepS > 0 && state.filteredC !== null ? (filteredC - state.filteredC) / stepS : 0;
  const aboveC = filteredC - targetC;
  const integralPercent = within(state.integralPercent + integral * aboveC * stepS);
  const percent = within(integralPercent + proportional * aboveC + derivative * riseCPerS);

  const nearLimit =
    chipTempC >= settings.fullChipC ||
    (boardTempC !== null && boardTempC >= settings.fullBoardC) ||
    (regulatorTempC !== null && regulatorTempC >= settings.fullRegulatorC);
  return { percent: nearLimit ? FULL_FAN_PERCENT : Math.round(percent), state: { integralPercent, filteredC, atNs } };
}
