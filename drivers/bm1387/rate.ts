import { CORES } from "./nonce.ts";

/** Hashes per second that chips at these core clocks should make, in GH/s: one per core and clock. specs/bm1387.md 0.8 */
export function expectedHashRateGhs(frequenciesMhz: readonly number[]): number {
  return (frequenciesMhz.reduce((sum, mhz) => sum + mhz, 0) * CORES) / 1000;
}

/** Nonces those chips should report per second at a difficulty. specs/bm1387.md 3.6 */
export function expectedNoncesPerSecond(frequenciesMhz: readonly number[], difficulty: number): number {
  return (expectedHashRateGhs(frequenciesMhz) * 1e9) / (difficulty * 2 ** 32);
}
