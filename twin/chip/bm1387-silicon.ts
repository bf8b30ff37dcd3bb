import { gaussian, permutation, splitmix64 } from "../../common/random.ts";
import { S9_PARAMETERS } from "../parameters.ts";

export const CORES_1387 = 114;

/** How one chip differs from the line of minimum voltage and from the typical one; fixed at manufacture, so drawn once from a seed. specs/bm1387.md 8.3, 8.4 */
export interface Silicon1387 {
  /** Added to the minimum voltage, one per core in logical order, V. */
  readonly coreOffsetsV: Float64Array;
  /** The median of the cores. */
  readonly chipOffsetV: number;
  /** One per core: 1 where it never finds anything. */
  readonly badCores: Uint8Array;
  /** Capacitance and leakage over those of the typical chip. */
  readonly dynamic: number;
  readonly leakage: number;
}

/** tailShare: how probable it is that the chip is one of the weak ones, uniform below the others; 0.15 on the boards of specs/bm1387.md 8.4. */
export function drawSilicon1387(seed: number, tailShare: number): Silicon1387 {
  const random = splitmix64(seed);
  const normal = gaussian(random);
  const { typicalBelowLineV, chipSpreadV, coreSpreadV, tailV, tailBadCores, tailBadExponent, tailBadShare, dynamicSpread, leakageSpread } =
    S9_PARAMETERS.silicon;
  const weak = random.next() < tailShare;
  const typicalV = -typicalBelowLineV + chipSpreadV * Math.max(-2.5, Math.min(2.5, normal()));
  const chipOffsetV = weak ? typicalV + (tailV + typicalBelowLineV) * random.next() : typicalV;
  const bad = weak && random.next() < tailBadShare ? 1 + Math.floor(tailBadCores * random.next() ** tailBadExponent) : 0;
  const coreOffsetsV = Float64Array.from({ length: CORES_1387 }, () => chipOffsetV + coreSpreadV * normal());
  const dynamic = 1 + dynamicSpread * normal();
  const leakage = Math.exp(leakageSpread * normal());
  return { coreOffsetsV, chipOffsetV, badCores: pickCores(bad, seed), dynamic, leakage };
}

/** So many cores, chosen by the seed. */
export function pickCores(count: number, seed: number): Uint8Array {
  const picked = new Uint8Array(CORES_1387);
  for (const core of permutation(CORES_1387, splitmix64(seed ^ 0x5bad)).subarray(0, count)) picked[core] = 1;
  return picked;
}

/** Core id of a logical number: 57..63 do not exist. specs/bm1387.md 3.6 */
export function coreId(logical: number): number {
  return logical < 57 ? logical : logical + 7;
}

export function logicalCore(id: number): number {
  return id < 57 ? id : id - 7;
}

/** The line of minimum voltage, V. specs/bm1387.md 8.3 */
export function minimumVoltage1387(frequencyMhz: number): number {
  const { minimumVoltageAtZeroV, minimumVoltageVPerMhz, minimumVoltageFloorV } = S9_PARAMETERS.silicon;
  return Math.max(minimumVoltageFloorV, minimumVoltageAtZeroV + minimumVoltageVPerMhz * frequencyMhz);
}
