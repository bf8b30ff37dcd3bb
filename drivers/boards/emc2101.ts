/** EMC2101: fan controller with its own temperature sensor and an input for the chip's diode. specs/bm1366.md 5.4 */
import { type I2cBus, isNak, readRegister, writeRegister } from "../transport/i2c.ts";

export const EMC2101_ADDRESS = 0x4c;
const REGISTER = {
  internalTemp: 0x00,
  externalTempHigh: 0x01,
  configuration: 0x03,
  externalTempLow: 0x10,
  tachLow: 0x46,
  tachHigh: 0x47,
  fanConfiguration: 0x4a,
  fanDuty: 0x4c,
  manufacturer: 0xfe,
} as const;
const TACH_ON = 0x04;
/** Direct mode: the duty register is obeyed, not the look-up table. */
const DIRECT_MODE = 0x23;
const MANUFACTURER = 0x5d;

const FULL_DUTY = 63;
const TACH_CLOCK = 5_400_000;
/** What a count of FFFF comes to: the fan stands still (pitfall 20). */
const STOPPED_RPM = 82;

const DIODE_OPEN = 0x3f8;
const DIODE_SHORT = 0x3ff;
const DIODE_STEP_C = 0.125;
/** Colder than the part works; a reading below is no temperature. */
const COLDEST_C = -40;

/** What a bus says that nobody drives. As a temperature it would be -1 C, and the fan of a hot chip slow. */
const UNDRIVEN = 0xff;

/** 1 C per step, two's complement; null below -40 C, and for the -1 C that an undriven bus reads as. */
export function emc2101InternalTempC(byte: number): number | null {
  if (byte === UNDRIVEN) return null;
  const tempC = (byte << 24) >> 24;
  return tempC < COLDEST_C ? null : tempC;
}

/** 11 bits, two's complement, 0.125 C, left-aligned in two bytes; null when the diode is open or shorted. */
export function emc2101ExternalTempC(high: number, low: number): number | null {
  const code = (high << 3) | (low >> 5);
  if (code === DIODE_OPEN || code === DIODE_SHORT) return null;
  return ((code << 21) >> 21) * DIODE_STEP_C;
}

/** null for a count of 0, which no fan gives. */
export function emc2101Rpm(count: number): number | null {
  if (count === 0) return null;
  const rpm = Math.floor(TACH_CLOCK / count);
  return rpm <= STOPPED_RPM ? 0 : rpm;
}

export const emc2101Duty = (percent: number): number => Math.floor((FULL_DUTY * percent) / 100);

export class Emc2101 {
  readonly #bus: I2cBus;

  constructor(bus: I2cBus) {
    this.#bus = bus;
  }

  /** Does the chip at this address give SMSC's manufacturer id? */
  async isPresent(): Promise<boolean> {
    try {
      return (await this.#read(REGISTER.manufacturer)) === MANUFACTURER;
    } catch (error) {
      if (isNak(error)) return false;
      throw error;
    }
  }

  /** Tachometer on and direct mode. Until someone sets a duty the fan runs at full speed. */
  async configure(): Promise<void> {
    await this.#write(REGISTER.configuration, TACH_ON);
    await this.#write(REGISTER.fanConfiguration, DIRECT_MODE);
    await this.#write(REGISTER.fanDuty, FULL_DUTY);
  }

  /** Writes the duty, reads it back; both are returned, the caller judges. */
  async setFanPercent(percent: number): Promise<{ written: number; readBack: number }> {
    const written = emc2101Duty(percent);
    await this.#write(REGISTER.fanDuty, written);
    return { written, readBack: await this.#read(REGISTER.fanDuty) };
  }

  async internalTempC(): Promise<number | null> {
    return emc2101InternalTempC(await this.#read(REGISTER.internalTemp));
  }

  /** The high byte first: reading it holds the low one. */
  async externalTempC(): Promise<number | null> {
    const high = await this.#read(REGISTER.externalTempHigh);
    return emc2101ExternalTempC(high, await this.#read(REGISTER.externalTempLow));
  }

  /** The low byte first: reading it holds the high one (specs/bm1366.md 5.4). */
  async fanRpm(): Promise<number | null> {
    const low = await this.#read(REGISTER.tachLow);
    return emc2101Rpm(low | ((await this.#read(REGISTER.tachHigh)) << 8));
  }

  #read(register: number): Promise<number> {
    return readRegister(this.#bus, EMC2101_ADDRESS, register);
  }

  #write(register: number, value: number): Promise<void> {
    return writeRegister(this.#bus, EMC2101_ADDRESS, register, value);
  }
}
