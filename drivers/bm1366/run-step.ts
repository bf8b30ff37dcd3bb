import type { Clock } from "../../common/clock.ts";
import { DriverError } from "../../common/errors.ts";
import { encodeCommand } from "../bm13xx/frames.ts";
import type { Register } from "../bm13xx/register.ts";
import type { ChipLink } from "../transport/chip-link.ts";
import type { Step } from "./bring-up.ts";
import type { RegisterAnswer } from "./correlate.ts";
import { enumerationFault } from "./enumeration.ts";
import type { RegisterReads } from "./register-reads.ts";
import { chipId } from "./registers.ts";

/** Silence after which no chip is expected to answer an enumeration any more. specs/bm1366.md 3.1 */
const ENUMERATION_TIMEOUT_MS = 1000;
/** Silence that ends an enumeration once chips have answered: they do so within a few ms. specs/bm1366.md 3.1 */
const ENUMERATION_QUIET_MS = 100;
export const READ_TIMEOUT_MS = 200;
/** A read or an answer can be lost on the wire: so many tries before it counts as a fault. */
const TRIES = 3;
/** Reads that must all be answered before a new rate is believed. */
const BAUD_CHECKS = 8;
/** Rest after the host has changed its rate. */
const BAUD_SETTLE_MS = 10;

/** What a step needs to run. */
export interface Wire {
  readonly link: ChipLink;
  readonly clock: Clock;
  readonly reads: RegisterReads;
  readonly addresses: readonly number[];
  /** Told of each register word before it is written. */
  readonly onWrite: (register: Register, word: number) => void;
  readonly signal: AbortSignal | undefined;
}

const hex = (word: number) => `0x${(word >>> 0).toString(16).toUpperCase().padStart(8, "0")}`;

/** Does one step; rejects with a DriverError that says what the chip answered, or with the signal's reason. */
export async function runStep(step: Step, wire: Wire): Promise<void> {
  const { link, clock, signal } = wire;
  signal?.throwIfAborted();
  switch (step.do) {
    case "host-baud":
      await link.setBaud(step.baud);
      return clock.sleep(BAUD_SETTLE_MS, signal);
    case "response-length":
      return link.setResponseLength(step.length);
    case "write":
      wire.onWrite(step.register, step.word);
      await link.write(encodeCommand({ kind: "write", address: step.address, register: step.register.address, value: step.word }));
      return rest(step.waitMs, wire);
    case "chain-inactive":
      await link.write(encodeCommand({ kind: "chain-inactive" }));
      return rest(step.waitMs, wire);
    case "set-address":
      await link.write(encodeCommand({ kind: "set-address", address: step.address }));
      return rest(step.waitMs, wire);
    case "enumerate":
      return enumerate(step.chips, wire);
    case "check-addresses":
      return checkAddresses(step.addresses, wire);
    case "read-back":
      return confirmReadBack(step.register, step.word, wire);
    case "check-baud":
      return checkBaud(step.baud, wire);
  }
}

async function rest(ms: number, { clock, signal }: Wire): Promise<void> {
  if (ms > 0) await clock.sleep(ms, signal);
}

function readChipIds({ reads, signal }: Wire): Promise<RegisterAnswer[]> {
  return reads.read({
    register: chipId.address,
    to: null,
    from: null,
    timeoutMs: ENUMERATION_TIMEOUT_MS,
    quietMs: ENUMERATION_QUIET_MS,
    signal,
  });
}

async function enumerate(chips: number, wire: Wire): Promise<void> {
  const discardedBefore = wire.link.counters().discardedBytes;
  let fault: DriverError | null = null;
  for (let tried = 0; tried < TRIES; tried++) {
    const answers = await readChipIds(wire);
    fault = enumerationFault(answers, chips, wire.link.counters().discardedBytes - discardedBefore);
    if (fault === null) return;
  }
  if (fault) throw fault;
}

async function checkAddresses(addresses: readonly number[], wire: Wire): Promise<void> {
  const wanted = [...addresses].sort((a, b) => a - b).join(",");
  let answered: number[] = [];
  for (let tried = 0; tried < TRIES; tried++) {
    answered = (await readChipIds(wire)).map((answer) => answer.address).sort((a, b) => a - b);
    if (answered.join(",") === wanted) return;
  }
  throw new DriverError(
    "READBACK_MISMATCH",
    `${chipId.name}: gave the chips the addresses ${wanted}, they answer under ${answered.join(",") || "none"}.`,
    "A set-address was lost; chips under one address repeat each other's nonces. Reset the board and bring it up again.",
    { register: chipId.name, wrote: [...addresses], read: answered },
  );
}

/**
 * Reads `register` from every chip and compares with what was written. Rejects with RESPONSE_TIMEOUT when a chip does not answer, with
 * READBACK_MISMATCH when one answers something else.
 */
export async function confirmReadBack(register: Register, wrote: number, { reads, addresses, signal }: Wire): Promise<void> {
  let answers: RegisterAnswer[] = [];
  for (let tried = 0; tried < TRIES; tried++) {
    answers = await reads.read({ register: register.address, to: null, from: addresses, timeoutMs: READ_TIMEOUT_MS, signal });
    if (answers.length === addresses.length && answers.every((answer) => register.confirms(wrote, answer.value))) return;
  }
  const wrong = answers.find((answer) => !register.confirms(wrote, answer.value));
  if (wrong === undefined) throw responseTimeout(register.name, addresses, answers);
  throw new DriverError(
    "READBACK_MISMATCH",
    `${register.name}: wrote ${hex(wrote)}, the chip at address ${wrong.address} reads ${hex(wrong.value)}.`,
    "The write was lost or the chip refused it; check the link and the chip's supply, and set it again.",
    { register: register.name, wrote: hex(wrote), read: hex(wrong.value), address: wrong.address },
  );
}

export function responseTimeout(register: string, asked: readonly number[], answers: readonly RegisterAnswer[]): DriverError {
  const silent = asked.filter((address) => !answers.some((answer) => answer.address === address));
  return new DriverError(
    "RESPONSE_TIMEOUT",
    `${silent.length} of ${asked.length} chips did not answer a read of ${register} (addresses ${silent.join(", ")}).`,
    "Check supply, temperature and the link: a chip that browned out or was reset answers at 115200 baud in 9 bytes.",
    { register, silent },
  );
}

/** What a chip's divider makes of "1 Mbaud". specs/bm1366.md 2.4 */
const PROVEN_BAUD = 1_041_667;

async function checkBaud(baud: number, { link, reads, addresses, signal }: Wire): Promise<void> {
  const discardedBefore = link.counters().discardedBytes;
  for (let check = 0; check < BAUD_CHECKS; check++) {
    const answers = await reads.read({ register: chipId.address, to: null, from: addresses, timeoutMs: READ_TIMEOUT_MS, signal });
    if (answers.length === addresses.length) continue;
    const discardedBytes = link.counters().discardedBytes - discardedBefore;
    throw new DriverError(
      "BAUD_UNSTABLE",
      `At ${baud} baud ${answers.length} of ${addresses.length} chips answered read ${check + 1} of ${BAUD_CHECKS}${discardedBytes > 0 ? `, and ${discardedBytes} bytes were garbled` : ""}.`,
      `Reset the board and use a lower rate (${baud > PROVEN_BAUD ? `${PROVEN_BAUD}, or ` : ""}115200, where it begins); long wires and level shifters limit it.`,
      { baud, answered: answers.length, expected: addresses.length, check: check + 1, discardedBytes },
    );
  }
}
