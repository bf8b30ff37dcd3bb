import type { I2cDevice } from "./i2c.ts";

const OUT0 = 0xf8;
const OUT1 = 0xf9;
/** specs/bm1366.md 5.3: feedback reference, its two resistors, full scale of the current. */
const FEEDBACK_V = 0.6;
const LOWER_OHM = 3320;
const UPPER_OHM = 4750;
const FULL_SCALE_A = 98.921e-6;
const STEPS = 127;

/** Current source that moves the feedback of a TPS40305: one byte is one core voltage. specs/bm1366.md 5.3 */
export class Ds4432u implements I2cDevice {
  readonly address = 0x48;
  #registers = new Map([
    [OUT0, 0],
    [OUT1, 0],
  ]);
  #pointer = OUT0;

  write(bytes: Uint8Array): void {
    const [register, ...values] = bytes;
    if (register === undefined) return;
    this.#pointer = register;
    values.forEach((value, i) => {
      if (this.#registers.has(register + i)) this.#registers.set(register + i, value);
    });
  }

  read(count: number): Uint8Array {
    return Uint8Array.from({ length: count }, (_, i) => this.#registers.get(this.#pointer + i) ?? 0);
  }

  /** As a host would set it. */
  setVolts(volts: number): void {
    const current = FEEDBACK_V / LOWER_OHM - (volts - FEEDBACK_V) / UPPER_OHM;
    this.#registers.set(OUT0, Math.ceil((Math.abs(current) / FULL_SCALE_A) * STEPS) | (current > 0 ? 0x80 : 0));
  }

  /** Volts the regulator is told to give: bit 7 sources current and so lowers the voltage. */
  get targetV(): number {
    const code = this.#registers.get(OUT0) ?? 0;
    const current = ((code & 0x7f) * FULL_SCALE_A) / STEPS;
    return FEEDBACK_V + UPPER_OHM * (FEEDBACK_V / LOWER_OHM - ((code & 0x80) !== 0 ? current : -current));
  }
}
