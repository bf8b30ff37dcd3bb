/** Small cores of one BM1366: 112 cores of 8, less two (specs/bm1366.md 4.8, 4.9). */
export const SMALL_CORES = 894;

/** Hashes per second that chips at a core clock should make, in GH/s. specs/bm1366.md 4.8 */
export function expectedHashRateGhs(frequencyMhz: number, chips: number): number {
  return (frequencyMhz * SMALL_CORES * chips) / 1000;
}
