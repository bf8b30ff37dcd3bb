/** A PIC16F1704 on an I2C bus, byte by byte, as specs/bm1387.md 4.1 describes it. Written from the specification, apart from the driver. */
import { DriverError } from "../../../common/errors.ts";
import type { I2cBus } from "../../transport/i2c.ts";
import type { VirtualClock } from "./virtual-clock.test-support.ts";

export const nak = (): DriverError => new DriverError("I2C_NAK", "nobody acknowledged", "");

const DATA_BYTES: Readonly<Record<number, number>> = { 1: 2, 2: 16, 16: 1, 17: 6, 18: 12, 20: 12, 21: 1, 34: 8 };
const WATCHDOG_NS = 10_000_000_000n;

export class FakePic {
  /** Flash words as byte pairs, from this word address on. */
  readonly flash = new Map<number, number>();
  readonly #clock: VirtualClock;
  /** Complete commands, as hex without the preamble: "1006", "1501". */
  readonly commands: string[] = [];
  mode: "loader" | "application" = "application";
  /** false: the jump fails, as with an erased application. */
  applicationWorks = true;
  version = 0x03;
  code = 0;
  /** What it answers for its code in place of the truth. */
  codeSays: number | null = null;
  offsets: readonly number[] = [62, 0xfb, 32, 0xfb, 0, 0, 0, 0];
  /** Bytes that are not acknowledged before it listens again. */
  deafFor = 0;
  #enabled = false;
  #enabledNs = 0n;
  #pointer = 0;
  #parser: number[] = [];
  #reply: number[] = [];

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  /** Is the chain powered? Not once ten seconds have passed without a heartbeat. */
  get output(): boolean {
    return this.#enabled && this.#clock.nowNs() - this.#enabledNs < WATCHDOG_NS;
  }

  store(pointer: number, bytes: Uint8Array): void {
    for (let i = 0; i < bytes.length; i++) this.flash.set(pointer * 2 + i, bytes[i] as number);
  }

  write(bytes: Uint8Array): void {
    if (this.deafFor > 0) {
      this.deafFor--;
      throw nak();
    }
    // Further bytes of a longer transaction are lost.
    this.#parse(bytes[0] as number);
  }

  read(): number {
    if (this.deafFor > 0) {
      this.deafFor--;
      throw nak();
    }
    return this.#reply.shift() ?? 0xff;
  }

  /** No second look for a preamble: 55 55 AA is missed. */
  #parse(byte: number): void {
    const at = this.#parser.length;
    const fits = at === 0 ? byte === 0x55 : at === 1 ? byte === 0xaa : true;
    if (!fits) {
      this.#parser = [];
      return;
    }
    this.#parser.push(byte);
    const [, , code, ...data] = this.#parser;
    if (code === undefined || data.length < (DATA_BYTES[code] ?? 0)) return;
    this.#parser = [];
    this.commands.push(Buffer.from([code, ...data]).toString("hex"));
    this.#execute(code, data);
  }

  #execute(code: number, data: readonly number[]): void {
    this.#reply = [];
    const application = this.mode === "application";
    if (code === 0x07) {
      this.mode = "loader";
      this.#enabled = false;
    } else if (code === 0x17) this.#reply = [application ? this.version : 0xcc];
    else if (!application) this.#load(code, data);
    else if (code === 0x10) this.code = data[0] as number;
    else if (code === 0x15) {
      this.#enabled = data[0] === 1;
      this.#enabledNs = this.#clock.nowNs();
    } else if (code === 0x16) this.#beat();
    else if (code === 0x18) this.#reply = [this.codeSays ?? this.code];
    else if (code === 0x23) this.#reply = [...this.offsets];
  }

  #beat(): void {
    if (this.output) this.#enabledNs = this.#clock.nowNs();
  }

  #load(code: number, data: readonly number[]): void {
    if (code === 0x01) this.#pointer = ((data[0] as number) << 8) | (data[1] as number);
    if (code === 0x03) {
      this.#reply = Array.from({ length: 16 }, (_, i) => this.flash.get(this.#pointer * 2 + i) ?? 0xff);
      this.#pointer += 8;
    }
    if (code === 0x06 && this.applicationWorks) this.mode = "application";
  }
}

/** A bus with these PICs on it. Every transaction is noted: "55w 55", "55r". */
export class FakePicBus implements I2cBus {
  readonly pics: Map<number, FakePic>;
  readonly transactions: string[] = [];
  /** Thrown in place of the next transactions, one each; null lets one pass. */
  readonly failures: (Error | null)[] = [];

  constructor(pics: readonly (readonly [number, FakePic])[]) {
    this.pics = new Map(pics);
  }

  async write(address: number, bytes: Uint8Array): Promise<void> {
    this.transactions.push(`${address.toString(16)}w ${Buffer.from(bytes).toString("hex")}`);
    this.#reach(address).write(bytes);
  }

  async read(address: number, n: number): Promise<Uint8Array> {
    this.transactions.push(`${address.toString(16)}r`);
    return Uint8Array.from({ length: n }, (_, i) => (i === 0 ? this.#reach(address).read() : 0xff));
  }

  writeRead(): Promise<Uint8Array> {
    throw new Error("the PIC knows no repeated start");
  }

  #reach(address: number): FakePic {
    const failure = this.failures.shift();
    if (failure) throw failure;
    const pic = this.pics.get(address);
    if (pic === undefined) throw nak();
    return pic;
  }
}
