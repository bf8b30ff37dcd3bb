import { minimumVoltage1387, type Silicon1387 } from "../chip/bm1387-silicon.ts";
import { S9_PARAMETERS } from "../parameters.ts";
import { errorProbability } from "../physics/error-law.ts";

/** Where a board's PIC keeps what the factory measured. specs/bm1387.md 4.1 */
export const BADCORE_WORD_ADDRESS = 0x0f80;
export const FREQ_WORD_ADDRESS = 0x0fa0;
const BADCORE_BYTES = 64;
const FREQ_BYTES = 128;
const SLOTS = 63;

/** Frequency bins by index, MHz, from the weakest that a factory record of specs/bm1387.md shows (512 MHz) to the best (662.5). */
export const FREQUENCY_BINS: ReadonlyMap<number, number> = new Map([
  [48, 512.5],
  [51, 520.8333],
  [52, 525],
  [53, 529.1667],
  [54, 531.25],
  [55, 537.5],
  [57, 543.75],
  ...Array.from({ length: 19 }, (_, i) => [58 + i, 550 + 6.25 * i] as const),
]);

/** Factory test voltage, and the best bin of boards J6, J7, J8. specs/bm1387.md 8.4 */
const TEST_STRING_V = 8.8;
const CAP_BY_ADDRESS: ReadonlyMap<number, number> = new Map([
  [0x55, 76],
  [0x56, 70],
  [0x57, 72],
]);

export interface FactoryRecord {
  readonly tempOffsetC: number;
  readonly testTempC: number;
}

/** The index of the highest bin at which a chip ran the factory test without an error worth noting. */
export function frequencyBin(silicon: Silicon1387, boardAddress: number): number {
  const cap = CAP_BY_ADDRESS.get(boardAddress) ?? 76;
  const coreV = TEST_STRING_V / S9_PARAMETERS.string.domains;
  const passes = (mhz: number) => errorProbability(coreV - minimumVoltage1387(mhz) - silicon.chipOffsetV) < 1e-5;
  const passing = [...FREQUENCY_BINS].filter(([index, mhz]) => index <= cap && passes(mhz)).map(([index]) => index);
  return passing.at(-1) ?? 48;
}

/** The FREQ area: a bin per chip in the odd bytes, a second record in the low nibbles of the even ones. specs/bm1387.md 4.3 */
export function freqBytes(bins: readonly number[], record: FactoryRecord): Uint8Array {
  const bytes = new Uint8Array(FREQ_BYTES);
  const second = (at: number, value: number) => {
    bytes[at] = (value >> 4) & 0xf;
    bytes[at + 2] = value & 0xf;
  };
  bytes[1] = 0x7d;
  for (let chip = 0; chip < SLOTS && chip < bins.length; chip++) bytes[3 + 2 * chip] = bins[chip] as number;
  second(2, record.tempOffsetC & 0xff);
  second(6, Math.min(...bins));
  second(36, Math.round(TEST_STRING_V * 10));
  bytes[40] = 0x23;
  second(42, record.testTempC);
  bytes[46] = 0x23;
  return bytes;
}

/** The BADCORE area: a nibble per chip. specs/bm1387.md 4.3 */
export function badCoreBytes(counts: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(BADCORE_BYTES);
  bytes[0] = 0x23;
  counts.slice(0, SLOTS).forEach((count, chip) => {
    const nibble = Math.min(15, count);
    const at = chip % 2 === 0 ? chip + 1 : chip;
    bytes[at] = (bytes[at] as number) | (chip % 2 === 0 ? nibble << 4 : nibble);
  });
  return bytes;
}

/** Flash words of bytes, high byte first. */
export function wordsOf(bytes: Uint8Array): Uint16Array {
  return Uint16Array.from({ length: bytes.length / 2 }, (_, i) => ((bytes[2 * i] as number) << 8) | (bytes[2 * i + 1] as number));
}
