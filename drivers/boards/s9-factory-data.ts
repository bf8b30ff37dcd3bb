/** What the factory left in the PIC of an S9 hash board. specs/bm1387.md 4.3 */
import { FREQUENCY_BINS_MHZ } from "./s9-frequency-bins.ts";

export const S9_CHIPS = 63;

/** Word addresses in the PIC's flash; a word is read as two bytes. */
export const BADCORE_AREA = { pointer: 0x0f80, bytes: 64 } as const;
export const FREQ_AREA = { pointer: 0x0fa0, bytes: 128 } as const;

const FREQ_MAGIC = 0x7d;
const MARK = 0x23;
const STEP_DOWN_MASK = 0x3f;
const NO_STEP_DOWN = 0x3f;

export interface FactoryFrequencies {
  /** By how many bins the stock firmware lowers all chips. */
  readonly stepDown: number;
  /** Per chip, as the factory found it; null where the byte is no bin of the table. */
  readonly chipMhz: readonly (number | null)[];
  readonly temperatureOffsetC: number;
  readonly baseMhz: number | null;
  /** The chain voltage of the test; null when its mark is missing. */
  readonly backupVoltageMv: number | null;
  /** The temperature at which the test was passed; null when its mark is missing. */
  readonly testTempC: number | null;
}

const signedByte = (byte: number): number => (byte << 24) >> 24;

/** null when the area does not bear its mark: an erased or foreign PIC. RangeError when it is not 128 bytes. */
export function decodeFrequencies(area: Uint8Array): FactoryFrequencies | null {
  requireSize(area, FREQ_AREA.bytes);
  if (area[1] !== FREQ_MAGIC) return null;
  const at = (i: number): number => area[i] as number;
  // The second record lies in the low nibbles of even bytes, high nibble first.
  const nibbles = (i: number): number => ((at(i) & 0xf) << 4) | (at(i + 2) & 0xf);
  const stepDown = at(0) & STEP_DOWN_MASK;
  return {
    stepDown: stepDown === NO_STEP_DOWN ? 0 : stepDown,
    chipMhz: Array.from({ length: S9_CHIPS }, (_, chip) => FREQUENCY_BINS_MHZ[at(3 + 2 * chip)] ?? null),
    temperatureOffsetC: signedByte(nibbles(2)),
    baseMhz: FREQUENCY_BINS_MHZ[nibbles(6)] ?? null,
    backupVoltageMv: at(40) === MARK ? nibbles(36) * 100 : null,
    testTempC: at(46) === MARK ? signedByte(nibbles(42)) : null,
  };
}

/** Bad cores per chip, 0..15; null when the area does not bear its mark. RangeError when it is not 64 bytes. */
export function decodeBadCores(area: Uint8Array): readonly number[] | null {
  requireSize(area, BADCORE_AREA.bytes);
  if (area[0] !== MARK) return null;
  return Array.from({ length: S9_CHIPS }, (_, chip) => (chip % 2 === 0 ? (area[chip + 1] as number) >> 4 : (area[chip] as number) & 0xf));
}

export interface TemperatureOffset {
  /** Position in the chain from 0: the chip behind which the sensor sits. */
  readonly chip: number;
  readonly offsetC: number;
}

const OFFSET_PAIRS_BYTES = 8;

/** Four pairs of chip number (from 1; 0 is an empty pair) and signed offset. RangeError when it is not 8 bytes. */
export function decodeTemperatureOffsets(bytes: Uint8Array): readonly TemperatureOffset[] {
  requireSize(bytes, OFFSET_PAIRS_BYTES);
  const pairs = [0, 2, 4, 6].map((i) => [bytes[i] as number, bytes[i + 1] as number] as const);
  return pairs.filter(([chip]) => chip >= 1 && chip <= S9_CHIPS).map(([chip, offset]) => ({ chip: chip - 1, offsetC: signedByte(offset) }));
}

function requireSize(bytes: Uint8Array, size: number): void {
  if (bytes.length !== size) throw new RangeError(`${bytes.length} bytes where ${size} are expected`);
}
