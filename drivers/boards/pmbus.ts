/** PMBus number formats and the encodings of the TPS546's registers. Words go low byte first. specs/bm1366.md 5.3 */

const MANTISSA_MAX = 1023;
const MANTISSA_MIN = -1024;
const EXPONENT_MAX = 15;
const EXPONENT_MIN = -16;

const signExtend = (value: number, bits: number): number => (value << (32 - bits)) >> (32 - bits);

/** LINEAR11: exponent in bits 15..11, mantissa in 10..0, both two's complement. */
export const linear11Value = (word: number): number => signExtend(word & 0x7ff, 11) * 2 ** signExtend(word >> 11, 5);

/** The word with the finest exponent that holds the value; the rest is cut towards zero. RangeError beyond what the format can hold. */
export function linear11Word(value: number): number {
  for (let exponent = EXPONENT_MIN; exponent <= EXPONENT_MAX; exponent++) {
    const mantissa = Math.trunc(value / 2 ** exponent);
    if (mantissa >= MANTISSA_MIN && mantissa <= MANTISSA_MAX) return ((exponent & 0x1f) << 11) | (mantissa & 0x7ff);
  }
  throw new RangeError(`${value} does not fit LINEAR11`);
}

/** LINEAR11 with exponent 0, for whole numbers. ESP-Miner writes temperatures, times and the switching frequency so. */
export function linear11Integer(value: number): number {
  if (!Number.isInteger(value) || value < MANTISSA_MIN || value > MANTISSA_MAX)
    throw new RangeError(`${value} is no integer LINEAR11 holds`);
  return value & 0x7ff;
}

/** The exponent VOUT_MODE announces (its low 5 bits); null when bits 6..5 name another format than linear. */
export const voutExponent = (voutMode: number): number | null => ((voutMode & 0x60) === 0 ? signExtend(voutMode & 0x1f, 5) : null);

export const ulinear16Value = (word: number, exponent: number): number => word * 2 ** exponent;

/** Cut down, as ESP-Miner does: the voltage set is never above the one asked. RangeError beyond 16 bits. */
export function ulinear16Word(value: number, exponent: number): number {
  const word = Math.floor(value / 2 ** exponent);
  if (!(word >= 0 && word <= 0xffff)) throw new RangeError(`${value} does not fit ULINEAR16 with exponent ${exponent}`);
  return word;
}

export type PmbusEncoding = "none" | "byte" | "word" | "linear11" | "integer11" | "ulinear16";

/** A command and its value on the wire. `exponent` is VOUT_MODE's and matters to "ulinear16" alone. */
export function pmbusBytes(command: number, encoding: PmbusEncoding, value: number, exponent: number): Uint8Array {
  if (encoding === "none") return Uint8Array.of(command);
  if (encoding === "byte") return Uint8Array.of(command, value);
  const word = pmbusWord(encoding, value, exponent);
  return Uint8Array.of(command, word & 0xff, word >> 8);
}

function pmbusWord(encoding: "word" | "linear11" | "integer11" | "ulinear16", value: number, exponent: number): number {
  switch (encoding) {
    case "word":
      return value;
    case "linear11":
      return linear11Word(value);
    case "integer11":
      return linear11Integer(value);
    case "ulinear16":
      return ulinear16Word(value, exponent);
  }
}

/** STATUS_WORD, bit by bit. specs/bm1366.md 5.3 */
const STATUS_BITS: readonly (readonly [number, string])[] = [
  [0x8000, "VOUT"],
  [0x4000, "IOUT"],
  [0x2000, "INPUT"],
  [0x1000, "MFR"],
  [0x0800, "POWER_NOT_GOOD"],
  [0x0040, "OFF"],
  [0x0020, "VOUT_OV"],
  [0x0010, "IOUT_OC"],
  [0x0008, "VIN_UV"],
  [0x0004, "TEMPERATURE"],
];

/** Names of the bits that are set, most significant first; a bit without a name as its hex value. */
export function statusNames(word: number): string[] {
  const known = STATUS_BITS.filter(([bit]) => (word & bit) !== 0).map(([, name]) => name);
  const unnamed = STATUS_BITS.reduce((rest, [bit]) => rest & ~bit, word);
  return unnamed === 0 ? known : [...known, `0x${unnamed.toString(16).padStart(4, "0")}`];
}
