/** splitmix64 by the thousand: the numbers of common/random.ts, made natively where the addon is there. */
import { type Random, splitmix64 } from "../../common/random.ts";
import { statisticsKernels } from "./kernels.ts";

const CHUNK = 1024;
const MASK64 = (1n << 64n) - 1n;
const GAMMA = 0x9e3779b97f4a7c15n;

/** The same stream as splitmix64(seed). */
export function seededUniforms(seed: number | bigint): Random {
  const native = statisticsKernels();
  if (native === null) return splitmix64(seed);
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
