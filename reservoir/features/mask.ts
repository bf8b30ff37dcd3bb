import { splitmix64 } from "../../common/random.ts";

/** A seeded mask of +1 and -1 for time-multiplexed drive: node i of a step sees offset + u x mask[i] (Appeltant 2011). */
export function maskOf(nodes: number, seed: number): Float64Array {
  const random = splitmix64(seed);
  return Float64Array.from({ length: nodes }, () => (random.next() < 0.5 ? -1 : 1));
}

/** The drive of every part of a step, in order. */
export function masked(u: number, mask: Float64Array, { offset = 0, gain = 1 } = {}): Float64Array {
  return mask.map((sign) => offset + gain * sign * u);
}
