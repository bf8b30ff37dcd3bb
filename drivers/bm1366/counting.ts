/** Cores of a BM1366. specs/bm1366.md 2, register 30 */
export const CORES = 112;
/** The smallest power of two that is not below n. */
export function nextPowerOfTwo(n: number): number {
  return 2 ** Math.ceil(Math.log2(n));
}

/**
 * HASH_COUNTING_NUMBER for a chain of `chips` at `frequencyMhz`, the chips' own clock and not the one asked for: a number too large makes
 * the chips of a chain overlap. specs/bm1366.md 4.6, 8.7
 */
export function hashCountingNumberFor(frequencyMhz: number, chips: number): number {
  return Math.trunc(((2 ** 32 / nextPowerOfTwo(CORES) / nextPowerOfTwo(chips)) * 25 * 0.5) / frequencyMhz);
}
