/** TPS546D24A: the PMBus regulator of the Bitaxe Ultra 207. Nothing is stored in its memory: it is configured after each power-on. specs/bm1366.md 5.3 */
import type { Clock } from "../../common/clock.ts";
import { DriverError } from "../../common/errors.ts";
import { type I2cBus, isNak } from "../transport/i2c.ts";
import { linear11Value, type PmbusEncoding, pmbusBytes, statusNames, ulinear16Value, ulinear16Word, voutExponent } from "./pmbus.ts";

export const TPS546_ADDRESS = 0x24;

const COMMAND = {
  OPERATION: 0x01,
  CLEAR_FAULTS: 0x03,
  VOUT_MODE: 0x20,
  VOUT_COMMAND: 0x21,
  STATUS_WORD: 0x79,
  READ_VIN: 0x88,
  READ_VOUT: 0x8b,
  READ_IOUT: 0x8c,
  READ_TEMPERATURE_1: 0x8d,
  IC_DEVICE_ID: 0xad,
} as const;
const OPERATION_ON = 0x80;
const OPERATION_OFF = 0x00;

/** IC_DEVICE_ID of the parts we know: "TI", "Tm" or "Tk", "$A" or "$b". */
const DEVICE_IDS = ["5449546d2441", "5449546d2462", "5449546b2441"];
const DEVICE_ID_BYTES = 6;
const POWER_UP_MS = 15;
const IDENTIFY_TRIES = 6;
const IDENTIFY_RETRY_MS = 3;

/** What differs from board to board. */
export interface Tps546Config {
  readonly vinOnV: number;
  readonly vinOffV: number;
  readonly vinOvFaultV: number;
  readonly voutScaleLoop: number;
  readonly voutMinV: number;
  readonly voutMaxV: number;
  readonly voutCommandV: number;
  readonly ioutOcWarnA: number;
  readonly ioutOcFaultA: number;
}

export interface PmbusWrite {
  readonly name: string;
  readonly command: number;
  readonly encoding: PmbusEncoding;
  readonly value: number;
}
const write = (name: string, command: number, encoding: PmbusEncoding, value: number): PmbusWrite => ({ name, command, encoding, value });

/** Before the part is identified: output off, and off it stays whatever its pins say. */
export const TPS546_QUIET: readonly PmbusWrite[] = [
  write("OPERATION", 0x01, "byte", OPERATION_OFF),
  write("ON_OFF_CONFIG", 0x02, "byte", 0x1f),
];

/** The configuration in the order of 5.3. Limits 40..44 and margins are ratios of VOUT_COMMAND (relative mode). */
export const tps546Configuration = (config: Tps546Config): readonly PmbusWrite[] => [
  write("ON_OFF_CONFIG", 0x02, "byte", 0x1b),
  write("STACK_CONFIG", 0xec, "word", 0x0000),
  write("SYNC_CONFIG", 0xe4, "byte", 0x10),
  write("PHASE", 0x04, "byte", 0x00),
  write("FREQUENCY_SWITCH", 0x33, "integer11", 650),
  write("VIN_ON", 0x35, "linear11", config.vinOnV),
  write("VIN_OFF", 0x36, "linear11", config.vinOffV),
  write("VIN_OV_FAULT_LIMIT", 0x55, "linear11", config.vinOvFaultV),
  write("VIN_OV_FAULT_RESPONSE", 0x56, "byte", 0xb7),
  write("VOUT_SCALE_LOOP", 0x29, "linear11", config.voutScaleLoop),
  write("VOUT_COMMAND", 0x21, "ulinear16", config.voutCommandV),
  write("VOUT_MAX", 0x24, "ulinear16", config.voutMaxV),
  write("VOUT_MIN", 0x2b, "ulinear16", config.voutMinV),
  write("VOUT_OV_FAULT_LIMIT", 0x40, "ulinear16", 1.25),
  write("VOUT_OV_WARN_LIMIT", 0x42, "ulinear16", 1.16),
  write("VOUT_MARGIN_HIGH", 0x25, "ulinear16", 1.1),
  write("VOUT_MARGIN_LOW", 0x26, "ulinear16", 0.9),
  write("VOUT_UV_WARN_LIMIT", 0x43, "ulinear16", 0.9),
  write("VOUT_UV_FAULT_LIMIT", 0x44, "ulinear16", 0.75),
  write("IOUT_OC_WARN_LIMIT", 0x4a, "linear11", config.ioutOcWarnA),
  write("IOUT_OC_FAULT_LIMIT", 0x46, "linear11", config.ioutOcFaultA),
  write("IOUT_OC_FAULT_RESPONSE", 0x47, "byte", 0xc0),
  write("OT_WARN_LIMIT", 0x51, "integer11", 105),
  write("OT_FAULT_LIMIT", 0x4f, "integer11", 145),
  write("OT_FAULT_RESPONSE", 0x50, "byte", 0xff),
  write("TON_DELAY", 0x60, "integer11", 0),
  write("TON_RISE", 0x61, "integer11", 3),
  write("TON_MAX_FAULT_LIMIT", 0x62, "integer11", 0),
  write("TON_MAX_FAULT_RESPONSE", 0x63, "byte", 0x3b),
  write("TOFF_DELAY", 0x64, "integer11", 0),
  write("TOFF_FALL", 0x65, "integer11", 0),
  write("PIN_DETECT_OVERRIDE", 0xee, "word", 0xffff),
  write("CLEAR_FAULTS", COMMAND.CLEAR_FAULTS, "none", 0),
];

export class Tps546 {
  readonly #bus: I2cBus;
  readonly #clock: Clock;
  readonly #config: Tps546Config;
  /** VOUT_MODE's exponent, once read. */
  #exponent: number | null = null;
  #configured = false;

  constructor(bus: I2cBus, clock: Clock, config: Tps546Config) {
    this.#bus = bus;
    this.#clock = clock;
    this.#config = config;
  }

  /** As identifyTps546. */
  identify(): Promise<string | null> {
    return identifyTps546(this.#bus, this.#clock, TPS546_ADDRESS);
  }

  /** Output off, then the whole configuration; the output stays off. REGULATOR_FORMAT when it does not count volts in ULINEAR16. */
  async configure(): Promise<void> {
    for (const step of TPS546_QUIET) await this.#write(step);
    await this.#readExponent();
    for (const step of tps546Configuration(this.#config)) await this.#write(step);
    this.#configured = true;
  }

  /** Sets the voltage and switches the output on. Configures first if need be. Returns what was written and what reads back, V. */
  async setVolts(volts: number): Promise<{ written: number; readBack: number; isOn: boolean }> {
    const { voutMinV, voutMaxV } = this.#config;
    if (!(volts >= voutMinV && volts <= voutMaxV)) throw new RangeError(`${volts} V is outside ${voutMinV}..${voutMaxV} V`);
    if (!this.#configured) await this.configure();
    const exponent = await this.#readExponent();
    await this.#write(write("VOUT_COMMAND", COMMAND.VOUT_COMMAND, "ulinear16", volts));
    await this.#write(write("OPERATION", COMMAND.OPERATION, "byte", OPERATION_ON));
    const readBack = ulinear16Value(await this.#readWord(COMMAND.VOUT_COMMAND), exponent);
    const isOn = (await this.#readByte(COMMAND.OPERATION)) === OPERATION_ON;
    return { written: ulinear16Value(ulinear16Word(volts, exponent), exponent), readBack, isOn };
  }

  /** OPERATION off: a VOUT_COMMAND of 0 is not the same (pitfall 20). */
  async off(): Promise<void> {
    await this.#write(write("OPERATION", COMMAND.OPERATION, "byte", OPERATION_OFF));
  }

  async outputV(): Promise<number> {
    const exponent = await this.#readExponent();
    return ulinear16Value(await this.#readWord(COMMAND.READ_VOUT), exponent);
  }

  async outputA(): Promise<number> {
    return linear11Value(await this.#readWord(COMMAND.READ_IOUT));
  }

  async inputV(): Promise<number> {
    return linear11Value(await this.#readWord(COMMAND.READ_VIN));
  }

  async tempC(): Promise<number> {
    return linear11Value(await this.#readWord(COMMAND.READ_TEMPERATURE_1));
  }

  /** Names of the STATUS_WORD bits that are set. */
  async status(): Promise<string[]> {
    return statusNames(await this.#readWord(COMMAND.STATUS_WORD));
  }

  async #readExponent(): Promise<number> {
    if (this.#exponent !== null) return this.#exponent;
    const voutMode = await this.#readByte(COMMAND.VOUT_MODE);
    this.#exponent = voutExponent(voutMode);
    if (this.#exponent !== null) return this.#exponent;
    const message = `The regulator's VOUT_MODE is 0x${voutMode.toString(16)}, which is not the linear format.`;
    throw new DriverError("REGULATOR_FORMAT", message, "This is not the regulator this driver knows; do not power the board with it.", {
      voutMode,
    });
  }

  async #write(step: PmbusWrite): Promise<void> {
    const exponent = step.encoding === "ulinear16" ? await this.#readExponent() : 0;
    await this.#bus.write(TPS546_ADDRESS, pmbusBytes(step.command, step.encoding, step.value, exponent));
  }

  async #readByte(command: number): Promise<number> {
    return (await this.#bus.writeRead(TPS546_ADDRESS, Uint8Array.of(command), 1))[0] as number;
  }

  async #readWord(command: number): Promise<number> {
    const [low = 0, high = 0] = await this.#bus.writeRead(TPS546_ADDRESS, Uint8Array.of(command), 2);
    return low | (high << 8);
  }
}

/** IC_DEVICE_ID as hex, or null when this is no TPS546 that we know. Only reads. */
export async function identifyTps546(bus: I2cBus, clock: Clock, address: number): Promise<string | null> {
  await clock.sleep(POWER_UP_MS);
  for (let attempt = 1; attempt <= IDENTIFY_TRIES; attempt++) {
    const text = await deviceId(bus, address);
    if (text !== null && DEVICE_IDS.includes(text)) return text;
    await clock.sleep(IDENTIFY_RETRY_MS);
  }
  return null;
}

/** A block: its length, then so many bytes. null when the part does not acknowledge the command. */
async function deviceId(bus: I2cBus, address: number): Promise<string | null> {
  try {
    const [length, ...id] = await bus.writeRead(address, Uint8Array.of(COMMAND.IC_DEVICE_ID), DEVICE_ID_BYTES + 1);
    return length === DEVICE_ID_BYTES ? Buffer.from(id).toString("hex") : null;
  } catch (error) {
    if (isNak(error)) return null;
    throw error;
  }
}
