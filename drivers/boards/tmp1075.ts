/** TMP1075: a temperature sensor on the board. specs/bm1366.md 5.4 */
import type { I2cBus } from "../transport/i2c.ts";

/** Where boards with BM1366 bear them: 0x48 and 0x49 on a Hex, 0x4a and 0x4b on an LV07. */
export const TMP1075_ADDRESSES = [0x48, 0x49, 0x4a, 0x4b] as const;

const TEMPERATURE = 0x00;
const STEP_C = 0.0625;
/** The part's range; a reading outside is no temperature. */
const RANGE_C = { min: -55, max: 125 } as const;

/** 12 bits, two's complement, left-aligned in a big endian word; null outside the part's range. */
export function tmp1075TempC(high: number, low: number): number | null {
  const tempC = (((high << 24) >> 20) | (low >> 4)) * STEP_C;
  return tempC < RANGE_C.min || tempC > RANGE_C.max ? null : tempC;
}

export class Tmp1075 {
  readonly address: number;
  readonly #bus: I2cBus;

  constructor(bus: I2cBus, address: number) {
    this.#bus = bus;
    this.address = address;
  }

  async tempC(): Promise<number | null> {
    const [high = 0, low = 0] = await this.#bus.writeRead(this.address, Uint8Array.of(TEMPERATURE), 2);
    return tmp1075TempC(high, low);
  }
}

/** The hottest of these sensors; null when any is unknown, for that may be the hottest. */
export async function hottestC(sensors: readonly Tmp1075[]): Promise<number | null> {
  let hottest: number | null = null;
  for (const sensor of sensors) {
    const tempC = await sensor.tempC();
    if (tempC === null) return null;
    hottest = Math.max(hottest ?? tempC, tempC);
  }
  return hottest;
}
