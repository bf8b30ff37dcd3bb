import type { Random } from "../common/random.ts";
import { PARAMETERS } from "./parameters.ts";

/** 8N1: a start bit, eight, a stop bit. */
const BITS_PER_BYTE = 10;

export function byteNs(baud: number): number {
  return (BITS_PER_BYTE * 1e9) / baud;
}

/** Do two ends of a line understand each other at these rates? */
export function ratesAgree(a: number, b: number): boolean {
  return Math.abs(a - b) <= PARAMETERS.link.rateTolerance * Math.max(a, b);
}

/** What a receiver at the wrong rate makes of a byte: now and then nothing, else something else. */
export function garble(byte: number, random: Random): number | null {
  const draw = random.next();
  return draw < 0.5 ? null : byte ^ (1 + Math.floor((draw - 0.5) * 2 * 255));
}

/** What is left of a frame at the wrong rate. */
export function garbleAll(bytes: Uint8Array, random: Random): Uint8Array {
  return Uint8Array.from([...bytes].map((byte) => garble(byte, random)).filter((byte) => byte !== null));
}

interface Burst {
  readonly bytes: Uint8Array;
  readonly baud: number;
  readonly startNs: number;
  next: number;
}

/**
 * The wire from the bridge to the chips: what the host writes at once leaves one byte after the other, at the rate it was written at.
 * A bridge changes the rate of what it still holds too (specs/bm1366.md 5.10), but behind a pseudo-terminal a host cannot wait for it
 * to be gone: `tcdrain` returns at once there, and a driver that does right would be punished.
 */
export class HostLine {
  #bursts: Burst[] = [];
  #freeNs = 0;

  send(tNs: number, bytes: Uint8Array, baud: number): void {
    if (bytes.length === 0 || baud <= 0) return;
    const startNs = Math.max(tNs, this.#freeNs);
    this.#bursts.push({ bytes, baud, startNs, next: 0 });
    this.#freeNs = startNs + bytes.length * byteNs(baud);
  }

  /** When the stop bit of the next byte ends; Infinity when nothing is on the way. */
  get nextNs(): number {
    const burst = this.#bursts[0];
    return burst === undefined ? Number.POSITIVE_INFINITY : burst.startNs + (burst.next + 1) * byteNs(burst.baud);
  }

  take(): { byte: number; baud: number } | null {
    const burst = this.#bursts[0];
    if (burst === undefined) return null;
    const byte = burst.bytes[burst.next] as number;
    burst.next++;
    if (burst.next === burst.bytes.length) this.#bursts.shift();
    return { byte, baud: burst.baud };
  }
}

/** Bytes on their way to the host, complete at `tNs`. */
export interface LineOutput {
  readonly tNs: number;
  readonly bytes: Uint8Array;
  readonly baud: number;
  readonly nonce: boolean;
}

interface Waiting {
  readonly readyNs: number;
  readonly bytes: Uint8Array;
  readonly nonce: boolean;
}

/**
 * The shared wire back to the host. Whole frames, one at a time; when it falls free, the chip nearest the host that has
 * something to say goes first, because a chip that sends holds the ones behind it off. specs/bm1366.md 1.1
 */
export class ResponseLine {
  /** Frames lost because a chip already held as many as it can. */
  lost = 0;
  #queues: Waiting[][];
  /** Frames in the queues. */
  #queued = 0;
  #sending: LineOutput[] = [];
  #freeNs = 0;

  constructor(chips: number) {
    this.#queues = Array.from({ length: chips }, () => []);
  }

  /** Frames of one chip must come in time order. */
  queue(chip: number, frame: Waiting): void {
    const queue = this.#queues[chip];
    if (queue === undefined) return;
    if (queue.length >= PARAMETERS.link.chipQueueFrames) this.lost++;
    else {
      queue.push(frame);
      this.#queued++;
    }
  }

  /** Nothing waits and nothing is being sent. */
  get idle(): boolean {
    return this.#queued === 0 && this.#sending.length === 0;
  }

  /**
   * The chips change their rate at `tNs`: what is left of a frame that is being sent leaves at the new one (specs/bm1387.md 2.3:
   * they switch at once). `advance` has been called up to then.
   */
  switchRate(tNs: number, baud: number): void {
    const output = this.#sending.at(-1);
    if (output === undefined || output.tNs <= tNs || output.baud === baud) return;
    this.#sending.pop();
    const startNs = output.tNs - output.bytes.length * byteNs(output.baud);
    const sent = Math.max(0, Math.floor((tNs - startNs) / byteNs(output.baud)));
    const rest = output.bytes.subarray(sent);
    this.#freeNs = Math.max(tNs, startNs) + rest.length * byteNs(baud);
    if (sent > 0) this.#sending.push({ tNs, bytes: output.bytes.subarray(0, sent), baud: output.baud, nonce: false });
    this.#sending.push({ tNs: this.#freeNs, bytes: rest, baud, nonce: output.nonce });
  }

  /** Frames whose last bit has left by `toNs`. Every frame ready by then must have been queued. */
  advance(toNs: number, baud: number): LineOutput[] {
    for (;;) {
      const readyNs = Math.min(...this.#queues.map((queue) => queue[0]?.readyNs ?? Number.POSITIVE_INFINITY));
      const startNs = Math.max(readyNs, this.#freeNs);
      if (!(startNs <= toNs)) break;
      const frame = this.#queues.find((queue) => (queue[0]?.readyNs ?? Number.POSITIVE_INFINITY) <= startNs)?.shift();
      if (frame === undefined) break;
      this.#queued--;
      this.#freeNs = startNs + frame.bytes.length * byteNs(baud);
      this.#sending.push({ tNs: this.#freeNs, bytes: frame.bytes, baud, nonce: frame.nonce });
    }
    const done = this.#sending.filter((output) => output.tNs <= toNs);
    if (done.length > 0) this.#sending = this.#sending.filter((output) => output.tNs > toNs);
    return done;
  }

  /** A reset silences all chips, in the middle of a frame too. */
  clear(): void {
    for (const queue of this.#queues) queue.length = 0;
    this.#queued = 0;
    this.#sending = [];
    this.#freeNs = 0;
  }
}
