/** Columns of 64 bits as two lanes: times as differences, floats on a grid where they lie on one. */
import { maxLaneWords, readLane, writeLane } from "./lane.ts";
import { scratch } from "./scratch.ts";

const TWO_32 = 2 ** 32;
/** Instead of an exponent: the two halves of each float as they are. */
const RAW = 0x8000_0000;
/** Powers of two that stay exact whatever they are multiplied with here. */
const MOST_EXPONENT = 300;
const NAN_HIGH = 0x7ff8_0000;

export const maxWideWords = (n: number): number => 6 + 2 * maxLaneWords(n);

/** The two 32-bit halves of each element, low one first. */
function halvesOf(column: BigInt64Array | Float64Array): Uint32Array {
  return new Uint32Array(column.buffer, column.byteOffset, 2 * column.length);
}

/** First value (2 words), then a lane of low and a lane of high halves of the zig-zag differences, modulo 2^64. */
export function writeTimes(times: BigInt64Array, out: Uint32Array, at: number): number {
  const n = times.length;
  const halves = halvesOf(times);
  const low = scratch(0, n);
  const high = scratch(1, n);
  const ints = new Int32Array(halves.buffer, halves.byteOffset, halves.length);
  let beforeLow = ints[0] as number;
  let beforeHigh = ints[1] as number;
  out[at] = beforeLow;
  out[at + 1] = beforeHigh;
  for (let i = 0; i < n; i++) {
    const nowLow = ints[2 * i] as number;
    const nowHigh = ints[2 * i + 1] as number;
    const borrowed = (nowLow ^ -0x8000_0000) < (beforeLow ^ -0x8000_0000) ? 1 : 0;
    const stepLow = (nowLow - beforeLow) | 0;
    const stepHigh = (nowHigh - beforeHigh - borrowed) | 0;
    const sign = stepHigh >> 31;
    low[i] = (stepLow << 1) ^ sign;
    high[i] = ((stepHigh << 1) | (stepLow >>> 31)) ^ sign;
    beforeLow = nowLow;
    beforeHigh = nowHigh;
  }
  return writeLane(high, out, writeLane(low, out, at + 2));
}

/** The word behind them, or -1. */
export function readTimes(words: Uint32Array, at: number, times: BigInt64Array): number {
  const n = times.length;
  if (at + 2 > words.length) return -1;
  const low = scratch(0, n);
  const high = scratch(1, n);
  const end = readLane(words, readLane(words, at + 2, low), high);
  const halves = halvesOf(times);
  let sumLow = words[at] as number;
  let sumHigh = (words[at + 1] as number) | 0;
  for (let i = 0; i < n; i++) {
    const zigzagLow = (low[i] as number) | 0;
    const zigzagHigh = (high[i] as number) | 0;
    const sign = -(zigzagLow & 1);
    const stepLow = ((zigzagLow >>> 1) | (zigzagHigh << 31)) ^ sign;
    // The low half counts as a signed number here, which the high half makes up for.
    sumLow += stepLow;
    sumHigh = (sumHigh + (((zigzagHigh >>> 1) ^ sign) - (stepLow >> 31))) | 0;
    if (sumLow >= TWO_32) {
      sumLow -= TWO_32;
      sumHigh = (sumHigh + 1) | 0;
    } else if (sumLow < 0) {
      sumLow += TWO_32;
      sumHigh = (sumHigh - 1) | 0;
    }
    halves[2 * i] = sumLow;
    halves[2 * i + 1] = sumHigh;
  }
  return end;
}

/**
 * A word with an exponent k: the floats are whole multiples of 2^-k, since they are differences of much larger numbers. Then their least multiple (a
 * double, 2 words), the code that means NaN (2 words), and two lanes with the halves of multiple - least. Or RAW and two lanes with the floats' halves.
 */
export function writeFloats(floats: Float64Array, out: Uint32Array, at: number): number {
  const n = floats.length;
  const low = scratch(0, n);
  const high = scratch(1, n);
  const grid = gridOf(floats);
  if (grid === null) {
    const halves = halvesOf(floats);
    for (let i = 0; i < n; i++) {
      low[i] = halves[2 * i] as number;
      high[i] = halves[2 * i + 1] as number;
    }
    out[at] = RAW;
    return writeLane(high, out, writeLane(low, out, at + 1));
  }
  const scale = 2 ** grid.exponent;
  const least = grid.least * scale;
  const nanCode = (grid.most - grid.least) * scale + 1;
  for (let i = 0; i < n; i++) {
    const value = floats[i] as number;
    const code = Number.isNaN(value) ? nanCode : value * scale - least;
    low[i] = code;
    high[i] = code / TWO_32;
  }
  out[at] = grid.exponent;
  writeDouble(out, at + 1, least);
  writeDouble(out, at + 3, nanCode);
  return writeLane(high, out, writeLane(low, out, at + 5));
}

/** The word behind them, or -1. */
export function readFloats(words: Uint32Array, at: number, floats: Float64Array): number {
  const n = floats.length;
  const low = scratch(0, n);
  const high = scratch(1, n);
  if (at < 0 || at + 5 > words.length) return -1;
  const exponent = (words[at] as number) | 0;
  if (exponent === (RAW | 0)) {
    const end = readLane(words, readLane(words, at + 1, low), high);
    const halves = halvesOf(floats);
    for (let i = 0; i < n; i++) {
      halves[2 * i] = low[i] as number;
      halves[2 * i + 1] = high[i] as number;
    }
    return end;
  }
  if (Math.abs(exponent) > MOST_EXPONENT) return -1;
  const unit = 2 ** -exponent;
  const least = readDouble(words, at + 1);
  const nanCode = readDouble(words, at + 3);
  if (!Number.isFinite(least) || !Number.isFinite(nanCode)) return -1;
  const end = readLane(words, readLane(words, at + 5, low), high);
  for (let i = 0; i < n; i++) {
    const code = (high[i] as number) * TWO_32 + (low[i] as number);
    floats[i] = code === nanCode ? Number.NaN : (least + code) * unit;
  }
  return end;
}

interface Grid {
  readonly exponent: number;
  readonly least: number;
  readonly most: number;
}

/** The coarsest grid all floats lie on; null when none of fewer than 2^52 steps holds them all, bit for bit. */
function gridOf(floats: Float64Array): Grid | null {
  const halves = halvesOf(floats);
  const ints = new Int32Array(halves.buffer, halves.byteOffset, halves.length);
  let exponent = -MOST_EXPONENT;
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < floats.length; i++) {
    const low = ints[2 * i] as number;
    const high = ints[2 * i + 1] as number;
    const biased = (high >>> 20) & 0x7ff;
    if (biased === 0x7ff) {
      if (low !== 0 || high !== NAN_HIGH) return null;
      continue;
    }
    const value = floats[i] as number;
    if (value < least) least = value;
    if (value > most) most = value;
    if (biased === 0) {
      // Subnormal numbers and -0.
      if (low !== 0 || high !== 0) return null;
      continue;
    }
    const zeros = low !== 0 ? 31 - Math.clz32(low & -low) : 63 - Math.clz32((high | 0x10_0000) & -(high | 0x10_0000));
    const needed = 1075 - biased - zeros;
    if (needed > exponent) exponent = needed;
  }
  if (exponent > MOST_EXPONENT || least > most) return null;
  const scale = 2 ** exponent;
  const fits = Math.abs(least) * scale < 2 ** 52 && Math.abs(most) * scale < 2 ** 52 && (most - least) * scale < 2 ** 52;
  return fits ? { exponent, least, most } : null;
}

const double = new Float64Array(1);
const doubleHalves = new Uint32Array(double.buffer);

function writeDouble(out: Uint32Array, at: number, value: number): void {
  double[0] = value;
  out.set(doubleHalves, at);
}

function readDouble(words: Uint32Array, at: number): number {
  doubleHalves[0] = words[at] as number;
  doubleHalves[1] = words[at + 1] as number;
  return double[0] as number;
}
