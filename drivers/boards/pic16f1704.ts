/** PIC16F1704: switches and sets the supply of an S9 hash board, and cuts it when its heartbeat stops. specs/bm1387.md 4.1 */
import type { Clock } from "../../common/clock.ts";
import { DriverError } from "../../common/errors.ts";
import { type I2cBus, isNak } from "../transport/i2c.ts";
import { PIC_COMMANDS, PIC_FLUSH, type PicCommandName, picFrame } from "./pic16f1704-commands.ts";
import {
  BADCORE_AREA,
  decodeBadCores,
  decodeFrequencies,
  decodeTemperatureOffsets,
  type FactoryFrequencies,
  FREQ_AREA,
  type TemperatureOffset,
} from "./s9-factory-data.ts";
import { chainMv, voltageCode } from "./s9-voltage.ts";

/** One for each connector, by the straps on the control board: J6, J7, J8. */
export const PIC_ADDRESSES = [0x55, 0x56, 0x57] as const;
export type PicAddress = (typeof PIC_ADDRESSES)[number];

export const PIC_VERSION = 0x03;
/** What the loader answers in place of a version. */
const LOADER_VERSION = 0xcc;
/** After so long without a heartbeat the PIC cuts the supply. */
export const PIC_WATCHDOG_MS = 10_000;

const NAK_TRIES = 15;
const NAK_RETRY_MS = 100;

export interface Pic16f1704Options {
  readonly bus: I2cBus;
  readonly clock: Clock;
  readonly address: PicAddress;
}

/** A word address in flash, and how many bytes from there: a whole number of sixteen. */
export interface FlashArea {
  readonly pointer: number;
  readonly bytes: number;
}

/** What can only be read before the application runs. null: not there, or not marked as what it should be. */
export interface FactoryData {
  readonly frequencies: FactoryFrequencies | null;
  readonly badCores: readonly number[] | null;
}

/**
 * One command at a time, the rest wait their turn. Every method rejects with DriverError PIC_MISSING when nothing acknowledges at the
 * address for 1.4 s, and with what the bus reports. Never writes flash.
 */
export class Pic16f1704 {
  readonly address: PicAddress;
  readonly #bus: I2cBus;
  readonly #clock: Clock;
  #turn: Promise<unknown> = Promise.resolve();
  /** A frame broke off, so the parser may be in the middle of one. */
  #torn = true;

  constructor({ bus, clock, address }: Pic16f1704Options) {
    this.#bus = bus;
    this.#clock = clock;
    this.address = address;
  }

  /**
   * Into the loader, which switches the supply off; reads the factory data; starts the application. Resolves with the factory data.
   * PIC_IN_LOADER when the application does not start, PIC_VERSION when it is not the one we know.
   */
  async restart(): Promise<FactoryData> {
    const [badCores, frequencies] = await this.readFlash([BADCORE_AREA, FREQ_AREA]);
    return { frequencies: decodeFrequencies(frequencies as Uint8Array), badCores: decodeBadCores(badCores as Uint8Array) };
  }

  /**
   * Into the loader, which switches the supply off and alone can read flash; the areas' bytes; starts the application. Cut short, it is in the
   * loader with its supply off until this or restart() is called again. Errors as restart().
   */
  async readFlash(areas: readonly FlashArea[]): Promise<Uint8Array[]> {
    this.#torn = true;
    await this.#command("reset");
    const read: Uint8Array[] = [];
    for (const area of areas) read.push(await this.#readArea(area));
    await this.#command("jumpToApplication");
    await this.requireApplication();
    return read;
  }

  /** PIC_IN_LOADER or PIC_VERSION unless the application we know runs. */
  async requireApplication(): Promise<void> {
    const [version = 0] = await this.#command("version");
    if (version === PIC_VERSION) return;
    throw version === LOADER_VERSION ? inLoader(this.address) : otherVersion(this.address, version);
  }

  /** Writes the voltage's code and reads it back; resolves with the code's voltage, mV. VOLTAGE_READBACK when they differ. RangeError outside CHAIN_RANGE_MV. */
  async setVoltageMv(askedMv: number): Promise<number> {
    const written = voltageCode(askedMv);
    await this.#command("setVoltage", [written]);
    const readBack = await this.#voltageCode();
    if (readBack !== written) throw voltageMismatch(this.address, askedMv, written, readBack);
    return chainMv(readBack);
  }

  /** The voltage to which it is set, mV: a set-point, for the PIC does not report its output. */
  async voltageMv(): Promise<number> {
    return chainMv(await this.#voltageCode());
  }

  /** Nothing reads this back: the PIC has no command for it. */
  async setOutput(on: boolean): Promise<void> {
    await this.#command("enable", [on ? 1 : 0]);
  }

  async heartbeat(): Promise<void> {
    await this.#command("heartbeat");
  }

  async temperatureOffsets(): Promise<readonly TemperatureOffset[]> {
    return decodeTemperatureOffsets(await this.#command("getTemperatureOffsets"));
  }

  async #voltageCode(): Promise<number> {
    return (await this.#command("getVoltage"))[0] as number;
  }

  /** A whole number of sixteen-byte reads; the pointer advances with each. */
  async #readArea({ pointer, bytes }: FlashArea): Promise<Uint8Array> {
    await this.#command("setFlashPointer", [pointer >> 8, pointer & 0xff]);
    const area: number[] = [];
    while (area.length < bytes) area.push(...(await this.#command("readFlash")));
    return Uint8Array.from(area);
  }

  /** Resolves with the reply, when the PIC is ready for the next command. */
  #command(name: PicCommandName, data: readonly number[] = []): Promise<Uint8Array> {
    const frame = picFrame(name, data);
    const { replyBytes, settleMs } = PIC_COMMANDS[name];
    const result = this.#turn.then(async () => {
      if (this.#torn) await this.#send(PIC_FLUSH);
      this.#torn = true;
      await this.#send(frame);
      const reply = new Uint8Array(replyBytes ?? 0);
      for (let i = 0; i < reply.length; i++) reply[i] = (await this.#acknowledged(() => this.#bus.read(this.address, 1)))[0] as number;
      this.#torn = false;
      await this.#clock.sleep(settleMs);
      return reply;
    });
    this.#turn = result.catch(() => {});
    return result;
  }

  async #send(bytes: Uint8Array): Promise<void> {
    for (const byte of bytes) await this.#acknowledged(() => this.#bus.write(this.address, Uint8Array.of(byte)));
  }

  /** A byte that was not acknowledged was not taken, so it can be sent again. */
  async #acknowledged<T>(transfer: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await transfer();
      } catch (error) {
        if (!isNak(error)) throw error;
        if (attempt === NAK_TRIES) throw missing(this.address, error);
        await this.#clock.sleep(NAK_RETRY_MS);
      }
    }
  }
}

const hex = (byte: number): string => `0x${byte.toString(16).padStart(2, "0")}`;

function missing(address: number, cause: unknown): DriverError {
  const message = `No voltage controller acknowledges at I2C address ${hex(address)}.`;
  const hint =
    "Check the board's ribbon cable and 12 V supply, and that it sits on the connector you named (0x55 is J6, 0x56 J7, 0x57 J8).";
  return new DriverError("PIC_MISSING", message, hint, { address }, cause);
}

function inLoader(address: number): DriverError {
  const message = `The voltage controller at ${hex(address)} stays in its loader: its application did not start.`;
  const hint = "Cut the board's 12 V for ten seconds and start again. If it stays there, its application flash must be written again.";
  return new DriverError("PIC_IN_LOADER", message, hint, { address });
}

function otherVersion(address: number, version: number): DriverError {
  const message = `The voltage controller at ${hex(address)} runs application version ${hex(version)}, and only ${hex(PIC_VERSION)} is known.`;
  const hint = "Do not power this board: another version has other commands, and perhaps another voltage scale (S9+, T9+).";
  return new DriverError("PIC_VERSION", message, hint, { address, version });
}

function voltageMismatch(address: number, askedMv: number, written: number, readBack: number): DriverError {
  const saysMv = chainMv(readBack);
  const message = `The voltage controller at ${hex(address)} was set to ${askedMv} mV (code ${written}) and says ${Math.round(saysMv)} mV (code ${readBack}).`;
  return new DriverError("VOLTAGE_READBACK", message, "Do not run at this set-point: power the board off and on, and try again.", {
    askedMv,
    saysMv,
    written,
    readBack,
  });
}
