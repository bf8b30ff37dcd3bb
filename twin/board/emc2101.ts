import type { I2cDevice } from "./i2c.ts";

/** What its inputs carry. `diodeC` is null while no diode is connected. */
export interface FanAndDiode {
  readonly internalC: number;
  readonly diodeC: number | null;
  readonly fanRpm: number;
}

const REGISTER = {
  internal: 0x00,
  external: 0x01,
  config: 0x03,
  externalLow: 0x10,
  tachLow: 0x46,
  tachHigh: 0x47,
  fanConfig: 0x4a,
  fan: 0x4c,
} as const;
const RESET_VALUES: ReadonlyMap<number, number> = new Map([
  // Product and manufacturer: specs/bm1366.md 5.4. Revision, fan configuration: EMC2101 data sheet.
  [0xfd, 0x16],
  [0xfe, 0x5d],
  [0xff, 0x01],
  [0x4a, 0x20],
]);
const DIODE_OPEN = 0x3f8;
const TACH_ENABLED = 0x04;
const FAN_STEPS = 63;

/** Fan driver and thermometer. specs/bm1366.md 5.4 */
export class Emc2101 implements I2cDevice {
  readonly address = 0x4c;
  readonly #measure: () => FanAndDiode;
  readonly #setDuty: (duty: number) => void;
  #registers = new Map(RESET_VALUES);
  #pointer = 0;
  #latchedTach = 0xffff;
  #latchedDiode = DIODE_OPEN;

  constructor(measure: () => FanAndDiode, setDuty: (duty: number) => void) {
    this.#measure = measure;
    this.#setDuty = setDuty;
  }

  write(bytes: Uint8Array): void {
    const [register, value] = bytes;
    if (register === undefined) return;
    this.#pointer = register;
    if (value === undefined) return;
    this.#registers.set(register, value);
    if (register === REGISTER.fan) this.#setDuty(Math.min(value & 0x3f, FAN_STEPS) / FAN_STEPS);
  }

  read(count: number): Uint8Array {
    return Uint8Array.from({ length: count }, (_, i) => this.#read(this.#pointer + i));
  }

  #read(register: number): number {
    const reading = this.#measure();
    switch (register) {
      case REGISTER.internal:
        return Math.max(0, Math.round(reading.internalC)) & 0xff;
      // High byte first here, low byte first for the tachometer: the other half is latched with it.
      case REGISTER.external:
        this.#latchedDiode = diodeCode(reading.diodeC);
        return this.#latchedDiode >> 3;
      case REGISTER.externalLow:
        return (this.#latchedDiode & 7) << 5;
      case REGISTER.tachLow:
        this.#latchedTach = this.#tachCount(reading.fanRpm);
        return this.#latchedTach & 0xff;
      case REGISTER.tachHigh:
        return this.#latchedTach >> 8;
      default:
        return this.#registers.get(register) ?? 0;
    }
  }

  #tachCount(rpm: number): number {
    const enabled = ((this.#registers.get(REGISTER.config) ?? 0) & TACH_ENABLED) !== 0;
    return enabled && rpm > 0 ? Math.min(0xffff, Math.round(5_400_000 / rpm)) : 0xffff;
  }
}

/** 11 bits, signed, 0.125 C. */
function diodeCode(tempC: number | null): number {
  if (tempC === null) return DIODE_OPEN;
  return Math.max(-1024, Math.min(DIODE_OPEN - 1, Math.round(tempC / 0.125))) & 0x7ff;
}
