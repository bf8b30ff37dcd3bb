/** Cores of a BM1366. specs/bm1366.md 2, register 30 */
export const CORES = 112;
/** Small cores as the vendor firmware counts them for rates; nominally 112 * 8. specs/bm1366.md 4.8 */
const RATED_SMALL_CORES = 894;

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

/** Nominal rate, hashes per second. specs/bm1366.md 4.8 */
export function hashesPerSecond(frequencyMhz: number, chips: number): number {
  return frequencyMhz * 1e6 * RATED_SMALL_CORES * chips;
}

/** Nonces per second to expect at a ticket difficulty. specs/bm1366.md 4.8 */
export function noncesPerSecond(frequencyMhz: number, chips: number, ticketDifficulty: number): number {
  return hashesPerSecond(frequencyMhz, chips) / (2 ** 32 * ticketDifficulty);
}
