import type { Random } from "../../common/random.ts";
import type { FaultyAnswers } from "../faults/faulty-answers.ts";
import { byteNs, garble, garbleAll, type LineOutput, ResponseLine, ratesAgree } from "../line.ts";
import { S9_PARAMETERS } from "../parameters.ts";
import type { PlantedEffect } from "../planted/emission.ts";
import { HeldAnswers } from "../planted/held-answers.ts";
import type { Answer1387, Bm1387 } from "./bm1387.ts";
import { type HostFrame1387, HostFrameParser1387 } from "./bm1387-frames.ts";
import { HIT_ROW, type NativeChainSweep } from "./bm1387-native.ts";
import { dividerBaud, REGISTER_1387 } from "./bm1387-registers.ts";

/** Most of the time there is nothing, and a twin is asked thousands of times a second. */
const NOTHING: readonly LineOutput[] = [];

interface Burst {
  readonly bytes: Uint8Array;
  readonly baud: number;
  readonly startNs: number;
  next: number;
}

/** Chips that listen at the same rate: they hear the same frames. */
interface Ear {
  readonly divider: number;
  readonly baud: number;
  readonly parser: HostFrameParser1387;
  readonly chips: readonly Bm1387[];
  /** One byte per chip of the chain. */
  readonly hears: Uint8Array;
}

/**
 * Chips in a row: each passes the host's bytes on to the next and the answers of those behind it back to the host, so one that
 * fails hides all behind it (specs/bm1387.md 1.1, 7.2).
 */
export class Chain1387 {
  readonly chips: readonly Bm1387[];
  bytesGarbled = 0;
  nonces = 0;
  /** Frames that the chip nearest the host took, and places that began like one and were none. */
  framesReceived = 0;
  framesDropped = 0;
  readonly #sweep: NativeChainSweep;
  readonly #random: Random;
  readonly #responses: ResponseLine;
  readonly #planted: HeldAnswers<Answer1387> | null;
  readonly #faults: FaultyAnswers | null;
  #ears: Ear[] = [];
  #reachable: number;
  #running = false;
  #bursts: Burst[] = [];
  #hostFreeNs = 0;
  #lastByteNs = 0;
  /** When the next PLL locks. */
  #lockNs = Number.POSITIVE_INFINITY;
  #outputs: LineOutput[] = [];

  constructor(
    chips: readonly Bm1387[],
    sweep: NativeChainSweep,
    random: Random,
    planted: PlantedEffect | null = null,
    faults: FaultyAnswers | null = null,
  ) {
    this.chips = chips;
    this.#sweep = sweep;
    this.#random = random;
    this.#responses = new ResponseLine(chips.length);
    this.#planted = planted === null ? null : new HeldAnswers(planted);
    this.#faults = faults;
    this.#reachable = chips.length;
    this.#listen();
  }

  /** Answers that a chip could not hold while the line was busy. */
  get framesLost(): number {
    return this.#responses.lost;
  }

  /** Rate of the chip nearest the host. */
  get lineRate(): number {
    return this.chips[0]?.lineRate ?? 0;
  }

  get running(): boolean {
    return this.#running;
  }

  /** Chips that the host reaches: those before the first break. */
  get reachable(): number {
    return this.#reachable;
  }

  setReachable(chips: number): void {
    if (chips === this.#reachable) return;
    this.#reachable = chips;
    this.#listen();
  }

  /** RST released and supply present, or not: without both there is no state and no answer. */
  setRunning(running: boolean, tNs: number): void {
    if (running === this.#running) return;
    this.#running = running;
    this.#responses.clear();
    this.#planted?.clear();
    if (!running) this.#faults?.reset();
    this.#sweep.reset();
    for (const chip of this.chips) chip.reset(tNs);
    this.#lockNs = Number.POSITIVE_INFINITY;
    this.#listen();
    for (const ear of this.#ears) ear.parser.reset();
  }

  /** One chip loses its state: address, rate, clock and open cores. */
  resetChip(index: number, tNs: number): void {
    const chip = this.chips[index];
    if (chip === undefined) return;
    this.#sweep.closeCores(index, tNs);
    chip.reset(tNs);
    this.#listen();
  }

  losePower(): void {
    for (const chip of this.chips) chip.losePower();
  }

  /** The host wrote these bytes at this time with its line at `baud`: they leave one after the other. */
  send(tNs: number, bytes: Uint8Array, baud: number): void {
    if (bytes.length === 0 || baud <= 0) return;
    const startNs = Math.max(tNs, this.#hostFreeNs);
    this.#bursts.push({ bytes, baud, startNs, next: 0 });
    this.#hostFreeNs = startNs + bytes.length * byteNs(baud);
  }

  /** Lets everything up to `toNs` happen, in its order. */
  advance(toNs: number): void {
    for (let burst = this.#bursts[0]; burst !== undefined; burst = this.#bursts[0]) {
      const oneByteNs = byteNs(burst.baud);
      while (burst.next < burst.bytes.length) {
        const tNs = burst.startNs + (burst.next + 1) * oneByteNs;
        if (tNs > toNs) {
          this.#search(toNs);
          return;
        }
        this.#receive(burst.bytes[burst.next] as number, burst.baud, tNs, tNs - oneByteNs);
        burst.next++;
      }
      this.#bursts.shift();
    }
    this.#search(toNs);
  }

  /** Frames complete since the last call, oldest first. */
  takeOutputs(): readonly LineOutput[] {
    if (this.#outputs.length === 0) return NOTHING;
    const outputs = this.#outputs;
    this.#outputs = [];
    return outputs;
  }

  #receive(byte: number, baud: number, tNs: number, startNs: number): void {
    if (!this.#running) return;
    const fellIdle = startNs - this.#lastByteNs > S9_PARAMETERS.chain.idleS * 1e9;
    this.#lastByteNs = tNs;
    const ears = this.#ears;
    if (ears[0] !== undefined && !ratesAgree(baud, ears[0].baud)) this.bytesGarbled++;
    for (const ear of ears) {
      if (fellIdle) ear.parser.reset();
      const heard = ratesAgree(baud, ear.baud) ? byte : garble(byte, this.#random);
      if (heard === null) continue;
      ear.parser.push(heard);
      for (let frame = ear.parser.next(); frame !== null; frame = ear.parser.next()) {
        if (ear === ears[0]) this.framesReceived++;
        this.#deliver(frame, ear, tNs);
      }
      if (ear === ears[0]) this.framesDropped += ear.parser.takeDropped();
    }
  }

  #deliver(frame: HostFrame1387, ear: Ear, tNs: number): void {
    this.#search(tNs);
    if (frame.kind === "job") {
      this.#sweep.startJob(tNs, ear.hears, frame.frame);
      return;
    }
    if (frame.kind === "set-address") {
      for (const chip of ear.chips) if (!chip.takeAddress(frame.address)) return;
      return;
    }
    for (const chip of ear.chips) {
      const answer = chip.handle(frame, tNs);
      if (answer !== null) this.#answer(chip, answer, frame.kind === "read" ? frame.register : null);
      if (frame.kind === "write") this.#planted?.setPoint(chip.index, tNs, chip.frequencyMhz);
    }
    if (frame.kind !== "write") return;
    this.#listen();
    this.#awaitLocks();
    this.#responses.switchRate(tNs, this.lineRate);
  }

  #awaitLocks(): void {
    this.#lockNs = Math.min(...this.chips.map((chip) => chip.lockNs ?? Number.POSITIVE_INFINITY));
  }

  /** Groups the chips by the rate they listen at; a group that stays keeps what it has half received. */
  #listen(): void {
    const heard = this.chips.slice(0, this.#reachable);
    const before = this.#ears;
    const grouped = before.reduce((sum, { chips }) => sum + chips.length, 0);
    const holds = before.every(({ divider, chips }) => chips.every((chip) => chip.index < this.#reachable && chip.baudDivider === divider));
    if (holds && grouped === heard.length) return;
    this.#ears = [...new Set(heard.map((chip) => chip.baudDivider))].map((divider) => {
      const chips = heard.filter((chip) => chip.baudDivider === divider);
      const hears = Uint8Array.from(this.chips, (chip) => (chips.includes(chip) ? 1 : 0));
      const parser = before.find((ear) => ear.divider === divider)?.parser ?? new HostFrameParser1387();
      return { divider, baud: dividerBaud(divider), parser, chips, hears };
    });
  }

  #search(toNs: number): void {
    if (!this.#running) return;
    while (this.#lockNs <= toNs) {
      const tNs = this.#lockNs;
      this.#searchTo(tNs);
      for (const chip of this.chips) if (chip.lockNs === tNs) chip.lockPll(tNs);
      this.#awaitLocks();
    }
    this.#searchTo(toNs);
  }

  #searchTo(toNs: number): void {
    const rows = this.#sweep.advance(toNs);
    for (let at = 0; rows !== null && at < rows.length; at += HIT_ROW) this.#find(rows, at);
    if (this.#planted !== null) for (const { chip, answer } of this.#planted.due(toNs)) this.#answer(this.chips[chip] as Bm1387, answer);
    this.#misbehave(toNs);
    if (this.#responses.idle) return;
    const done = this.#responses.advance(toNs, this.lineRate);
    for (const output of done) if (output.nonce) this.nonces++;
    this.#outputs.push(...done);
  }

  #find(rows: Float64Array, at: number): void {
    const chip = this.chips[rows[at] as number];
    if (chip === undefined || chip.index >= this.#reachable) return;
    const tNs = rows[at + 1] as number;
    const below = rows[at + 4] as number;
    const answer = chip.find({
      tNs,
      nonceBe: rows[at + 2] as number,
      midstate: rows[at + 3] as number,
      below,
      jobId: rows[at + 5] as number,
      jobSerial: rows[at + 6] as number,
      decoy: rows[at + 7] === 1,
    });
    if (answer === null) return;
    if (this.#planted === null) this.#answer(chip, answer);
    else
      this.#planted.take({ tNs, chip: chip.index, core: (answer.bytes[3] as number) & 0x7f, excessBits: chip.excessBits(below) }, answer);
  }

  #answer(chip: Bm1387, answer: Answer1387, register: number | null = null): void {
    const passed = this.#faults === null ? answer : this.#faults.pass(chip.index, answer, register);
    if (passed !== null) this.#send(chip, passed);
  }

  #send(chip: Bm1387, answer: Answer1387): void {
    // A chip at another rate than the one that passes its bytes on is not understood by it.
    const bytes = chip.baudDivider === this.chips[0]?.baudDivider ? answer.bytes : garbleAll(answer.bytes, this.#random);
    this.#responses.queue(chip.index, { ...answer, bytes });
  }

  /** Frames nobody asked for, and answers that a fault has kept back. */
  #misbehave(toNs: number): void {
    if (this.#faults === null || this.#faults.quiet) return;
    this.#faults.unsolicited(toNs, (index, tNs) => {
      const chip = index < this.#reachable ? this.chips[index] : undefined;
      const answer = chip?.handle({ kind: "read", address: null, register: REGISTER_1387.hashRate }, tNs) ?? null;
      if (chip !== undefined && answer !== null) this.#answer(chip, answer);
    });
    for (const { chip, answer } of this.#faults.due(toNs)) this.#send(this.chips[chip] as Bm1387, answer);
  }
}
