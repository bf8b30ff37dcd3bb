import type { Clock } from "../../common/clock.ts";
import { DriverError } from "../../common/errors.ts";
import type { Register } from "../bm13xx/register.ts";
import type { ChipLink } from "../transport/chip-link.ts";
import type { Step } from "./bring-up.ts";
import type { ValueAnswer } from "./correlate.ts";
import { addressFault, enumerationFault } from "./enumeration.ts";
import { encodeCommand } from "./frames.ts";
import type { RegisterReads } from "./register-reads.ts";
import { chipAddress, pll } from "./registers.ts";
import { WRITE_AHEAD_MS } from "./write-ahead.ts";

/** Silence after which no chip is expected to answer a count any more. */
const ENUMERATION_TIMEOUT_MS = 1000;
/** Silence that ends a count once chips have answered. specs/bm1387.md 3.2 */
const ENUMERATION_QUIET_MS = 100;
/** After the last answer (100 ms, specs/bm1387.md 3.2), and for as long as a question may have to wait behind jobs that were written ahead. */
export const READ_TIMEOUT_MS = 100 + WRITE_AHEAD_MS;
/** A read or an answer can be lost on the wire: so many tries before it counts as a fault. */
const TRIES = 3;
/** Reads that must all be answered before a new rate is believed. */
const BAUD_CHECKS = 8;
/** Rest after the host has changed its rate. specs/bm1387.md 3.4 */
const BAUD_SETTLE_MS = 10;

/** What a step needs to run. */
export interface Wire {
  readonly link: ChipLink;
  readonly clock: Clock;
  readonly reads: RegisterReads;
  readonly addresses: readonly number[];
  /** Told of each register word before it is written; `chip` null for all. */
  readonly onWrite: (register: Register, word: number, chip: number | null) => void;
  readonly openCores: (step: Step & { do: "open-cores" }) => Promise<void>;
  readonly signal: AbortSignal | undefined;
}

const hex = (word: number | undefined) => `0x${((word ?? 0) >>> 0).toString(16).toUpperCase().padStart(8, "0")}`;

/** Does one step; rejects with a DriverError that says what the chip answered, or with the signal's reason. */
export async function runStep(step: Step, wire: Wire): Promise<void> {
  const { link, clock, signal } = wire;
  signal?.throwIfAborted();
  switch (step.do) {
    case "host-baud":
      await link.setBaud(step.baud);
      return clock.sleep(BAUD_SETTLE_MS, signal);
    case "response-length":
      return link.setResponseLength(7);
    case "write":
      return writeRegister(step.register, step.word, step.chip, step.waitMs, wire);
    case "chain-inactive":
      await link.write(encodeCommand({ kind: "chain-inactive" }));
      return rest(step.waitMs, wire);
    case "set-address":
      await link.write(encodeCommand({ kind: "set-address", address: step.address }));
      return;
    case "enumerate":
      return enumerate(step.chips, wire);
    case "check-addresses":
      return checkAddresses(wire);
    case "read-back":
      return confirmReadBack(step.register, step.words, wire);
    case "check-baud":
      return checkBaud(step.baud, wire);
    case "open-cores":
      return wire.openCores(step);
  }
}

async function rest(ms: number, { clock, signal }: Wire): Promise<void> {
  if (ms > 0) await clock.sleep(ms, signal);
}

/** Writes a register of one chip (by position) or of all. A change of clock can turn a nonce on its way into a false answer: the next read waits for it. */
async function writeRegister(register: Register, word: number, chip: number | null, waitMs: number, wire: Wire): Promise<void> {
  const { link, reads, addresses, onWrite } = wire;
  const address = chip === null ? null : (addresses[chip] as number);
  onWrite(register, word, chip);
  await link.write(encodeCommand({ kind: "write", address, register: register.address, value: word }));
  if (register === pll) reads.expectStrays();
  await rest(waitMs, wire);
}

async function enumerate(chips: number, { link, reads, signal }: Wire): Promise<void> {
  const discardedBefore = link.counters().discardedBytes;
  let fault: DriverError | null = null;
  for (let tried = 0; tried < TRIES; tried++) {
    const answers = await reads.read({
      register: chipAddress.address,
      to: null,
      count: null,
      timeoutMs: ENUMERATION_TIMEOUT_MS,
      quietMs: ENUMERATION_QUIET_MS,
      signal,
    });
    fault = enumerationFault(answers, chips, link.counters().discardedBytes - discardedBefore);
    if (fault === null) return;
  }
  if (fault) throw fault;
}

/** All chips' answers in chain order; more or fewer than there are chips when something went wrong. */
export function readAll(register: Register, { reads, addresses, signal }: Wire, timeoutMs = READ_TIMEOUT_MS): Promise<ValueAnswer[]> {
  return reads.read({ register: register.address, to: null, count: addresses.length, timeoutMs, signal });
}

/** One chip's answer, or null. Rejects with ADDRESS_COLLISION when more than one chip answers. */
export async function readOne(register: Register, chip: number, wire: Wire, timeoutMs = READ_TIMEOUT_MS): Promise<ValueAnswer | null> {
  const { reads, addresses, signal } = wire;
  const address = addresses[chip] as number;
  for (let tried = 0; ; tried++) {
    const answers = await reads.read({ register: register.address, to: address, count: 1, timeoutMs, signal });
    if (answers.length <= 1) return answers[0] ?? null;
    // A nonce that was damaged on its way can look like an answer; two chips stay two.
    if (tried + 1 < TRIES) continue;
    throw new DriverError(
      "ADDRESS_COLLISION",
      `${answers.length} chips answer under address ${address}.`,
      "They would repeat each other's nonces. Reset the board and bring it up again.",
      { address, chip, values: answers.map((answer) => hex(answer.value)) },
    );
  }
}

/**
 * A register of all chips, one answer each, in chain order. One that is missing cannot be told from the others, so after some tries each chip is asked
 * by itself. Rejects with RESPONSE_TIMEOUT naming the silent chips. specs/bm1387.md 1.4, 7.9
 */
export async function readEach(register: Register, wire: Wire, timeoutMs = READ_TIMEOUT_MS): Promise<readonly ValueAnswer[]> {
  const answers = await tryReadEach(register, wire, timeoutMs);
  const silent = answers.flatMap((answer, chip) => (answer === null ? [chip] : []));
  if (silent.length > 0) throw responseTimeout(register.name, silent, answers.length);
  return answers as readonly ValueAnswer[];
}

/** As readEach, with null for a chip that does not answer. */
export async function tryReadEach(register: Register, wire: Wire, timeoutMs = READ_TIMEOUT_MS): Promise<readonly (ValueAnswer | null)[]> {
  for (let tried = 0; tried < TRIES; tried++) {
    const answers = await readAll(register, wire, timeoutMs);
    if (answers.length === wire.addresses.length) return answers;
    if (answers.length === 0 && tried > 0) return wire.addresses.map(() => null);
  }
  const answers: (ValueAnswer | null)[] = [];
  for (const chip of wire.addresses.keys()) answers.push(await readOne(register, chip, wire, timeoutMs));
  return answers;
}

async function readAddresses(wire: Wire): Promise<number[]> {
  return (await readAll(chipAddress, wire)).map((answer) => chipAddress.decode(answer.value).address);
}

async function checkAddresses(wire: Wire): Promise<void> {
  let fault: DriverError | null = null;
  for (let tried = 0; tried < TRIES; tried++) {
    fault = addressFault(await readAddresses(wire), wire.addresses);
    if (fault === null) return;
  }
  if (fault) throw fault;
}

/**
 * Reads `register` from every chip and compares with what was written, the PLL's lock included. Rejects with RESPONSE_TIMEOUT when a chip does not
 * answer, with READBACK_MISMATCH when one answers something else.
 */
export async function confirmReadBack(register: Register, wrote: readonly number[], wire: Wire): Promise<void> {
  let read: number[] = [];
  let chip = -1;
  for (let tried = 0; tried < TRIES; tried++) {
    read = (await readEach(register, wire)).map((answer) => answer.value);
    chip = read.findIndex((value, at) => !confirms(register, wrote[at] as number, value));
    if (chip < 0) return;
  }
  throw readBackMismatch(register, chip, wrote[chip], read[chip]);
}

/** As confirmReadBack, for one chip. */
export async function confirmReadBackOf(register: Register, chip: number, wrote: number, wire: Wire): Promise<void> {
  let read: ValueAnswer | null = null;
  for (let tried = 0; tried < TRIES; tried++) {
    read = await readOne(register, chip, wire);
    if (read !== null && confirms(register, wrote, read.value)) return;
  }
  throw read === null ? responseTimeout(register.name, [chip], 1) : readBackMismatch(register, chip, wrote, read.value);
}

const confirms = (register: Register, wrote: number, read: number) =>
  register.confirms(wrote, read) && (register !== pll || pll.decode(read).locked);

function readBackMismatch(register: Register, chip: number, wrote: number | undefined, read: number | undefined): DriverError {
  const unlocked = register === pll && register.confirms(wrote ?? 0, read ?? 0);
  return new DriverError(
    "READBACK_MISMATCH",
    `${register.name}: wrote ${hex(wrote)}, chip ${chip} reads ${hex(read)}${unlocked ? ", its PLL has not locked" : ""}.`,
    unlocked
      ? "Ask for another frequency, or check the clock line from the chip before."
      : "The write was lost or the chip refused it; check the link and the chip's supply, and set it again.",
    { register: register.name, chip, wrote: hex(wrote), read: hex(read) },
  );
}

export function responseTimeout(register: string, silent: readonly number[], asked: number): DriverError {
  return new DriverError(
    "RESPONSE_TIMEOUT",
    `${silent.length} of ${asked} chips did not answer a read of ${register} (chips ${silent.join(", ")}).`,
    "Check supply, heartbeat, temperature and the link: a chip that was reset answers at 115200 baud only.",
    { register, silent },
  );
}

async function checkBaud(baud: number, wire: Wire): Promise<void> {
  const discardedBefore = wire.link.counters().discardedBytes;
  for (let check = 0; check < BAUD_CHECKS; check++) {
    const read = await readAddresses(wire);
    if (addressFault(read, wire.addresses) === null) continue;
    const discardedBytes = wire.link.counters().discardedBytes - discardedBefore;
    throw new DriverError(
      "BAUD_UNSTABLE",
      `At ${baud} baud ${read.length} of ${wire.addresses.length} chips answered read ${check + 1} of ${BAUD_CHECKS}${discardedBytes > 0 ? `, and ${discardedBytes} bytes were garbled` : ""}.`,
      "Reset the board and use a lower rate (1562500 is the proven one); a chip that missed the change is deaf until then.",
      { baud, answered: read.length, expected: wire.addresses.length, check: check + 1, discardedBytes },
    );
  }
}
