/** SHA-256 state after the first 64 bytes of a header: what a BM1387 is given instead of them. FIPS 180-4, 6.2.2 */

export const MIDSTATE_BYTES = 32;

/** The first `count` primes, whose roots' fractional bits are SHA-256's constants. FIPS 180-4, 4.2.2, 5.3.3 */
function primes(count: number): number[] {
  const found: number[] = [];
  for (let n = 2; found.length < count; n++) if (found.every((prime) => n % prime !== 0)) found.push(n);
  return found;
}

/** floor(n^(1/degree) * 2^32) mod 2^32, exactly. */
function fractionOfRoot(n: number, degree: 2 | 3): number {
  const target = BigInt(n) << BigInt(32 * degree);
  let low = 0n;
  let high = 1n << 40n;
  while (high - low > 1n) {
    const middle = (low + high) >> 1n;
    if (middle ** BigInt(degree) <= target) low = middle;
    else high = middle;
  }
  return Number(low & 0xffff_ffffn);
}

const ROUND = Uint32Array.from(primes(64), (prime) => fractionOfRoot(prime, 3));
const INITIAL = Uint32Array.from(primes(8), (prime) => fractionOfRoot(prime, 2));

const rotate = (x: number, by: number) => (x >>> by) | (x << (32 - by));

const schedule = new Uint32Array(64);

/** One block into a state of eight words, in place. */
export function compress(state: Uint32Array, block: Uint8Array): void {
  const w = schedule;
  const view = new DataView(block.buffer, block.byteOffset, 64);
  for (let t = 0; t < 16; t++) w[t] = view.getUint32(t * 4);
  for (let t = 16; t < 64; t++) {
    const w15 = w[t - 15] as number;
    const w2 = w[t - 2] as number;
    const s0 = rotate(w15, 7) ^ rotate(w15, 18) ^ (w15 >>> 3);
    const s1 = rotate(w2, 17) ^ rotate(w2, 19) ^ (w2 >>> 10);
    w[t] = s1 + (w[t - 7] as number) + s0 + (w[t - 16] as number);
  }
  let [a, b, c, d, e, f, g, h] = state as unknown as [number, number, number, number, number, number, number, number];
  for (let t = 0; t < 64; t++) {
    const s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + (ROUND[t] as number) + (w[t] as number)) | 0;
    const s0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + t1) | 0;
    d = c;
    c = b;
    b = a;
    a = (t1 + t2) | 0;
  }
  for (const [at, value] of [a, b, c, d, e, f, g, h].entries()) state[at] = (state[at] as number) + value;
}

/** 32 bytes, words H0..H7 big-endian, from the first 64 bytes of a header. */
export function midstateOf(first64: Uint8Array): Uint8Array {
  const state = INITIAL.slice();
  compress(state, first64);
  const out = new Uint8Array(MIDSTATE_BYTES);
  const view = new DataView(out.buffer);
  state.forEach((word, at) => {
    view.setUint32(at * 4, word);
  });
  return out;
}
