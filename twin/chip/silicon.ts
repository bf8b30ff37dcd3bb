import { gaussian, splitmix64 } from "../../common/random.ts";
import { PARAMETERS } from "../parameters.ts";
import { CoreErrors, tooLowToAnswer as domainTooLow } from "../physics/error-law.ts";
import { type LeakageLaw, leakageHeat } from "../physics/leakage.ts";
import { solveSeries } from "../physics/series-string.ts";
import { dynamicSiemens } from "../physics.ts";

export const CORES = 112;
const DOMAINS = PARAMETERS.silicon.domains;
/** specs/bm1366.md 4.9 */
const CORES_PER_DOMAIN = CORES / DOMAINS;

/** How one chip differs from the median chip; fixed at manufacture, so drawn once from a seed. */
export interface Silicon {
  /** Added to the median's minimum voltage at the pin, one per core, V. */
  readonly coreOffsetsV: Float64Array;
  /** Capacitance and leakage of the domains in series, over those of the median's. */
  readonly domainDynamic: Float64Array;
  readonly domainLeakage: Float64Array;
}

export function drawSilicon(seed: number): Silicon {
  const normal = gaussian(splitmix64(seed));
  const { chipSpreadV, coreSpreadV, domainDynamicSpread, domainLeakageSpread } = PARAMETERS.silicon;
  const chipOffsetV = chipSpreadV * Math.max(-2, Math.min(2, normal()));
  return {
    coreOffsetsV: Float64Array.from({ length: CORES }, () => chipOffsetV + coreSpreadV * normal()),
    domainDynamic: Float64Array.from({ length: DOMAINS }, () => 1 + domainDynamicSpread * normal()),
    domainLeakage: Float64Array.from({ length: DOMAINS }, () => Math.exp(domainLeakageSpread * normal())),
  };
}

/** Every core and domain that of the median chip. */
export function medianSilicon(): Silicon {
  const ones = () => new Float64Array(DOMAINS).fill(1);
  return { coreOffsetsV: new Float64Array(CORES), domainDynamic: ones(), domainLeakage: ones() };
}

/** Minimum voltage of the median core at the pin, V. */
export function minimumVoltage(frequencyMhz: number, junctionC: number): number {
  const { minimumVoltageByMhz: points, minimumVoltageFloorV, minimumVoltageMvPerK, leakageAtC } = PARAMETERS.silicon;
  const last = points.length - 1;
  const found = points.findIndex(([mhz]) => mhz >= frequencyMhz);
  const right = found < 0 ? last : Math.max(1, found);
  const [[f0, v0], [f1, v1]] = [points[right - 1] as readonly [number, number], points[right] as readonly [number, number]];
  const line = v0 + ((v1 - v0) * (frequencyMhz - f0)) / (f1 - f0);
  return Math.max(minimumVoltageFloorV, line) + (minimumVoltageMvPerK * (junctionC - leakageAtC)) / 1000;
}

/** One domain's: a quarter of the chip's power at a quarter of its voltage. */
const DOMAIN_LEAKAGE: LeakageLaw = {
  leakageW: PARAMETERS.silicon.leakageW / DOMAINS,
  leakageAtV: PARAMETERS.silicon.leakageAtV / DOMAINS,
  leakageAtC: PARAMETERS.silicon.leakageAtC,
  leakageDoublingK: PARAMETERS.silicon.leakageDoublingK,
  leakageEfoldV: PARAMETERS.silicon.leakageEfoldV / DOMAINS,
};

/** Voltages across the domains in series inside a chip that hashes, V. specs/bm1387.md 8.1, specs/bm1366.md 4.9 */
export function domainVoltages(silicon: Silicon, coreV: number, frequencyMhz: number, junctionC: number): Float64Array {
  const heat = leakageHeat(DOMAIN_LEAKAGE, junctionC);
  const loads = {
    dynamicS: silicon.domainDynamic.map((factor) => factor * dynamicSiemens(frequencyMhz, 1) * DOMAINS),
    leakage: silicon.domainLeakage.map((factor) => factor * heat),
    law: DOMAIN_LEAKAGE,
  };
  return solveSeries(loads, coreV, new Float64Array(DOMAINS).fill(coreV / DOMAINS)).domainV;
}

const errorsOf = new WeakMap<Float64Array, CoreErrors>();

/** Probability that one hash of each core comes out wrong. Error law: specs/bm1387.md 8.3. */
export function errorProbabilities(silicon: Silicon, coreV: number, frequencyMhz: number, junctionC: number): Float64Array {
  const domainV = domainVoltages(silicon, coreV, frequencyMhz, junctionC);
  const minimumV = minimumVoltage(frequencyMhz, junctionC) / DOMAINS;
  const probabilities = new Float64Array(CORES);
  const errors = coreErrors(silicon.coreOffsetsV);
  domainV.forEach((volts, d) => {
    errors.write(probabilities, volts - minimumV, d * CORES_PER_DOMAIN, (d + 1) * CORES_PER_DOMAIN);
  });
  return probabilities;
}

/** Kept, because every step of the physics asks for all cores. */
function coreErrors(coreOffsetsV: Float64Array): CoreErrors {
  let errors = errorsOf.get(coreOffsetsV);
  if (errors === undefined) {
    errors = new CoreErrors(coreOffsetsV.map((offsetV) => offsetV / DOMAINS));
    errorsOf.set(coreOffsetsV, errors);
  }
  return errors;
}

/** Too little voltage to answer at all. */
export function tooLowToAnswer(coreV: number, frequencyMhz: number, junctionC: number): boolean {
  return domainTooLow((coreV - minimumVoltage(frequencyMhz, junctionC)) / DOMAINS);
}
