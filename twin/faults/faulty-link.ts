import { type Random, splitmix64 } from "../../common/random.ts";
import { byteNs, garble, type LineOutput, ratesAgree } from "../line.ts";
import type { PortOutput } from "../paced-twin.ts";
import type { FaultTable } from "./table.ts";

/** Mean length of a burst in bytes, and how probable it is that one of its bytes is lost and not only wrong. GUESS: a crosstalk of tens of us. */
const BURST_BYTES = 8;
const BURST_LOSS = 0.5;
const TO_HOST = 1;
const TO_BOARD = 2;

/**
 * Both ports of a board with what is wrong with them: bytes go in on either side and come out as the other side gets them. Each
 * direction draws from its own stream, so that traffic one way never changes what befalls the other.
 */
export class FaultyLink {
  readonly #faults: FaultTable;
  readonly #toHost: Random;
  readonly #toBoard: Random;
  #inBurst = false;
  #waiting: PortOutput[] = [];
  /** Delays that end do not let later bytes overtake. */
  #lastNs = { control: 0, data: 0 };

  constructor(faults: FaultTable, seed: number) {
    this.#faults = faults;
    this.#toHost = splitmix64(seed ^ 0x11e0);
    this.#toBoard = splitmix64(seed ^ 0x11e1);
  }

  /** What arrives at the bridge of bytes written at `tNs`. */
  controlToBoard(tNs: number, bytes: Uint8Array): Uint8Array {
    return this.#isDead("control-half-open", TO_BOARD, tNs) ? new Uint8Array(0) : bytes;
  }

  /** What arrives at the chips of bytes written at `tNs`. */
  dataToBoard(tNs: number, bytes: Uint8Array, baud: number): Uint8Array {
    this.#echo(tNs, bytes, baud);
    if (this.#isDead("half-open", TO_BOARD, tNs)) return new Uint8Array(0);
    const drop = this.#faults.value("command-drop", tNs) ?? 0;
    const flip = this.#faults.value("command-flip", tNs) ?? 0;
    if (drop === 0 && flip === 0) return bytes;
    const kept: number[] = [];
    for (const byte of bytes) {
      if (this.#toBoard.next() < drop) continue;
      kept.push(this.#toBoard.next() < flip ? flipOneBit(byte, this.#toBoard) : byte);
    }
    return Uint8Array.from(kept);
  }

  controlToHost(tNs: number, bytes: Uint8Array): void {
    if (!this.#isDead("control-half-open", TO_HOST, tNs)) this.#waiting.push({ port: "control", tNs, bytes });
  }

  /** A frame of the chips, for a host that listens at `hostBaud`. */
  dataToHost(output: LineOutput, hostBaud: number): void {
    if (this.#isDead("half-open", TO_HOST, output.tNs)) return;
    const bytes = this.#throughLine(output, hostBaud);
    if (bytes.length === 0) return;
    const tNs = Math.max(this.#delayed(output.tNs), this.#lastNs.data);
    this.#lastNs.data = tNs;
    this.#waiting.push({ port: "data", tNs, bytes });
  }

  /** What the host gets by `toNs`, in order of time. */
  due(toNs: number): PortOutput[] {
    if (this.#waiting.length === 0) return [];
    const due = this.#waiting.filter(({ tNs }) => tNs <= toNs);
    if (due.length === 0) return due;
    this.#waiting = due.length === this.#waiting.length ? [] : this.#waiting.filter(({ tNs }) => tNs > toNs);
    return due.sort((a, b) => a.tNs - b.tNs);
  }

  /** Rates that disagree and the faults of the line spoil a frame. */
  #throughLine(output: LineOutput, hostBaud: number): Uint8Array {
    const understood = ratesAgree(output.baud, hostBaud);
    const { tNs } = output;
    const drop = this.#faults.value("drop-byte", tNs) ?? 0;
    const flip = this.#faults.value("flip-bit", tNs) ?? 0;
    const insert = this.#faults.value("insert-byte", tNs) ?? 0;
    const burst = this.#faults.value("burst", tNs);
    if (burst === null) this.#inBurst = false;
    if (understood && drop === 0 && flip === 0 && insert === 0 && burst === null) return output.bytes;
    const random = this.#toHost;
    const bytes: number[] = [];
    for (const sent of output.bytes) {
      if (random.next() < insert) bytes.push(Math.floor(random.next() * 256));
      const byte = understood ? sent : garble(sent, random);
      if (byte === null || random.next() < drop) continue;
      const damaged = burst === null ? byte : this.#throughBurst(byte, burst);
      if (damaged !== null) bytes.push(random.next() < flip ? flipOneBit(damaged, random) : damaged);
    }
    return Uint8Array.from(bytes);
  }

  /** The two states of Gilbert's channel: in the good one nothing happens, in the bad one no byte comes through as it was. */
  #throughBurst(byte: number, begins: number): number | null {
    const random = this.#toHost;
    this.#inBurst = this.#inBurst ? random.next() >= 1 / BURST_BYTES : random.next() < begins;
    if (!this.#inBurst) return byte;
    return random.next() < BURST_LOSS ? null : byte ^ (1 + Math.floor(random.next() * 255));
  }

  #delayed(tNs: number): number {
    const lumpNs = (this.#faults.value("wire-stall", tNs) ?? 0) * 1e6;
    const sinceNs = this.#faults.holding("wire-stall", tNs)?.sinceNs ?? 0;
    const lumped = lumpNs === 0 ? tNs : sinceNs + Math.ceil((tNs - sinceNs) / lumpNs) * lumpNs;
    return lumped + (this.#faults.value("wire-delay", tNs) ?? 0) * 1e6;
  }

  /** What the host wrote comes back when its last bit has left. */
  #echo(tNs: number, bytes: Uint8Array, baud: number): void {
    const share = this.#faults.value("echo", tNs);
    if (share === null || this.#isDead("half-open", TO_HOST, tNs) || this.#toBoard.next() >= share) return;
    this.#waiting.push({ port: "data", tNs: tNs + bytes.length * byteNs(baud), bytes: bytes.slice() });
  }

  #isDead(name: "half-open" | "control-half-open", way: number, tNs: number): boolean {
    return ((this.#faults.value(name, tNs) ?? 0) & way) !== 0;
  }
}

function flipOneBit(byte: number, random: Random): number {
  return byte ^ (1 << Math.floor(random.next() * 8));
}
