/**
 * A lane: n whole numbers of 32 bits, stored as distances from their minimum in as few bits as nearly all of them need; the few that need more are
 * patched (Zukowski et al., "Super-Scalar RAM-CPU Cache Compression", 2006). Little-endian words of 32 bits:
 *
 *   u32  minimum
 *   u32  bits | shift << 8 | patches << 16     bits 0..32, shift 0..31; no more than 32 768 patches, half a chunk's rows
 *   ceil(n * bits / 32) words                  value = minimum + (code << shift), codes packed from the lowest bit
 *   per patch u32 row, u32 value               the value itself
 */
export const LANE_HEAD_WORDS = 2;
const PATCH_BITS = 64;
/** Above so many rows, one in so many says enough about all of them. */
const SAMPLED_ABOVE = 512;
const SAMPLE_STEP = 5;

/** The most words a lane of n rows can take: one of 32 bits without patches is always possible. */
export function maxLaneWords(n: number): number {
  return LANE_HEAD_WORDS + n;
}

const widths = new Uint32Array(33);

/** Writes `values` from word `at` of `out` on; returns the word behind it. */
export function writeLane(values: Uint32Array, out: Uint32Array, at: number): number {
  const n = values.length;
  // Signed views and an offset of 2^31 keep V8 on 32-bit integers: as unsigned numbers they would become doubles.
  const ints = signed(values);
  let least = 0x7fff_ffff;
  let most = -0x8000_0000;
  const first = n > 0 ? (ints[0] as number) : 0;
  let used = 0;
  for (let i = 0; i < n; i++) {
    const value = ints[i] as number;
    const biased = value ^ -0x8000_0000;
    if (biased < least) least = biased;
    if (biased > most) most = biased;
    // Zero bits below all distances from one value are below those from any other.
    used |= (value - first) | 0;
  }
  const min = least ^ -0x8000_0000;
  if (least >= most) return writeHead(out, at, n === 0 ? 0 : min, 0, 0, 0);
  const shift = 31 - Math.clz32(used & -used);
  const needed = 32 - Math.clz32((most - least) >>> shift);
  const from = at + LANE_HEAD_WORDS;
  if (needed === 32) {
    writeHead(out, at, min, 32, 0, 0);
    return packWhole(ints, min, out, from);
  }
  let bits = cheapestBits(ints, min, shift, needed);
  let end = pack(ints, min, bits, shift, signed(out), from);
  if (end < 0) {
    // The rows looked at were not like the others.
    bits = needed;
    end = pack(ints, min, bits, shift, signed(out), from);
  }
  writeHead(out, at, min, bits, shift, (end - from - wordsFor(n, bits)) / 2);
  return end;
}

/** The word behind the last patch; -1 when patches need more room than whole words would. */
function pack(ints: Int32Array, min: number, bits: number, shift: number, out: Int32Array, from: number): number {
  const n = ints.length;
  const leastZeros = 32 - bits;
  const end = from + n;
  let patchAt = from + wordsFor(n, bits);
  let word = from;
  let held = 0;
  let holding = 0;
  for (let i = 0; i < n; i++) {
    let code = (((ints[i] as number) - min) >>> shift) | 0;
    if (Math.clz32(code) < leastZeros) {
      if (patchAt + 2 > end) return -1;
      out[patchAt++] = i;
      out[patchAt++] = ints[i] as number;
      code = 0;
    }
    held |= code << holding;
    holding += bits;
    if (holding >= 32) {
      out[word++] = held;
      holding -= 32;
      // A shift by 32 is none in JavaScript.
      held = holding === 0 ? 0 : (code >>> (bits - holding)) | 0;
    }
  }
  if (holding > 0) out[word] = held;
  return patchAt;
}

function packWhole(ints: Int32Array, min: number, out: Uint32Array, from: number): number {
  if (min === 0) out.set(ints, from);
  else for (let i = 0; i < ints.length; i++) out[from + i] = (ints[i] as number) - min;
  return from + ints.length;
}

function signed(words: Uint32Array): Int32Array {
  return new Int32Array(words.buffer, words.byteOffset, words.length);
}

/** Reads a lane of `values.length` rows from word `at`; returns the word behind it, or -1 when that is no lane or it ends beyond `words`. */
export function readLane(words: Uint32Array, at: number, values: Uint32Array): number {
  const n = values.length;
  if (at < 0 || at + LANE_HEAD_WORDS > words.length) return -1;
  const min = words[at] as number;
  const head = words[at + 1] as number;
  const bits = head & 0xff;
  const shift = (head >>> 8) & 0xff;
  const patches = head >>> 16;
  const from = at + LANE_HEAD_WORDS;
  const patchesAt = from + wordsFor(n, bits);
  const end = patchesAt + 2 * patches;
  if (bits > 32 || shift > 31 || end > words.length) return -1;
  if (bits === 0) values.fill(min);
  else if (bits === 32) unpackWhole(words, from, values, min);
  else unpack(signed(words), from, signed(values), min | 0, bits, shift);
  for (let patch = patchesAt; patch < end; patch += 2) {
    const row = words[patch] as number;
    if (row >= n) return -1;
    values[row] = words[patch + 1] as number;
  }
  return end;
}

function unpack(words: Int32Array, from: number, values: Int32Array, min: number, bits: number, shift: number): void {
  const n = values.length;
  const mask = (2 ** bits - 1) | 0;
  const lastInWord = 32 - bits;
  for (let i = 0, bit = 0; i < n; i++, bit += bits) {
    const word = from + (bit >>> 5);
    const offset = bit & 31;
    let code = (words[word] as number) >>> offset;
    if (offset > lastInWord) code |= (words[word + 1] as number) << (32 - offset);
    values[i] = ((code & mask) << shift) + min;
  }
}

function unpackWhole(words: Uint32Array, from: number, values: Uint32Array, min: number): void {
  values.set(words.subarray(from, from + values.length));
  if (min !== 0) for (let i = 0; i < values.length; i++) values[i] = (values[i] as number) + min;
}

/** How many bits cost least when what needs more is patched, judged by some of the rows. */
function cheapestBits(values: Int32Array, min: number, shift: number, needed: number): number {
  const step = values.length > SAMPLED_ABOVE ? SAMPLE_STEP : 1;
  widths.fill(0);
  let sampled = 0;
  for (let i = 0; i < values.length; i += step) {
    const width = 32 - Math.clz32(((values[i] as number) - min) >>> shift);
    widths[width] = (widths[width] as number) + 1;
    sampled++;
  }
  let best = needed;
  let bestCost = sampled * needed;
  let patches = 0;
  for (let bits = needed - 1; bits >= 0; bits--) {
    patches += widths[bits + 1] as number;
    const cost = sampled * bits + patches * PATCH_BITS;
    if (cost < bestCost) {
      best = bits;
      bestCost = cost;
    }
  }
  return best;
}

function wordsFor(n: number, bits: number): number {
  return Math.ceil((n * bits) / 32);
}

function writeHead(out: Uint32Array, at: number, min: number, bits: number, shift: number, patches: number): number {
  out[at] = min;
  out[at + 1] = bits | (shift << 8) | (patches << 16);
  return at + LANE_HEAD_WORDS;
}
