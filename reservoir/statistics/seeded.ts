/** splitmix64 by the thousand: the numbers of common/random.ts, made natively where the addon is there. */
import type { Random } from "../../common/random.ts";
import { statisticsKernels } from "./kernels.ts";

const CHUNK = 1024;
const MASK64 = (1n << 64n) - 1n;
const GAMMA = 0x9e3779b97f4a7c15n;

/** The same stream as splitmix64(seed). */
export function seededUniforms(seed: number | bigint): Random {
  const native = statisticsKernels();
  if (native === null) return wholeNumbers(BigInt(seed) & MASK64);
  const state = BigInt(seed) & MASK64;
  const chunk = new Float64Array(CHUNK);
  let first = 0;
  let at = CHUNK;
  return {
    next() {
      if (at === CHUNK) {
        native.uniforms(state, first, chunk);
        first += CHUNK;
        at = 0;
      }
      return chunk[at++] as number;
    },
  };
}

/** The stream in halves of 32 bits: several times as fast as in BigInt. */
function wholeNumbers(seed: bigint): Random {
  let [high, low] = [Number(seed >> 32n) | 0, Number(seed & 0xffff_ffffn) | 0];
  return {
    next() {
      const before = low >>> 0;
      low = (low + 0x7f4a7c15) | 0;
      high = (high + 0x9e3779b9 + (low >>> 0 < before ? 1 : 0)) | 0;
      let h = high ^ (high >>> 30);
      let l = low ^ ((low >>> 30) | (high << 2));
      let product = upperHalf(l, 0x1ce4e5b9);
      h = (product + Math.imul(h, 0x1ce4e5b9) + Math.imul(l, 0xbf58476d)) | 0;
      l = Math.imul(l, 0x1ce4e5b9);
      l ^= (l >>> 27) | (h << 5);
      h ^= h >>> 27;
      product = upperHalf(l, 0x133111eb);
      h = (product + Math.imul(h, 0x133111eb) + Math.imul(l, 0x94d049bb)) | 0;
      l = Math.imul(l, 0x133111eb);
      l ^= (l >>> 31) | (h << 1);
      h ^= h >>> 31;
      return (h >>> 0) * 2 ** -32 + (l >>> 11) * 2 ** -53;
    },
  };
}

/** Upper 32 bits of the product of two unsigned numbers of 32. */
function upperHalf(a: number, b: number): number {
  const [aHigh, aLow, bHigh, bLow] = [a >>> 16, a & 0xffff, b >>> 16, b & 0xffff];
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  const other = aLow * bHigh + (middle & 0xffff);
  return aHigh * bHigh + Math.floor(middle / 0x10000) + (other >>> 16);
}

/** A 64-bit seed drawn from a random source, for a kernel that has its own stream. */
export function seedFrom(random: Random): bigint {
  const high = BigInt(Math.floor(random.next() * 2 ** 32));
  return (high << 32n) | BigInt(Math.floor(random.next() * 2 ** 32));
}

/** Number i = 0, 1, ... of splitmix64(seed), all 64 bits. */
export function splitmixBits(seed: bigint, i: number): bigint {
  let z = (seed + BigInt(i + 1) * GAMMA) & MASK64;
  z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & MASK64;
  z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & MASK64;
  return z ^ (z >> 31n);
}
