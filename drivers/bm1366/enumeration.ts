import { DriverError } from "../../common/errors.ts";
import type { RegisterAnswer } from "./correlate.ts";
import { chipId } from "./registers.ts";

export const BM1366 = 0x1366;

/** Chips that speak the same frames, by the id they answer with. specs/bm1366.md 1.8 */
const RELATIVES: Readonly<Record<number, string>> = {
  4962: "BM1362 (Antminer S19j Pro)",
  4968: "BM1368 (Antminer S21, Bitaxe Supra)",
  4976: "BM1370 (Antminer S21 Pro, Bitaxe Gamma)",
  4999: "BM1387 (Antminer S9)",
  5015: "BM1397 (Antminer S17, Bitaxe Max)",
};

/** What went wrong with the chips that answered a broadcast read of CHIP_ID, or null when they are the `expected` BM1366. specs/bm1366.md 3.1, 8.10 */
export function enumerationFault(answers: readonly RegisterAnswer[], expected: number, discardedBytes: number): DriverError | null {
  const found = answers.length;
  const context = { expected, found, discardedBytes };
  if (found === 0) {
    const heard =
      discardedBytes > 0 ? `${discardedBytes} bytes came that are no answer: check the baud rate and for TX and RX shorted. ` : "";
    return new DriverError(
      "CHIP_MISSING",
      "No chip answered.",
      `${heard}Check that the core supply is on, that reset is released, and the cable from the host's TX to the chip's CI and from RO back to RX.`,
      context,
    );
  }
  const strangers = [...new Set(answers.map((answer) => chipId.decode(answer.value).id))].filter((id) => id !== BM1366);
  const stranger = strangers[0];
  if (stranger !== undefined) {
    const hex = stranger.toString(16).toUpperCase().padStart(4, "0");
    return new DriverError(
      "WRONG_CHIP",
      `A chip answered as ${RELATIVES[stranger] ?? `an unknown chip ${hex}`}, not as BM1366.`,
      "Choose the driver of that chip, or check which board is on this port.",
      { ...context, chipId: `0x${hex}` },
    );
  }
  if (found < expected) {
    return new DriverError(
      "CHAIN_SHORT",
      `Expected ${expected} chips, found ${found}.`,
      `One dead chip hides all behind it: check the board after chip ${found}.`,
      { ...context, lastGood: found },
    );
  }
  if (found > expected) {
    return new DriverError(
      "CHAIN_LONG",
      `Expected ${expected} chips, found ${found}.`,
      `Set the number of chips to ${found} if the board has that many.`,
      context,
    );
  }
  return null;
}
