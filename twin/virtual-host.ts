import { Bitaxe, type BitaxeOptions } from "./bitaxe.ts";
import { crc5, crc16 } from "./chip/crc.ts";
import { FaultTable } from "./faults.ts";
import { byteNs } from "./line.ts";

/** A job in the terms of the block header, hashes in internal order. */
export interface HostJob {
  readonly id: number;
  readonly version: number;
  readonly prevHash: Uint8Array;
  readonly merkleRoot: Uint8Array;
  readonly ntime: number;
  readonly nbits: number;
}

/** A response frame with the times of its first and its last bit. */
export interface TimedFrame {
  readonly startNs: number;
  readonly endNs: number;
  readonly bytes: Uint8Array;
}

/** PLL0 words that a Bitaxe uses. specs/bm1366.md 3.4 */
const PLL_WORDS = { 50: 0x40a80265, 200: 0x40a00241, 400: 0x40a00240, 485: 0x50c20240, 525: 0x40a80230, 575: 0x40b80230 } as const;
export type HostMhz = keyof typeof PLL_WORDS;

/** Rate after the FAST_UART frame 11300200. specs/bm1366.md 2.4 */
export const FAST_BAUD = 25e6 / 24;

/**
 * The simplest host on a virtual clock: says what it is told, and collects what comes back. For tests, and for trying the twin
 * out by hand. It shares no code with the drivers.
 */
export class VirtualHost {
  readonly bitaxe: Bitaxe;
  readonly options: BitaxeOptions;
  #baud = 115_200;
  #requestId = 0;

  constructor(options: Partial<BitaxeOptions> = {}) {
    this.options = {
      chips: 1,
      variant: "205",
      bridgeGeneration: "V0",
      workScale: 24,
      seed: 1,
      ambientC: 25,
      faults: new FaultTable(),
      crystalPpm: 0,
      ...options,
    };
    this.bitaxe = new Bitaxe(this.options);
    this.setBaud(this.#baud);
  }

  setBaud(baud: number): void {
    this.#baud = baud;
    this.bitaxe.setHostBaud(baud);
  }

  /** When bytes sent now will have arrived at the chips. */
  arrivalNs(bytes: number): number {
    return this.bitaxe.nowNs + bytes * byteNs(this.#baud);
  }

  send(...frames: readonly Uint8Array[]): void {
    for (const frame of frames) this.bitaxe.receiveData(frame);
  }

  /** Lets `ms` pass, `tickMs` at a time, and returns the chips' frames. */
  run(ms: number, tickMs = ms): TimedFrame[] {
    const frames: TimedFrame[] = [];
    const endNs = this.bitaxe.nowNs + ms * 1e6;
    while (this.bitaxe.nowNs < endNs) {
      this.bitaxe.advance(Math.min(endNs, this.bitaxe.nowNs + tickMs * 1e6));
      for (const { port, tNs, bytes } of this.bitaxe.takeOutputs()) {
        if (port === "data") frames.push({ startNs: tNs - bytes.length * byteNs(this.bitaxe.chain.lineRate), endNs: tNs, bytes });
      }
    }
    return frames;
  }

  /** Sends a raw control request and returns everything the bridge says within 20 ms. */
  controlRaw(bytes: Uint8Array): Uint8Array {
    this.bitaxe.receiveControl(bytes);
    this.bitaxe.advance(this.bitaxe.nowNs + 20e6);
    const answers = this.bitaxe.takeOutputs().filter((output) => output.port === "control");
    return Uint8Array.from(answers.flatMap((answer) => [...answer.bytes]));
  }

  control(page: number, command: number, ...data: number[]): Uint8Array {
    this.#requestId = (this.#requestId + 1) & 0xff;
    return this.controlRaw(Uint8Array.of(6 + data.length, 0, this.#requestId, 0, page, command, ...data));
  }

  setReset(high: boolean): void {
    this.control(0x06, 0, high ? 1 : 0);
  }

  /** Core voltage through whichever regulator the board has; DS4432U codes are those of specs/bm1366.md 5.3. */
  setCoreVoltage(volts: number): void {
    if (this.options.variant === "205") {
      const raw = Math.ceil((Math.abs(0.6 / 3320 - (volts - 0.6) / 4750) / 98.921e-6) * 127);
      this.control(0x05, 0x20, 0x48, 0xf8, volts < 1.451 ? raw | 0x80 : raw);
      return;
    }
    const word = Math.round(volts * 512);
    this.control(0x05, 0x20, 0x24, 0x24, 0x00, 0x04);
    this.control(0x05, 0x20, 0x24, 0x21, word & 0xff, word >> 8);
    this.control(0x05, 0x20, 0x24, 0x01, volts > 0 ? 0x80 : 0);
  }

  setFan(duty: number): void {
    this.control(0x05, 0x20, 0x4c, 0x4c, Math.floor(63 * duty));
  }

  setMhz(mhz: HostMhz): void {
    this.send(write(0x08, PLL_WORDS[mhz]));
  }

  /** EM's formula, specs/bm1366.md 4.6. */
  countingNumber(mhz: number): number {
    const chips = 2 ** Math.ceil(Math.log2(this.options.chips));
    return Math.trunc(((2 ** 32 / 128 / chips) * 25 * 0.5) / mhz);
  }

  /** Supply, fan, reset, version rolling, addresses, fast line, ticket 1, clock: ready for a job. */
  bringUp(mhz: HostMhz = 485, volts = 1.2): void {
    this.setFan(1);
    this.setCoreVoltage(volts);
    this.run(50);
    this.setReset(true);
    this.run(100);
    this.setBaud(115_200);
    this.send(write(0xa4, 0x9000_ffff), write(0xa4, 0x9000_ffff), write(0xa4, 0x9000_ffff), chainInactive());
    const interval = Math.floor(256 / this.options.chips);
    for (let i = 0; i < this.options.chips; i++) this.send(setAddress(i * interval));
    this.send(write(0x54, 3), write(0x10, this.countingNumber(mhz)), write(0x28, 0x1130_0200));
    this.run(50);
    this.setBaud(FAST_BAUD);
    this.setMhz(mhz);
    this.run(50);
  }
}

function command(header: number, ...data: number[]): Uint8Array {
  const body = Uint8Array.of(header, data.length + 3, ...data);
  return Uint8Array.of(0x55, 0xaa, ...body, crc5(body));
}

function word(value: number): number[] {
  return [value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff];
}

/** Write to all chips, or to one. */
export function write(register: number, value: number, address: number | null = null): Uint8Array {
  return command(address === null ? 0x51 : 0x41, address ?? 0, register, ...word(value));
}

export function read(register: number, address: number | null = null): Uint8Array {
  return command(address === null ? 0x52 : 0x42, address ?? 0, register);
}

export function setAddress(address: number): Uint8Array {
  return command(0x40, address, 0);
}

export function chainInactive(): Uint8Array {
  return command(0x53, 0, 0);
}

/** Full job frame, 88 bytes. specs/bm1366.md 4.1 */
export function jobFrame(job: HostJob): Uint8Array {
  const frame = new Uint8Array(88);
  const view = new DataView(frame.buffer);
  frame.set([0x55, 0xaa, 0x21, 0x56, job.id, 1]);
  view.setUint32(10, job.nbits, true);
  view.setUint32(14, job.ntime, true);
  for (let i = 0; i < 32; i++) {
    const at = 4 * (7 - (i >> 2)) + (i & 3);
    frame[18 + i] = job.merkleRoot[at] as number;
    frame[50 + i] = job.prevHash[at] as number;
  }
  view.setUint32(82, job.version, true);
  view.setUint16(86, crc16(frame.subarray(2, 86)));
  return frame;
}
