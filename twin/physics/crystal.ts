import { gaussian, type Random } from "../../common/random.ts";
import { SHARED_PARAMETERS } from "../parameters.ts";

/** A quartz: how far from its marking it runs, and how that goes with temperature and age. Drawn once, at manufacture. */
export interface Crystal {
  /** At 25 C, when new. */
  readonly tolerancePpm: number;
  readonly slopePpmPerK: number;
  readonly firstYearPpm: number;
  /** When the twin powers up. */
  readonly ageDays: number;
}

const REFERENCE_C = 25;
const DAYS_PER_YEAR = 365.25;
const SECONDS_PER_DAY = 86_400;

export function drawCrystal(random: Random): Crystal {
  const normal = gaussian(random);
  const { tolerancePpm, slopePpmPerK, slopeSpreadPpmPerK, firstYearPpm, mostYears } = SHARED_PARAMETERS.crystal;
  return {
    tolerancePpm: tolerancePpm * normal(),
    slopePpmPerK: slopePpmPerK + slopeSpreadPpmPerK * normal(),
    firstYearPpm: firstYearPpm * normal(),
    ageDays: mostYears * DAYS_PER_YEAR * random.next(),
  };
}

/** Parts per million by which it runs fast at this temperature, so long after power-up. */
export function crystalPpm(crystal: Crystal, tempC: number, sincePowerUpS: number): number {
  const { cubicPpmPerK3, ageingOnsetDays } = SHARED_PARAMETERS.crystal;
  const warmK = tempC - REFERENCE_C;
  const ageing = (days: number) => Math.log1p(days / ageingOnsetDays);
  const aged = ageing(crystal.ageDays + sincePowerUpS / SECONDS_PER_DAY) / ageing(DAYS_PER_YEAR);
  return crystal.tolerancePpm + crystal.slopePpmPerK * warmK + cubicPpmPerK3 * warmK ** 3 + crystal.firstYearPpm * aged;
}
