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
  const { errorAtMinimum } = PARAMETERS.silicon;
  const marginV = coreV - minimumVoltage(frequencyMhz, junctionC);
  const ofMedian = errorAtMinimum * Math.exp(-marginV * ERROR_PER_VOLT);
  const factors = errorFactors(silicon.coreOffsetsV);
  const probabilities = new Float64Array(factors.length);
  for (let core = 0; core < factors.length; core++) probabilities[core] = Math.min(1, ofMedian * (factors[core] as number));
  return probabilities;
}

const ERROR_PER_VOLT = Math.LN10 / PARAMETERS.silicon.voltsPerErrorDecade;
const factorsOf = new WeakMap<Float64Array, Float64Array>();

/** What each core's offset does to its error probability. Kept, because every step of the physics asks for all cores. */
function errorFactors(coreOffsetsV: Float64Array): Float64Array {
  let factors = factorsOf.get(coreOffsetsV);
  if (factors === undefined) {
    factors = coreOffsetsV.map((offsetV) => Math.exp(offsetV * ERROR_PER_VOLT));
    factorsOf.set(coreOffsetsV, factors);
  }
  return factors;
}

/** Too little voltage to answer at all. */
export function tooLowToAnswer(coreV: number, frequencyMhz: number, junctionC: number): boolean {
  return coreV < minimumVoltage(frequencyMhz, junctionC) - PARAMETERS.silicon.deadBelowMinimumV;
}
