import type { Random } from "../../common/random.ts";
import type { FaultyAnswers } from "../faults/faulty-answers.ts";
import { garble, garbleAll, HostLine, type LineOutput, ResponseLine, ratesAgree } from "../line.ts";
import type { PlantedEffect } from "../planted/emission.ts";
import { HeldAnswers } from "../planted/held-answers.ts";
import type { Answer, Bm1366 } from "./bm1366.ts";
import { type HostFrame, HostFrameParser } from "./host-frames.ts";
import { REGISTER } from "./registers.ts";

/** Most of the time there is nothing, and a twin is asked thousands of times a second. */
const NOTHING: readonly LineOutput[] = [];

/**
 * Chips in a daisy chain, seen from the bridge's UART: commands reach all, answers come back over one wire (specs/bm1366.md
 * 1.1). One parser serves all chips, with the rate and the job form of the chip nearest the host.
 */
export class Chain {
  readonly chips: readonly Bm1366[];
  bytesGarbled = 0;
  nonces = 0;
  readonly #parser = new HostFrameParser();
  readonly #host = new HostLine();
  readonly #responses: ResponseLine;
  readonly #random: Random;
  readonly #planted: HeldAnswers<Answer> | null;
  readonly #faults: FaultyAnswers | null;
  #running = false;
  #outputs: LineOutput[] = [];

  constructor(chips: readonly Bm1366[], random: Random, planted: PlantedEffect | null = null, faults: FaultyAnswers | null = null) {
    this.chips = chips;
    this.#responses = new ResponseLine(chips.length);
    this.#random = random;
    this.#planted = planted === null ? null : new HeldAnswers(planted);
    this.#faults = faults;
  }

  get framesReceived(): number {
    return this.#parser.received;
  }

  get framesDropped(): number {
    return this.#parser.dropped;
  }

  /** Answers that a chip could not hold while the line was busy. */
  get framesLost(): number {
    return this.#responses.lost;
  }

  get lineRate(): number {
    return this.chips[0]?.lineRate ?? 0;
  }

  get running(): boolean {
    return this.#running;
  }

  /** Reset released and supply present, or not: without both there is no state and no answer. */
  setRunning(running: boolean): void {
    if (running === this.#running) return;
    this.#running = running;
    this.#parser.reset();
    this.#responses.clear();
    this.#planted?.clear();
    if (!running) this.#faults?.reset();
    for (const chip of this.chips) chip.reset();
  }

  /** One chip loses its state. */
  resetChip(index: number): void {
    this.chips[index]?.reset();
  }

  /** The host wrote these bytes at this time with its line at `baud`. */
  send(tNs: number, bytes: Uint8Array, baud: number): void {
    this.#host.send(tNs, bytes, baud);
  }

  /** When the next byte from the host is complete; Infinity when none is on the way. */
  get nextNs(): number {
    return this.#host.nextNs;
  }

  /** Lets time pass to `toNs`, at most `nextNs`, and takes the byte that is complete then. */
  advance(toNs: number): void {
    const arrived = this.#host.nextNs <= toNs ? this.#host.take() : null;
    const first = this.chips[0];
    if (arrived === null || first === undefined || !this.#running) {
      this.#search(toNs);
      return;
    }
    const understood = ratesAgree(arrived.baud, first.lineRate);
    if (!understood) this.bytesGarbled++;
    const byte = understood ? arrived.byte : garble(arrived.byte, this.#random);
    if (byte === null) return;
    const frames = this.#parser.push(byte, first.versionRolling);
    if (frames.length === 0) return;
    this.#search(toNs);
    for (const frame of frames) this.#deliver(frame, toNs);
    this.#search(toNs);
  }

  /** Frames complete since the last call, oldest first. */
  takeOutputs(): readonly LineOutput[] {
    if (this.#outputs.length === 0) return NOTHING;
    const outputs = this.#outputs;
    this.#outputs = [];
    return outputs;
  }

  #search(toNs: number): void {
    if (!this.#running) return;
    for (let index = 0; index < this.chips.length; index++)
      for (const answer of (this.chips[index] as Bm1366).advance(toNs)) this.#find(index, answer);
    if (this.#planted !== null) for (const { chip, answer } of this.#planted.due(toNs)) this.#answer(chip, answer);
    this.#misbehave(toNs);
    if (this.#responses.idle) return;
    const done = this.#responses.advance(toNs, this.lineRate);
    for (const output of done) if (output.nonce) this.nonces++;
    this.#outputs.push(...done);
  }

  #deliver(frame: HostFrame, tNs: number): void {
    if (frame.kind === "set-address") {
      const index = this.chips.findIndex((chip) => chip.awaitsAddress);
      const chip = this.chips[index];
      const before = this.chips[index - 1];
      chip?.handle(chip.takesAddressBefore && before !== undefined ? { ...frame, address: before.address } : frame, tNs);
      return;
    }
    const heardAt = this.lineRate;
    this.chips.forEach((chip, index) => {
      // A chip that has kept another rate hears nothing of a frame at this one.
      if (!ratesAgree(chip.lineRate, heardAt)) return;
      const answer = chip.handle(frame, tNs);
      if (answer !== null) this.#answer(index, answer, frame.kind === "read" ? frame.register : null);
      this.#planted?.setPoint(index, tNs, chip.frequencyMhz);
    });
    this.#responses.switchRate(tNs, this.lineRate);
  }

  /** Bytes 2 and 6 of a nonce's frame carry its core and its excess difficulty. specs/bm1366.md 1.9, 9 */
  #find(chip: number, answer: Answer): void {
    const { readyNs, bytes } = answer;
    if (this.#planted === null) this.#answer(chip, answer);
    else this.#planted.take({ tNs: readyNs, chip, core: (bytes[2] as number) >> 1, excessBits: bytes[6] as number }, answer);
  }

  #answer(chip: number, answer: Answer, register: number | null = null): void {
    const passed = this.#faults === null ? answer : this.#faults.pass(chip, answer, register);
    if (passed !== null) this.#send(chip, passed);
  }

  #send(index: number, answer: Answer): void {
    const understood = ratesAgree(this.chips[index]?.lineRate ?? 0, this.lineRate);
    this.#responses.queue(index, understood ? answer : { ...answer, bytes: garbleAll(answer.bytes, this.#random) });
  }

  /** Frames nobody asked for (specs/bm1366.md 1.10), and answers that a fault has kept back. */
  #misbehave(toNs: number): void {
    if (this.#faults === null || this.#faults.quiet) return;
    this.#faults.unsolicited(toNs, (index, tNs) => {
      const answer = this.chips[index]?.handle({ kind: "read", address: null, register: REGISTER.coreValue }, tNs) ?? null;
      if (answer !== null) this.#answer(index, answer);
    });
    for (const { chip, answer } of this.#faults.due(toNs)) this.#send(chip, answer);
  }
}
