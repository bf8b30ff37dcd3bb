/**
 * A sensor that dies often reads as cold: a register full of ones is -1 °C, a bus that is held down 0 °C. Believed, it would slow the fan of a
 * chip that nobody watches any more. So a powered chip that seems to have cooled faster than one can has an unknown temperature.
 */
import type { BoardReadings } from "../../drivers/boards/board.ts";
import type { TempAt } from "./observe.ts";

/** What a die gives up at once when its clock or its voltage falls: less than its superheat over the heatsink. GUESS. */
const FALL_AT_ONCE_K = 20;
/** And its heatsink from then on, fan at full: minutes to the air's temperature. GUESS. */
const FALL_K_PER_S = 0.5;
/** The coldest of this long is what it fell from: a reading or two with a flipped bit are no temperature that it had. GUESS. */
const WINDOW_NS = 1_000_000_000n;

export interface Believed {
  /** As they were read, or with the chip's temperature unknown. */
  readonly readings: BoardReadings;
  /** What was believed last, and in the second before, oldest first; nothing while the supply is off. */
  readonly temps: readonly TempAt[];
  /** Why the temperature is not believed; null when it is, or was unknown anyway. */
  readonly doubt: string | null;
}

/** `temps` is what the look before came to. Rises are always believed, and so is everything of a board that is off: it may cool for hours. */
export function believed(temps: readonly TempAt[], readings: BoardReadings, energised: boolean): Believed {
  const { atNs, chipTempC } = readings;
  if (!energised) return { readings, temps: [], doubt: null };
  const last = temps.at(-1);
  if (chipTempC === null) return { readings, temps, doubt: null };
  const fromC = temps.reduce((coldest, { tempC }) => Math.min(coldest, tempC), Number.POSITIVE_INFINITY);
  const seconds = last === undefined ? 0 : Number(atNs - last.atNs) / 1e9;
  if (last !== undefined && fromC - chipTempC > FALL_AT_ONCE_K + FALL_K_PER_S * seconds) {
    const doubt = `chip temperature ${chipTempC.toFixed(1)} °C is not believed: ${seconds.toFixed(1)} s ago it was ${fromC.toFixed(1)} °C, and no powered chip cools like that`;
    return { readings: { ...readings, chipTempC: null }, temps, doubt };
  }
  return { readings, temps: [...temps.filter((temp) => temp.atNs >= atNs - WINDOW_NS), { atNs, tempC: chipTempC }], doubt: null };
}
