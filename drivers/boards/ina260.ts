/** INA260: current, voltage and power at the board's input. Words are big endian. specs/bm1366.md 5.3 */
import type { I2cBus } from "../transport/i2c.ts";

export const INA260_ADDRESS = 0x40;
const REGISTER = { current: 1, voltage: 2, power: 3 } as const;

/** 1.25 mA per step, two's complement: negative is current flowing back. */
export const ina260CurrentMa = (word: number): number => ((word << 16) >> 16) * 1.25;
export const ina260VoltageMv = (word: number): number => word * 1.25;
export const ina260PowerMw = (word: number): number => word * 10;

export class Ina260 {
  readonly #bus: I2cBus;

  constructor(bus: I2cBus) {
    this.#bus = bus;
  }

  async currentMa(): Promise<number> {
    return ina260CurrentMa(await this.#word(REGISTER.current));
  }

  async voltageMv(): Promise<number> {
    return ina260VoltageMv(await this.#word(REGISTER.voltage));
  }

  async powerMw(): Promise<number> {
    return ina260PowerMw(await this.#word(REGISTER.power));
  }

  async #word(register: number): Promise<number> {
    const [high = 0, low = 0] = await this.#bus.writeRead(INA260_ADDRESS, Uint8Array.of(register), 2);
    return (high << 8) | low;
  }
}
