/**
 * Does the state of SHA-256 after round k of the second hash tell whether the hash will be small? The premise of every filter that would abort early, tested on real
 * double hashes of random headers. CLAIMS A 21, K 4
 */
import { splitmix64 } from "../../../common/random.ts";
import { checkFeatures } from "../../features/guard.ts";
import { matrix, rowRange, takeColumns } from "../../matrix.ts";
import { fitRidge, predict } from "../../readout/ridge.ts";
import { beatsBaseline } from "../../statistics/predictor.ts";

/** FIPS 180-4: first 32 bits of the fractional parts of the cube roots, and of the square roots, of the first primes. */
const PRIMES: readonly number[] = (() => {
  const found: number[] = [];
  for (let n = 2; found.length < 64; n++) if (found.every((prime) => n % prime !== 0)) found.push(n);
  return found;
})();

/** floor(2^32 x the fractional part of p^(1/root)), by whole numbers. */
function fractionalRoot(p: number, root: 2n | 3n): number {
  const target = BigInt(p) << (32n * root);
  let [low, high] = [0n, 1n << 40n];
  while (high - low > 1n) {
    const middle = (low + high) / 2n;
    if (middle ** root <= target) low = middle;
    else high = middle;
  }
  return Number(low & 0xffff_ffffn);
}

const K = Uint32Array.from(PRIMES, (p) => fractionalRoot(p, 3n));
const INITIAL = Uint32Array.from(PRIMES.slice(0, 8), (p) => fractionalRoot(p, 2n));

const rotate = (x: number, by: number) => (x >>> by) | (x << (32 - by));

/** One block on a chaining value; `seen` gets the eight working words after each round. */
function compress(chain: Uint32Array, block: Uint32Array, seen?: (round: number, words: Uint32Array) => void): Uint32Array {
  const w = new Uint32Array(64);
  w.set(block);
  for (let i = 16; i < 64; i++) {
    const [a, b] = [w[i - 15] as number, w[i - 2] as number];
    const s0 = rotate(a, 7) ^ rotate(a, 18) ^ (a >>> 3);
    const s1 = rotate(b, 17) ^ rotate(b, 19) ^ (b >>> 10);
    w[i] = (w[i - 16] as number) + s0 + (w[i - 7] as number) + s1;
  }
  const v = chain.slice();
  for (let i = 0; i < 64; i++) {
    const [a, b, c, d, e, f, g, h] = v as unknown as [number, number, number, number, number, number, number, number];
    const t1 = h + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + ((e & f) ^ (~e & g)) + (K[i] as number) + (w[i] as number);
    const t2 = (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
    v.set([t1 + t2, a, b, c, d + t1, e, f, g]);
    seen?.(i + 1, v);
  }
  return v.map((word, i) => word + (chain[i] as number));
}

/** Second hash of a block header's 80 bytes as 20 big-endian words; `seen` looks into the second hash. Returns its eight words. */
export function doubleHash(header: Uint32Array, seen?: (round: number, words: Uint32Array) => void): Uint32Array {
  const second = new Uint32Array(16);
  second.set(header.subarray(16));
  second[4] = 0x8000_0000;
  second[15] = 640;
  const first = compress(compress(INITIAL, header.subarray(0, 16)), second);
  const block = new Uint32Array(16);
  block.set(first);
  block[8] = 0x8000_0000;
  block[15] = 256;
  return compress(INITIAL, block, seen);
}

/** Leading zero bits of the hash as miners count them: its bytes in reverse, so the last word comes first, and its bytes reversed. */
export function leadingZeros(hash: Uint32Array): number {
  let bits = 0;
  for (let i = 7; i >= 0; i--) {
    const word = hash[i] as number;
    const swapped = ((word << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24)) >>> 0;
    bits += Math.clz32(swapped);
    if (swapped !== 0) return bits;
  }
  return bits;
}

export interface RoundInformation {
  readonly round: number;
  /** Area under the curve of a linear classifier of the 256 bits of the state, held out; 0.5 is chance. */
  readonly auc: number;
  readonly interval: readonly [number, number];
}

export interface RoundSettings {
  /** Winners and losers of each kind, half of them to train on. */
  readonly samples?: number;
  /** A winner's leading zero bits: difficulty 2^zeroBits in units of what is drawn. */
  readonly zeroBits?: number;
  readonly rounds?: readonly number[];
  readonly seed?: number;
  readonly onProgress?: (done: number, total: number) => void;
}

/** AUC round by round. Headers are random; winners are searched for, as many losers are taken as they come. Cost: samples x 2^zeroBits double hashes. */
export async function roundInformation({
  samples = 1000,
  zeroBits = 8,
  rounds = Array.from({ length: 64 }, (_, i) => i + 1),
  seed = 1,
  onProgress,
}: RoundSettings = {}): Promise<RoundInformation[]> {
  const { headers, labels } = draw(samples, zeroBits, seed);
  const n = headers.length;
  const states = rounds.map(() => matrix(n, 256));
  headers.forEach((header, row) => {
    doubleHash(header, (round, words) => {
      const at = rounds.indexOf(round);
      if (at < 0) return;
      const { data } = states[at] as { data: Float64Array };
      for (let bit = 0; bit < 256; bit++) data[row * 256 + bit] = ((words[bit >> 5] as number) >>> (bit & 31)) & 1;
    });
  });
  const train = n >> 1;
  const names = Array.from({ length: 256 }, (_, bit) => `bit ${bit}`);
  const results: RoundInformation[] = [];
  for (const [at, x] of states.entries()) {
    // In the first rounds most words still hold what they began with.
    const { kept } = checkFeatures(rowRange(x, { from: 0, to: train }), names, { from: 0, to: train });
    const used = takeColumns(x, kept);
    const model = await fitRidge(rowRange(used, { from: 0, to: train }), labels.slice(0, train));
    const scores = predict(model, rowRange(used, { from: train, to: n }));
    const { auc, aucInterval } = beatsBaseline(labels.subarray(train), scores, 0);
    results.push({ round: rounds[at] as number, auc, interval: aucInterval });
    onProgress?.(at + 1, rounds.length);
  }
  return results;
}

/** Winners and losers in the order in which they were found, interleaved by chance. */
function draw(samples: number, zeroBits: number, seed: number): { headers: Uint32Array[]; labels: Float64Array } {
  const random = splitmix64(seed);
  const header = Uint32Array.from({ length: 20 }, () => Math.floor(random.next() * 2 ** 32));
  const headers: Uint32Array[] = [];
  const labels: number[] = [];
  let [winners, losers] = [0, 0];
  for (let nonce = 0; winners < samples || losers < samples; nonce++) {
    // Another merkle tail each time, so that nothing but the hash ties the samples together.
    header[16] = Math.floor(random.next() * 2 ** 32);
    header[19] = nonce;
    const wins = leadingZeros(doubleHash(header)) >= zeroBits;
    if (wins ? winners >= samples : losers >= samples || losers > winners) continue;
    if (wins) winners++;
    else losers++;
    headers.push(header.slice());
    labels.push(wins ? 1 : 0);
  }
  return { headers, labels: Float64Array.from(labels) };
}
