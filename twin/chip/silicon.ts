import { gaussian, splitmix64 } from "../../common/random.ts";
import { PARAMETERS } from "../parameters.ts";

export const CORES = 112;

/** How one chip differs from the median chip; fixed at manufacture, so drawn once from a seed. */
export interface Silicon {
  /** Added to the median's minimum voltage, one per core, V. */
  readonly coreOffsetsV: Float64Array;
  readonly crystalPpm: number;
}

export function drawSilicon(seed: number, crystalPpm?: number): Silicon {
  const normal = gaussian(splitmix64(seed));
  const { chipSpreadV, coreSpreadV, crystalPpm: crystalSpread } = PARAMETERS.silicon;
  const drawnPpm = crystalSpread * normal();
  const chipOffsetV = chipSpreadV * Math.max(-2, Math.min(2, normal()));
  const coreOffsetsV = Float64Array.from({ length: CORES }, () => chipOffsetV + coreSpreadV * normal());
  return { coreOffsetsV, crystalPpm: crystalPpm ?? drawnPpm };
}

/** Minimum voltage of the median core, V. */
export function minimumVoltage(frequencyMhz: number, junctionC: number): number {
  const { minimumVoltage: points, minimumVoltageFloorV, minimumVoltageMvPerK } = PARAMETERS.silicon;
  const last = points.length - 1;
  const found = points.findIndex(([mhz]) => mhz >= frequencyMhz);
  const right = found < 0 ? last : Math.max(1, found);
  const [[f0, v0], [f1, v1]] = [points[right - 1] as readonly [number, number], points[right] as readonly [number, number]];
  const line = v0 + ((v1 - v0) * (frequencyMhz - f0)) / (f1 - f0);
  return Math.max(minimumVoltageFloorV, line) + (minimumVoltageMvPerK * (junctionC - 60)) / 1000;
}

/** Probability that one hash of each core comes out wrong. Error law: BM1387 specification 8.3. */
export function errorProbabilities(silicon: Silicon, coreV: number, frequencyMhz: number, junctionC: number): Float64Array {
  const { errorAtMinimum, voltsPerErrorDecade } = PARAMETERS.silicon;
  const marginV = coreV - minimumVoltage(frequencyMhz, junctionC);
  // A power of e, not of ten: each physics step asks this of every core, and V8 takes several times as long for the other.
  const perVolt = Math.LN10 / voltsPerErrorDecade;
  return silicon.coreOffsetsV.map((offsetV) => Math.min(1, errorAtMinimum * Math.exp((offsetV - marginV) * perVolt)));
}

/** Too little voltage to answer at all. */
export function tooLowToAnswer(coreV: number, frequencyMhz: number, junctionC: number): boolean {
  return coreV < minimumVoltage(frequencyMhz, junctionC) - PARAMETERS.silicon.deadBelowMinimumV;
}
