/** EMC2302: controller of two fans, without a temperature sensor. specs/bm1366.md 5.4 */
import { type I2cBus, isNak, readRegister, writeRegister } from "../transport/i2c.ts";

export const EMC2302_ADDRESS = 0x2f;

/** Per fan. */
const DUTY = [0x30, 0x40] as const;
const CONFIGURATION = [0x32, 0x42] as const;
const TACH = [0x3e, 0x4e] as const;
const POLARITY = 0x2a;
const MANUFACTURER = 0xfe;
/** SMSC, as the EMC2101's. */
const MANUFACTURER_ID = 0x5d;

const FULL_DUTY = 255;
/** Not inverted: a duty of 255 is full speed. The LVXX firmware inverts the output and the duty, which comes to the same. */
const NOT_INVERTED = 0x00;
const RANGE_SHIFT = 5;
const RANGE_MASK = 0x03;
const TACH_CLOCK = 3_932_160;

export const emc2302Duty = (percent: number): number => Math.floor((FULL_DUTY * percent) / 100);

/** rpm of a tachometer count in its two bytes; `configuration` holds the range's multiplier in bits 6..5. null for a count of 0, which no fan gives. */
export function emc2302Rpm(high: number, low: number, configuration: number): number | null {
  if (high === 0xff) return 0;
  const count = (high << 5) | (low >> 3);
  const multiplier = 1 << ((configuration >> RANGE_SHIFT) & RANGE_MASK);
  return count === 0 ? null : Math.floor((TACH_CLOCK * multiplier) / count);
}

export class Emc2302 {
  readonly #bus: I2cBus;

  constructor(bus: I2cBus) {
    this.#bus = bus;
  }

  /** Does the chip at this address give SMSC's manufacturer id? */
  async isPresent(): Promise<boolean> {
    try {
      return (await this.#read(MANUFACTURER)) === MANUFACTURER_ID;
    } catch (error) {
      if (isNak(error)) return false;
      throw error;
    }
  }

  /** Both outputs not inverted, at full speed: until someone sets a duty the fans run so. */
  async configure(): Promise<void> {
    await this.#write(POLARITY, NOT_INVERTED);
    for (const register of DUTY) await this.#write(register, FULL_DUTY);
  }

  /** Writes both fans' duty, reads them back; the caller judges. `readBack` is the one that differs, if one does. */
  async setFanPercent(percent: number): Promise<{ written: number; readBack: number }> {
    const written = emc2302Duty(percent);
    for (const register of DUTY) await this.#write(register, written);
    const readBack = await Promise.all(DUTY.map((register) => this.#read(register)));
    return { written, readBack: readBack.find((duty) => duty !== written) ?? written };
  }

  /** The first fan that turns; 0 when none does. A second connector may be empty, so that its 0 tells nothing. */
  async fanRpm(): Promise<number | null> {
    for (const [fan, register] of TACH.entries()) {
      const configuration = await this.#read(CONFIGURATION[fan] as number);
      const [high = 0, low = 0] = await this.#bus.writeRead(EMC2302_ADDRESS, Uint8Array.of(register), 2);
      const rpm = emc2302Rpm(high, low, configuration);
      if (rpm !== 0) return rpm;
    }
    return 0;
  }

  #read(register: number): Promise<number> {
    return readRegister(this.#bus, EMC2302_ADDRESS, register);
  }

  #write(register: number, value: number): Promise<void> {
    return writeRegister(this.#bus, EMC2302_ADDRESS, register, value);
  }
}
