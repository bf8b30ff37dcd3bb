import type { I2cDevice } from "./i2c.ts";

/** What the sensor measures, with its noise. */
export interface InputReading {
  readonly currentA: number;
  readonly voltageV: number;
}

const CURRENT = 1;
const VOLTAGE = 2;
const POWER = 3;
/** From the INA260 data sheet: configuration after reset, manufacturer "TI", die id. */
const CONSTANTS: ReadonlyMap<number, number> = new Map([
  [0x00, 0x6127],
  [0xfe, 0x5449],
  [0xff, 0x2270],
]);

/** Current and voltage of the input. Big-endian words; 1.25 mA, 1.25 mV, 10 mW per step. specs/bm1366.md 5.3 */
export class Ina260 implements I2cDevice {
  readonly address = 0x40;
  readonly #measure: () => InputReading;
  #pointer = 0;

  constructor(measure: () => InputReading) {
    this.#measure = measure;
  }

  write(bytes: Uint8Array): void {
    if (bytes[0] !== undefined) this.#pointer = bytes[0];
  }

  read(count: number): Uint8Array {
    const word = this.#register(this.#pointer);
    return Uint8Array.from({ length: count }, (_, i) => (i % 2 === 0 ? (word >> 8) & 0xff : word & 0xff));
  }

  #register(register: number): number {
    const { currentA, voltageV } = this.#measure();
    switch (register) {
      case CURRENT:
        return Math.round(currentA / 0.00125) & 0xffff;
      case VOLTAGE:
        return Math.round(voltageV / 0.00125) & 0xffff;
      case POWER:
        return Math.max(0, Math.round((currentA * voltageV) / 0.01)) & 0xffff;
      default:
        return CONSTANTS.get(register) ?? 0;
    }
  }
}
