import { S9HashBoard, type S9HashBoardOptions } from "./board/s9-hashboard.ts";
import { crc5, crc16 } from "./chip/crc.ts";
import { FaultTable } from "./faults.ts";
import { byteNs } from "./line.ts";
import type { TimedFrame } from "./virtual-host.ts";

/** A job in the terms of the wire: header bytes 64..75, and midstates as SHA-256 gives them, H0 first. specs/bm1387.md 1.6 */
export interface S9Job {
  readonly id: number;
  readonly tail: Uint8Array;
  readonly midstates: readonly Uint8Array[];
}

/** PLL words. specs/bm1387.md 2.1 */
const PLL_WORDS = {
  100: 0x0020_0241,
  200: 0x0040_0241,
  300: 0x0060_0241,
  400: 0x0080_0241,
  500: 0x0050_0221,
  600: 0x0060_0221,
  650: 0x0068_0221,
  700: 0x0070_0221,
} as const;
export type S9Mhz = keyof typeof PLL_WORDS;

export const MISC_1M5_GATE_MMEN = 0x0020_8180;
export const MISC_RUN = 0x4020_0180;

/** The simplest host of an S9 hash board on a virtual clock. It shares no code with the drivers. */
export class S9VirtualHost {
  readonly board: S9HashBoard;
  readonly options: S9HashBoardOptions;
  /** The PIC hears of the host once a second while time passes in `run`. */
  heartbeat = true;
  #baud = 115_740;
  #requestId = 0;
  #beatNs = 0;
  #frames: TimedFrame[] = [];

  constructor(options: Partial<S9HashBoardOptions> = {}) {
    this.options = {
      chips: 63,
      workScale: 26,
      seed: 1,
      ambientC: 25,
      faults: new FaultTable(),
      boardAddress: 0x55,
      tailShare: 0,
      sensor: "TMP451",
      crystalPpm: 0,
      ...options,
    };
    this.board = new S9HashBoard(this.options);
    this.setBaud(this.#baud);
  }

  setBaud(baud: number): void {
    this.#baud = baud;
    this.board.setHostBaud(baud);
  }

  /** When bytes sent now will have arrived at the chips. */
  arrivalNs(bytes: number): number {
    return this.board.nowNs + bytes * byteNs(this.#baud);
  }

  send(...frames: readonly Uint8Array[]): void {
    for (const frame of frames) this.board.receiveData(frame);
  }

  /** Lets `ms` pass, `tickMs` at a time, and returns the chips' frames. */
  run(ms: number, tickMs = ms): TimedFrame[] {
    const endNs = this.board.nowNs + ms * 1e6;
    while (this.board.nowNs < endNs) {
      if (this.heartbeat && this.board.nowNs - this.#beatNs > 1e9) this.beat();
      this.#advance(Math.min(endNs, this.board.nowNs + Math.min(tickMs, 1000) * 1e6));
    }
    const frames = this.#frames;
    this.#frames = [];
    return frames;
  }

  beat(): void {
    this.#beatNs = this.board.nowNs;
    for (const byte of [0x55, 0xaa, 0x16]) this.board.receiveControl(this.#request(0x05, 0x20, this.options.boardAddress, byte));
  }

  /** A request to the bridge, and what it says within 2 ms. */
  control(page: number, command: number, ...data: number[]): Uint8Array {
    this.board.receiveControl(this.#request(page, command, ...data));
    return this.#advance(this.board.nowNs + 2e6);
  }

  setReset(high: boolean): void {
    this.control(0x06, 0, high ? 1 : 0);
  }

  /** One byte to a transaction. */
  picWrite(...bytes: number[]): Uint8Array[] {
    return bytes.map((byte) => this.control(0x05, 0x20, this.options.boardAddress, byte));
  }

  /** Bytes the PIC has to say, one to a transaction. */
  picRead(count: number): number[] {
    return Array.from({ length: count }, () => this.control(0x05, 0x30, this.options.boardAddress, 1).at(-1) as number);
  }

  picCommand(command: number, ...data: number[]): void {
    this.picWrite(0x55, 0xaa, command, ...data);
  }

  /** From loader to application, output on. */
  powerUp(code = 6): void {
    this.picCommand(0x06);
    this.run(100);
    this.picCommand(0x10, code);
    this.picCommand(0x15, 1);
    this.run(3000);
  }

  release(): void {
    this.setReset(true);
    this.run(1000);
  }

  setMhz(mhz: S9Mhz, address: number | null = null): void {
    this.send(write(0x0c, PLL_WORDS[mhz], address));
  }

  enumerate(chips = this.options.chips, interval = 4): void {
    for (let i = 0; i < 3; i++) this.send(chainInactive());
    for (let i = 0; i < chips; i++) this.send(setAddress(i * interval));
  }

  /** Works that open cores: all ones and a midstate of zeros. */
  openCores(cores = 114): void {
    const work: S9Job = { id: 0, tail: new Uint8Array(12).fill(0xff), midstates: [new Uint8Array(32)] };
    for (let i = 0; i < cores; i++) this.send(jobFrame(work));
    this.run(cores * 0.5 + 5);
  }

  /** Supply, reset, addresses, clock, 1.5625 MBd, all cores open, ticket 1: ready for a job. */
  bringUp(mhz: S9Mhz = 650): void {
    this.powerUp();
    this.release();
    this.enumerate();
    this.setMhz(mhz);
    this.send(write(0x1c, MISC_1M5_GATE_MMEN));
    this.run(100);
    this.setBaud(1_562_500);
    this.send(write(0x18, 0));
    this.openCores();
    // Until what the opening works have found is gone.
    this.run(300);
  }

  /** Lets time pass; returns what the bridge says meanwhile, and keeps what the chips say. */
  #advance(toNs: number): Uint8Array {
    this.board.advance(toNs);
    const control: number[] = [];
    for (const { port, tNs, bytes } of this.board.takeOutputs()) {
      if (port === "control") control.push(...bytes);
      else this.#frames.push({ startNs: tNs - bytes.length * byteNs(this.board.chain.lineRate), endNs: tNs, bytes });
    }
    return Uint8Array.from(control);
  }

  #request(page: number, command: number, ...data: number[]): Uint8Array {
    this.#requestId = (this.#requestId + 1) & 0xff;
    return Uint8Array.of(6 + data.length, 0, this.#requestId, 0, page, command, ...data);
  }
}

function command(header: number, ...data: number[]): Uint8Array {
  const body = Uint8Array.of(header, data.length + 3, ...data);
  return Uint8Array.of(...body, crc5(body));
}

/** Write to all chips, or to one. */
export function write(register: number, value: number, address: number | null = null): Uint8Array {
  return command(
    address === null ? 0x58 : 0x48,
    address ?? 0,
    register,
    value >>> 24,
    (value >>> 16) & 0xff,
    (value >>> 8) & 0xff,
    value & 0xff,
  );
}

export function read(register: number, address: number | null = null): Uint8Array {
  return command(address === null ? 0x54 : 0x44, address ?? 0, register);
}

export function setAddress(address: number): Uint8Array {
  return command(0x41, address, 0);
}

export function chainInactive(): Uint8Array {
  return command(0x55, 0, 0);
}

/** Job frame of 54, 86 or 150 bytes. */
export function jobFrame(job: S9Job): Uint8Array {
  const frame = new Uint8Array(22 + 32 * job.midstates.length);
  frame.set([0x21, frame.length, job.id, job.midstates.length]);
  frame.set(job.tail.subarray(8, 12), 8);
  frame.set(job.tail.subarray(4, 8), 12);
  frame.set(job.tail.subarray(0, 4), 16);
  job.midstates.forEach((midstate, lane) => {
    for (let word = 0; word < 8; word++) frame.set(midstate.subarray(4 * word, 4 * word + 4), 20 + 32 * lane + 4 * (7 - word));
  });
  new DataView(frame.buffer).setUint16(frame.length - 2, crc16(frame.subarray(0, -2)));
  return frame;
}
