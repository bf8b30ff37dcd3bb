import { DriverError } from "../../common/errors.ts";
import type { ValueAnswer } from "./correlate.ts";
import { chipAddress } from "./registers.ts";

export const BM1387 = 0x1387;

/** Chips that may answer in the same way, by the id they answer with. */
const RELATIVES: Readonly<Record<number, string>> = {
  4966: "BM1366 (Antminer S19 XP, Bitaxe Ultra)",
  4996: "BM1384 (Antminer S5)",
  4997: "BM1385 (Antminer S7)",
  5009: "BM1391 (Antminer S15)",
  5011: "BM1393 (Antminer S17)",
  5014: "BM1396 (Antminer T17e)",
  5015: "BM1397 (Antminer S17, Bitaxe Max)",
  5016: "BM1398 (Antminer S19)",
};

const word = (id: number) => id.toString(16).toUpperCase().padStart(4, "0");

/** What went wrong with the chips that answered a broadcast read of CHIP_ADDRESS, or null when they are the `expected` BM1387. specs/bm1387.md 3.2, 7.2 */
export function enumerationFault(answers: readonly ValueAnswer[], expected: number, discardedBytes: number): DriverError | null {
  const found = answers.length;
  const context = { expected, found, discardedBytes };
  if (found === 0) {
    const heard =
      discardedBytes > 0
        ? `${discardedBytes} bytes came that are no answer: check the baud rate, and whether the chips have preambles (BM1391 and later). `
        : "";
    return new DriverError(
      "CHIP_MISSING",
      "No chip answered.",
      `${heard}Check that the board has power (PIC enable and heartbeat), that reset is released, and the cable from TX to the first chip's CI and from its RO to RX.`,
      context,
    );
  }
  const stranger = answers.map((answer) => chipAddress.decode(answer.value).id).find((id) => id !== BM1387);
  if (stranger !== undefined) {
    return new DriverError(
      "WRONG_CHIP",
      `A chip answered as ${RELATIVES[stranger] ?? `an unknown chip ${word(stranger)}`}, not as BM1387.`,
      "Choose the driver of that chip, or check which board is on this port.",
      { ...context, chipId: `0x${word(stranger)}` },
    );
  }
  if (found < expected) {
    return new DriverError(
      "CHAIN_SHORT",
      `Expected ${expected} chips, found ${found}.`,
      `The last good one is chip ${found - 1} (counted from 0), and one dead chip hides all behind it: check between chips ${found - 1} and ${found}, and their voltage domain.`,
      { ...context, lastGood: found - 1 },
    );
  }
  if (found > expected) {
    return new DriverError(
      "CHAIN_LONG",
      `Expected ${expected} chips, found ${found}.`,
      found > 63
        ? "An S9 board has 63: chips repeat answers, or the line echoes. Reset the board."
        : `Set the number of chips to ${found}.`,
      context,
    );
  }
  return null;
}

/** What is wrong with the addresses chips answer with in chain order, or null when they are those given. specs/bm1387.md 7.4, 7.12 */
export function addressFault(read: readonly number[], given: readonly number[]): DriverError | null {
  if (read.length !== given.length) {
    return new DriverError(
      "RESPONSE_TIMEOUT",
      `${read.length} of ${given.length} chips answered after they were given addresses.`,
      "Check supply and link; reset the board and bring it up again.",
      { answered: read.length, expected: given.length },
    );
  }
  const shared = read.find((address, at) => read.indexOf(address) !== at);
  if (shared !== undefined) {
    const chips = read.flatMap((address, at) => (address === shared ? [at] : []));
    return new DriverError(
      "ADDRESS_COLLISION",
      `Chips ${chips.join(" and ")} all answer under address ${shared}.`,
      "A set-address or chain-inactive was lost, so these chips would repeat each other's nonces. Reset the board and bring it up again.",
      { address: shared, chips },
    );
  }
  const at = read.findIndex((address, chip) => address !== given[chip]);
  if (at < 0) return null;
  return new DriverError(
    "READBACK_MISMATCH",
    `${chipAddress.name}: chip ${at} was given address ${given[at]}, it answers under ${read[at]}.`,
    "A set-address was lost. Reset the board and bring it up again.",
    { register: chipAddress.name, chip: at, wrote: given[at], read: read[at] },
  );
}
