/**
 * The order that the native kernel shuffles to (stat_random.h): to buckets at random, then each bucket by Fisher and Yates (Sandelius 1962). Every
 * order is equally likely, and neither step leaves the processor's cache.
 */
import { splitmixBits } from "./seeded.ts";

const BUCKET = 2048;
const MOST_BUCKETS = 256;
/** One number chooses the buckets of so many values. */
const CHOICES = 8;

/** Which value comes first, second, ...: the numbers 0 .. n - 1 in random order. */
export function shuffleOrder(n: number, seed: bigint): Uint32Array {
  let buckets = 1;
  while (buckets < MOST_BUCKETS && buckets * BUCKET < n) buckets *= 2;
  const chosen = new Uint8Array(n);
  const start = new Uint32Array(buckets + 1);
  for (let i = 0; i < n; i++) {
    const bits = i % CHOICES === 0 ? splitmixBits(seed, i / CHOICES) : 0n;
    if (i % CHOICES === 0)
      for (let k = 0; k < CHOICES && i + k < n; k++) chosen[i + k] = Number((bits >> BigInt(8 * k)) & 0xffn) & (buckets - 1);
    const bucket = chosen[i] as number;
    start[bucket + 1] = (start[bucket + 1] as number) + 1;
  }
  for (let b = 0; b < buckets; b++) start[b + 1] = (start[b + 1] as number) + (start[b] as number);
  const place = start.slice();
  const order = new Uint32Array(n);
  for (let i = 0; i < n; i++) {
    const bucket = chosen[i] as number;
    const at = place[bucket] as number;
    order[at] = i;
    place[bucket] = at + 1;
  }
  let used = Math.ceil(n / CHOICES);
  for (let b = 0; b < buckets; b++) {
    const from = start[b] as number;
    for (let left = (start[b + 1] as number) - from; left > 1; left--) {
      const other = from + Number((splitmixBits(seed, used++) * BigInt(left)) >> 64n);
      const held = order[from + left - 1] as number;
      order[from + left - 1] = order[other] as number;
      order[other] = held;
    }
  }
  return order;
}
