/** The s9-io core at its registers, with the wire behind it, as specs/bm1387.md 4.7 describes them. Written apart from the driver, checksums included. */
import type { FpgaRegisters } from "../zynq-fpga-registers.ts";

/** Polynomial 5, from 1F, over so many leading bits. specs/bm1387.md 1.3, 1.4 */
export function crc5(bytes: readonly number[], bits = bytes.length * 8): number {
  let r = 0x1f;
  for (let i = 0; i < bits; i++) {
    const bit = ((bytes[i >> 3] as number) >> (7 - (i & 7))) & 1;
    r = (((r << 1) & 31) ^ ((r >> 4) ^ bit ? 5 : 0)) & 31;
  }
  return r;
}

function crc16(bytes: readonly number[]): number {
  let r = 0xffff;
  for (const byte of bytes) {
    r ^= byte << 8;
    for (let i = 0; i < 8; i++) r = ((r << 1) ^ (r & 0x8000 ? 0x1021 : 0)) & 0xffff;
  }
  return r;
}

const little = (word: number) => [word & 0xff, (word >>> 8) & 0xff, (word >>> 16) & 0xff, word >>> 24];
const big = (word: number) => little(word).reverse();
const littleWord = (bytes: readonly number[]) =>
  ((bytes[0] as number) | ((bytes[1] as number) << 8) | ((bytes[2] as number) << 16) | ((bytes[3] as number) << 24)) >>> 0;

export class FakeFpga implements FpgaRegisters {
  version = 0x0090_1000;
  control = 0;
  baud = 0;
  workTime = 1;
  errors = 0;
  /** Frames that left on the wire, as hex. Nothing leaves while `stuck`. */
  readonly sent: string[] = [];
  stuck = false;
  /** Thrown by every access while set: the mapping is gone. */
  failure: Error | null = null;
  readonly accesses: string[] = [];
  lastId = 0;
  #commands: number[] = [];
  #works: number[] = [];
  readonly #commandReplies: number[] = [];
  readonly #workReplies: number[] = [];
  #received: number[] = [];

  get midstates(): number {
    return 1 << ((this.control >> 1) & 3);
  }

  read32(offset: number): number {
    if (this.failure) throw this.failure;
    const replies = offset < 0x2000 ? this.#commandReplies : this.#workReplies;
    const depth = offset < 0x2000 ? 256 : 1024;
    const received = (replies.length >= depth ? 2 : 0) | (replies.length === 0 ? 1 : 0);
    switch (offset) {
      case 0x0000:
        return this.version;
      case 0x0018:
        return this.errors;
      case 0x1000:
      case 0x2000:
        return replies.shift() ?? 0xdead_dead;
      case 0x100c:
        return received | (this.#commands.length >= 1024 ? 8 : 0) | (this.#commands.length === 0 ? 4 : 0);
      case 0x200c:
        return received;
      case 0x300c:
        return (this.#works.length >= 2048 ? 8 : 0) | (this.#works.length === 0 ? 4 : 0);
      default:
        throw new Error(`no readable register at ${offset.toString(16)}`);
    }
  }

  write32(offset: number, value: number): void {
    if (this.failure) throw this.failure;
    this.accesses.push(`${offset.toString(16).padStart(4, "0")}=${(value >>> 0).toString(16)}`);
    switch (offset) {
      case 0x0008:
        this.control = value;
        if (value & 1) this.errors = 0;
        if (!(value & 8)) this.#reset();
        return;
      case 0x0010:
        this.baud = value;
        return;
      case 0x0014:
        this.workTime = value;
        return;
      case 0x1004:
        this.#commands.push(value >>> 0);
        this.#send();
        return;
      case 0x3004:
        this.#works.push(value >>> 0);
        this.#send();
        return;
      case 0x1008:
      case 0x2008:
      case 0x3008:
        return;
      default:
        throw new Error(`no writable register at ${offset.toString(16)}`);
    }
  }

  #reset(): void {
    this.#commands = [];
    this.#works = [];
    this.#commandReplies.length = 0;
    this.#workReplies.length = 0;
    this.#received = [];
  }

  /** What is complete goes out, unless the line is stuck. */
  flush(): void {
    this.#send();
  }

  #send(): void {
    if (this.stuck || !(this.control & 8)) return;
    for (;;) {
      const [header = 0] = this.#commands;
      const words = ((header >> 8) & 0xff) === 9 ? 2 : 1;
      if (this.#commands.length < words) break;
      const bytes = this.#commands.splice(0, words).flatMap(little);
      this.sent.push(Buffer.from([...bytes, crc5(bytes)]).toString("hex"));
    }
    const size = 4 + 8 * this.midstates;
    while (this.#works.length >= size) {
      const [id = 0, nbits = 0, ntime = 0, tail = 0, ...states] = this.#works.splice(0, size);
      this.lastId = id;
      const body = [
        0x21,
        22 + 32 * this.midstates,
        id & 0x7f,
        this.midstates,
        0,
        0,
        0,
        0,
        ...little(nbits),
        ...little(ntime),
        ...little(tail),
        ...states.flatMap(big),
      ];
      const crc = crc16(body);
      this.sent.push(Buffer.from([...body, crc >> 8, crc & 0xff]).toString("hex"));
    }
  }

  /** Bytes from the chain. A frame whose checksum fails costs one byte, and the next seven are tried. */
  receive(bytes: Uint8Array | readonly number[]): void {
    this.#received.push(...bytes);
    while (this.#received.length >= 7) {
      const frame = this.#received.slice(0, 7);
      if (crc5(frame, 51) !== ((frame[6] as number) & 31)) {
        this.#received.shift();
        this.errors++;
        continue;
      }
      this.#received.splice(0, 7);
      const isNonce = ((frame[6] as number) & 0x80) !== 0;
      const id = isNonce ? this.extendedId(frame[5] as number) : (frame[5] as number);
      const second = (((frame[6] as number) << 24) | (id << 8) | (frame[4] as number)) >>> 0;
      (isNonce ? this.#workReplies : this.#commandReplies).push(littleWord(frame), second);
    }
  }

  /** Of the last frame received only the first word, as when the core is looked at in between. */
  holdBackSecondWord(): number {
    return this.#commandReplies.pop() ?? 0;
  }

  giveSecondWord(word: number): void {
    this.#commandReplies.push(word);
  }

  extendedId(jobId: number): number {
    const mask = 0x7f & ~(this.midstates - 1);
    const behind = (jobId & mask) > (this.lastId & mask) ? 1 : 0;
    return ((((this.lastId >> 7) - behind) << 7) | jobId) & 0xffff;
  }
}
