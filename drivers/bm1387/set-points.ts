import { DriverError } from "../../common/errors.ts";
import { ticketLog2Of } from "./registers.ts";

/** log2 of a ticket difficulty, rounded down. Throws DriverError SETPOINT_REFUSED when it is not possible. specs/bm1387.md 2.2 */
export function ticketLog2For(difficulty: number): number {
  if (difficulty >= 1 && difficulty <= 2 ** 32) return ticketLog2Of(difficulty);
  throw new DriverError(
    "SETPOINT_REFUSED",
    `A ticket difficulty of ${difficulty} is not possible.`,
    "Choose one from 1 to 4294967296; it is rounded down to a power of two.",
    { difficulty },
  );
}

/** Throws DriverError SETPOINT_REFUSED unless addresses 4 apart leave room for so many chips. specs/bm1387.md 0.5 */
export function checkChips(chips: number): void {
  if (Number.isInteger(chips) && chips >= 1 && chips <= 64) return;
  throw new DriverError(
    "SETPOINT_REFUSED",
    `A chain has 1 to 64 chips, not ${chips}.`,
    "Correct the number of chips; an S9 board has 63.",
    {
      chips,
    },
  );
}

/** The clock of each chip: one for all, or one each. Throws DriverError SETPOINT_REFUSED when there are not as many as chips. */
export function clocksFor(mhz: number | readonly number[], chips: number): readonly number[] {
  const clocks = typeof mhz === "number" ? Array<number>(chips).fill(mhz) : mhz;
  if (clocks.length === chips) return clocks;
  throw new DriverError("SETPOINT_REFUSED", `${clocks.length} frequencies for ${chips} chips.`, "Give one for each chip, in chain order.", {
    given: clocks.length,
    chips,
  });
}
