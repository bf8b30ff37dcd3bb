import { PARAMETERS } from "../parameters.ts";

/** Answers in the form of today's Bitaxe firmware, or of firmware minor 1 and later. specs/bm1366.md 5.10 */
export type BridgeGeneration = "V0" | "V1";

/** What the bridge's pages reach. */
export interface BridgePeripherals {
  /** Data read, or null when nothing acknowledges. */
  i2c(address: number, written: Uint8Array | null, readCount: number, tNs: number): Uint8Array | null;
  getResetPin(): boolean;
  setResetPin(high: boolean, tNs: number): void;
  /** Raw count of the core-voltage converter. */
  adcVdd(): number;
  setFanDuty(duty: number): void;
  fanRpm(): number;
  /** Error code that I2C requests are to be answered with, or null while all is well. */
  i2cFault(tNs: number): number | null;
  /** Fault: how much longer than usual a request takes, ns. */
  delayNs(isI2c: boolean, tNs: number): number;
}

const CODE = { timeout: 0x10, invalid: 0x11, overflow: 0x12 } as const;
const PAGE = { i2c: 0x05, gpio: 0x06, adc: 0x07, fan: 0x09 } as const;
const HEADER_BYTES = 6;
const MAX_REQUEST = 4098;
const QUEUE = 8;
/** A request that stops for this long is dropped. */
const PARTIAL_NS = 4e6;
const UNPARSED = 0xff;
/** The same number of clocks as a byte: eight bits and the acknowledge. */
const I2C_CLOCKS_PER_BYTE = 9;

interface Request {
  readonly id: number;
  readonly page: number;
  readonly command: number;
  readonly data: Uint8Array;
}

type Outcome = Uint8Array | { readonly error: number };

/** The control port of the bitaxe-raw bridge. Requests are done one after the other. specs/bm1366.md 5.10 */
export class Bridge {
  requests = 0;
  partialsDropped = 0;
  readonly #peripherals: BridgePeripherals;
  readonly #generation: BridgeGeneration;
  #pending: number[] = [];
  #lastByteNs = 0;
  #queue: { readonly request: Request; readonly doneNs: number }[] = [];
  #freeNs = 0;
  #i2cHz = 100_000;
  #deafUntilNs = 0;
  #outputs: { readonly tNs: number; readonly bytes: Uint8Array }[] = [];

  constructor(peripherals: BridgePeripherals, generation: BridgeGeneration) {
    this.#peripherals = peripherals;
    this.#generation = generation;
  }

  /** Bytes that came in one packet at `tNs`; the caller has advanced to it. */
  receive(tNs: number, bytes: Uint8Array): void {
    if (tNs < this.#deafUntilNs) return;
    if (this.#pending.length > 0 && tNs - this.#lastByteNs >= PARTIAL_NS) {
      this.#pending = [];
      this.partialsDropped++;
    }
    this.#lastByteNs = tNs;
    this.#pending.push(...bytes);
    while (this.#pending.length >= 2) {
      const length = (this.#pending[0] as number) | ((this.#pending[1] as number) << 8);
      if (length < HEADER_BYTES || length > MAX_REQUEST) {
        this.#pending = [];
        this.#fail(tNs, UNPARSED, length < HEADER_BYTES ? CODE.invalid : CODE.overflow);
        return;
      }
      if (this.#pending.length < length) return;
      const [, , id, , page, command, ...data] = this.#pending.splice(0, length) as [
        number,
        number,
        number,
        number,
        number,
        number,
        ...number[],
      ];
      this.#enqueue(tNs, { id, page, command, data: Uint8Array.from(data) });
    }
  }

  /** Fault: the controller starts again and is back at `untilNs`; what it was asked before is lost. The board pulls RST low. */
  restart(untilNs: number): void {
    this.#pending = [];
    this.#queue = [];
    this.#freeNs = 0;
    this.#i2cHz = 100_000;
    this.#deafUntilNs = untilNs;
  }

  /** When the next request is done; Infinity when none waits. */
  get nextNs(): number {
    return this.#queue[0]?.doneNs ?? Number.POSITIVE_INFINITY;
  }

  advance(toNs: number): void {
    for (let next = this.#queue[0]; next !== undefined && next.doneNs <= toNs; next = this.#queue[0]) {
      this.#queue.shift();
      const outcome = this.#perform(next.request, next.doneNs);
      if (outcome instanceof Uint8Array) this.#answer(next.doneNs, next.request.id, outcome);
      else this.#fail(next.doneNs, next.request.id, outcome.error);
    }
  }

  takeOutputs(): readonly { readonly tNs: number; readonly bytes: Uint8Array }[] {
    if (this.#outputs.length === 0) return NOTHING;
    const outputs = this.#outputs;
    this.#outputs = [];
    return outputs;
  }

  #enqueue(tNs: number, request: Request): void {
    this.requests++;
    if (this.#queue.length >= QUEUE) {
      this.#fail(tNs, request.id, CODE.overflow);
      return;
    }
    const delayNs = this.#peripherals.delayNs(request.page === PAGE.i2c, tNs);
    this.#freeNs = Math.max(tNs, this.#freeNs) + this.#durationNs(request) + delayNs;
    this.#queue.push({ request, doneNs: this.#freeNs });
  }

  #durationNs(request: Request): number {
    const read = request.page === PAGE.i2c && request.command >= 0x30 ? (request.data.at(-1) ?? 0) : 0;
    const clocks = request.page === PAGE.i2c ? (request.data.length + read + 1) * I2C_CLOCKS_PER_BYTE : 0;
    return (PARAMETERS.link.requestS + clocks / this.#i2cHz) * 1e9;
  }

  #perform({ page, command, data }: Request, tNs: number): Outcome {
    switch (page) {
      case PAGE.i2c:
        return this.#i2c(command, data, tNs);
      case PAGE.gpio:
        return this.#gpio(command, data, tNs);
      case PAGE.adc:
        return command === 0x50 ? word(this.#peripherals.adcVdd()) : { error: CODE.invalid };
      case PAGE.fan:
        return this.#fan(command, data);
      default:
        return { error: CODE.invalid };
    }
  }

  #i2c(command: number, data: Uint8Array, tNs: number): Outcome {
    const fault = this.#peripherals.i2cFault(tNs);
    if (fault !== null) return { error: fault };
    if (command === 0x10) {
      const hz = data.length === 4 ? new DataView(data.buffer, data.byteOffset).getUint32(0, true) : 0;
      if (hz === 0) return { error: CODE.invalid };
      this.#i2cHz = hz;
      return data;
    }
    const [address] = data;
    const count = data.at(-1) ?? 0;
    if (address === undefined || address > 0x7f) return { error: CODE.invalid };
    if (command === 0x20) {
      const written = data.subarray(1);
      return this.#peripherals.i2c(address, written, 0, tNs) === null ? { error: CODE.timeout } : Uint8Array.of(written.length);
    }
    const reads = (command === 0x30 && data.length === 2) || (command === 0x40 && data.length >= 2);
    if (!reads) return { error: CODE.invalid };
    return this.#peripherals.i2c(address, command === 0x40 ? data.subarray(1, -1) : null, count, tNs) ?? { error: CODE.timeout };
  }

  /** This firmware has one pin, 0 = RST_N. */
  #gpio(pin: number, data: Uint8Array, tNs: number): Outcome {
    if (pin !== 0 || data.length > 1 || (data[0] ?? 0) > 1) return { error: CODE.invalid };
    if (data[0] !== undefined) this.#peripherals.setResetPin(data[0] === 1, tNs);
    return Uint8Array.of(this.#peripherals.getResetPin() ? 1 : 0);
  }

  #fan(command: number, data: Uint8Array): Outcome {
    if (command === 0x20) return word(this.#peripherals.fanRpm());
    const [percent] = data;
    if (command !== 0x10 || percent === undefined || percent > 100) return { error: CODE.invalid };
    this.#peripherals.setFanDuty(percent / 100);
    return Uint8Array.of(percent);
  }

  #answer(tNs: number, id: number, data: Uint8Array): void {
    const header = this.#generation === "V0" ? [...word(data.length), id] : [...word(data.length + 4), id, 0];
    this.#outputs.push({ tNs, bytes: Uint8Array.from([...header, ...data]) });
  }

  /** 04 00 ID CODE in both generations: V0 gives the total length by mistake. */
  #fail(tNs: number, id: number, code: number): void {
    this.#outputs.push({ tNs, bytes: Uint8Array.of(4, 0, id, code) });
  }
}

/** Most of the time there is nothing, and a twin is asked thousands of times a second. */
const NOTHING: readonly { readonly tNs: number; readonly bytes: Uint8Array }[] = [];

function word(value: number): Uint8Array {
  return Uint8Array.of(value & 0xff, (value >> 8) & 0xff);
}
