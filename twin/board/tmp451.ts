import type { I2cDevice } from "./i2c.ts";

/** What the sensor measures; `remoteC` is null while no diode is connected. */
export interface LocalAndRemote {
  readonly localC: number;
  readonly remoteC: number | null;
}

/** Sensors with this register map, told apart by their manufacturer. specs/bm1387.md 4.4 */
const KINDS = {
  TMP451: { manufacturer: 0x55, fractions: true, remote: true },
  ADT7461: { manufacturer: 0x41, fractions: true, remote: true },
  NCT218: { manufacturer: 0x1a, fractions: false, remote: false },
} as const;
export type Tmp451Kind = keyof typeof KINDS;

const REGISTER = {
  local: 0x00,
  remote: 0x01,
  status: 0x02,
  config: 0x03,
  configWrite: 0x09,
  remoteFraction: 0x10,
  remoteOffset: 0x11,
  localFraction: 0x15,
  manufacturer: 0xfe,
  device: 0xff,
} as const;
const EXTENDED = 0x04;
const REMOTE_OPEN = 0x04;
const EXTENDED_OFFSET = 64;
/** What a remote channel without a diode reads. GUESS; the status bit is what tells. */
const OPEN_READING = 0xff;

/** TMP451, ADT7461 or NCT218 behind a chip. specs/bm1387.md 4.4 */
export class Tmp451 implements I2cDevice {
  readonly address: number;
  readonly #kind: Tmp451Kind;
  readonly #measure: () => LocalAndRemote;
  #pointer = 0;
  #config = 0;
  #remoteOffset = 0;
  /** Fractions belong to the whole part that was read last. */
  #localSixteenths = 0;
  #remoteSixteenths = 0;

  /** address8: 0x98, 0x9A or 0x9C. */
  constructor(kind: Tmp451Kind, address8: number, measure: () => LocalAndRemote) {
    this.#kind = kind;
    this.address = address8 >> 1;
    this.#measure = measure;
  }

  write(bytes: Uint8Array): void {
    const [register, value] = bytes;
    if (register === undefined) return;
    this.#pointer = register;
    if (value === undefined) return;
    if (register === REGISTER.configWrite) this.#config = value;
    if (register === REGISTER.remoteOffset) this.#remoteOffset = (value << 24) >> 24;
  }

  read(count: number): Uint8Array {
    return Uint8Array.from({ length: count }, () => this.#read(this.#pointer));
  }

  #read(register: number): number {
    const { manufacturer, fractions, remote } = KINDS[this.#kind];
    switch (register) {
      case REGISTER.local:
        this.#localSixteenths = this.#code(this.#measure().localC);
        return this.#localSixteenths >> 4;
      case REGISTER.localFraction:
        return fractions ? (this.#localSixteenths & 0xf) << 4 : 0;
      case REGISTER.remote: {
        const { remoteC } = this.#measure();
        if (!remote) return 0;
        this.#remoteSixteenths = remoteC === null ? OPEN_READING << 4 : this.#code(remoteC + this.#remoteOffset);
        return this.#remoteSixteenths >> 4;
      }
      case REGISTER.remoteFraction:
        return fractions ? (this.#remoteSixteenths & 0xf) << 4 : 0;
      case REGISTER.status:
        return remote && this.#measure().remoteC === null ? REMOTE_OPEN : 0;
      case REGISTER.config:
        return this.#config;
      case REGISTER.remoteOffset:
        return this.#remoteOffset & 0xff;
      case REGISTER.manufacturer:
        return manufacturer;
      case REGISTER.device:
        return 0;
      default:
        return 0;
    }
  }

  /** 12 bits: whole degrees above a sixteenth, offset by 64 in the extended range. */
  #code(tempC: number): number {
    const extended = (this.#config & EXTENDED) !== 0;
    const sixteenths = Math.round((tempC + (extended ? EXTENDED_OFFSET : 0)) * 16);
    return Math.max(0, Math.min(extended ? 0xfff : 0x7ff, sixteenths));
  }
}
