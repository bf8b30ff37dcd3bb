import type { I2cDevice } from "./i2c.ts";
import type { LocalAndRemote } from "./tmp451.ts";

/** Device ids. specs/bm1387.md 4.4 */
const DEVICE_IDS = { TMP421: 0x21, TMP422: 0x22, TMP423: 0x23 } as const;
export type Tmp42xKind = keyof typeof DEVICE_IDS;

const TEXAS_INSTRUMENTS = 0x55;
const REGISTER = { status: 0x08, config: 0x09, channels: 0x0a, manufacturer: 0xfe, device: 0xff } as const;
const FIRST_FRACTION = 0x10;
const EXTENDED = 0x04;
/** Local and first remote channel. */
const CHANNELS_AT_RESET = 0x1c;
const INVALID = 0x02;
const OPEN = 0x01;

/** TMP421, 422 or 423 behind a chip; its first remote channel is the chip's diode, the others have none. specs/bm1387.md 4.4 */
export class Tmp42x implements I2cDevice {
  readonly address: number;
  readonly #kind: Tmp42xKind;
  readonly #measure: () => LocalAndRemote;
  #pointer = 0;
  #config = 0;
  #channels = CHANNELS_AT_RESET;

  constructor(kind: Tmp42xKind, address8: number, measure: () => LocalAndRemote) {
    this.#kind = kind;
    this.address = address8 >> 1;
    this.#measure = measure;
  }

  write(bytes: Uint8Array): void {
    const [register, value] = bytes;
    if (register === undefined) return;
    this.#pointer = register;
    if (register === REGISTER.config && value !== undefined) this.#config = value;
    if (register === REGISTER.channels && value !== undefined) this.#channels = value;
  }

  read(count: number): Uint8Array {
    return Uint8Array.from({ length: count }, (_, i) => this.#read(this.#pointer + i));
  }

  #read(register: number): number {
    if (register <= 3) return this.#code(register) >> 4;
    if (register >= FIRST_FRACTION && register <= FIRST_FRACTION + 3) return this.#fraction(register - FIRST_FRACTION);
    switch (register) {
      case REGISTER.config:
        return this.#config;
      case REGISTER.channels:
        return this.#channels;
      case REGISTER.manufacturer:
        return TEXAS_INSTRUMENTS;
      case REGISTER.device:
        return DEVICE_IDS[this.#kind];
      default:
        return 0;
    }
  }

  #fraction(channel: number): number {
    if (this.#tempC(channel) === null) return INVALID | OPEN;
    return (this.#code(channel) & 0xf) << 4;
  }

  /** Bit 2 of the channel register enables the local sensor, bits 3.. the remote ones. */
  #tempC(channel: number): number | null {
    if ((this.#channels & (0x04 << channel)) === 0 || channel > 1) return null;
    const { localC, remoteC } = this.#measure();
    return channel === 0 ? localC : remoteC;
  }

  #code(channel: number): number {
    const extended = (this.#config & EXTENDED) !== 0;
    const tempC = this.#tempC(channel);
    if (tempC === null) return 0;
    return Math.max(0, Math.min(extended ? 0xfff : 0x7ff, Math.round((tempC + (extended ? 64 : 0)) * 16)));
  }
}
