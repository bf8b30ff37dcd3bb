/** DS4432U: a current source at the feedback pin of the TPS40305, so that its code sets the core voltage. specs/bm1366.md 5.3 */
import { type I2cBus, readRegister, writeRegister } from "../transport/i2c.ts";

export const DS4432U_ADDRESS = 0x48;
const OUT0 = 0xf8;

const FEEDBACK_V = 0.6;
const LOWER_OHM = 3320;
const UPPER_OHM = 4750;
const FULL_SCALE_A = 98.921e-6;
const FULL_SCALE_CODE = 127;
/** The output with no current; the register's value after power-on is 0. */
const NO_CURRENT_V = 1.451;
const SINK = 0x80;

export const DS4432U_RANGE_V = { min: 0.046, max: 2.39 } as const;

/** Volts of one step of the code. */
export const DS4432U_STEP_V = (FULL_SCALE_A / FULL_SCALE_CODE) * UPPER_OHM;

/** The code for a voltage; RangeError outside 0.046..2.39 V. Rounds the current up: below 1.451 V the output is never above what was asked. */
export function ds4432uCode(volts: number): number {
  if (!(volts >= DS4432U_RANGE_V.min && volts <= DS4432U_RANGE_V.max)) {
    throw new RangeError(`${volts} V is outside ${DS4432U_RANGE_V.min}..${DS4432U_RANGE_V.max} V`);
  }
  const amperes = Math.abs(FEEDBACK_V / LOWER_OHM - (volts - FEEDBACK_V) / UPPER_OHM);
  const code = Math.ceil((amperes / FULL_SCALE_A) * FULL_SCALE_CODE);
  return volts < NO_CURRENT_V ? code | SINK : code;
}

/** The voltage of a code. */
export function ds4432uVolts(code: number): number {
  const magnitude = code & ~SINK;
  if (magnitude === 0) return NO_CURRENT_V;
  const amperes = (magnitude / FULL_SCALE_CODE) * FULL_SCALE_A;
  return FEEDBACK_V + UPPER_OHM * (FEEDBACK_V / LOWER_OHM + ((code & SINK) !== 0 ? -amperes : amperes));
}

export class Ds4432u {
  readonly #bus: I2cBus;

  constructor(bus: I2cBus) {
    this.#bus = bus;
  }

  /** Writes the code, reads it back; both are returned, the caller judges. */
  async setVolts(volts: number): Promise<{ written: number; readBack: number }> {
    const written = ds4432uCode(volts);
    await writeRegister(this.#bus, DS4432U_ADDRESS, OUT0, written);
    return { written, readBack: await readRegister(this.#bus, DS4432U_ADDRESS, OUT0) };
  }
}
