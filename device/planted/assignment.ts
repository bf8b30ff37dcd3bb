import { permutation, splitmix64 } from "../../common/random.ts";
import { secretOf, seedOf } from "../../twin/planted/scores.ts";
import { checkPlant, type PlantSpec } from "../../twin/planted/spec.ts";

/** So many devices are played by one set of fingerprint recordings. */
export const DEVICES = 3;

/** What one recording of a set holds. */
export interface Assigned {
  /** Everything in the recording that has nothing to do with the effect: drive, jobs, chips. */
  readonly runSecret: string;
  readonly plant: PlantSpec;
}

/**
 * Which of `count` recordings are nulls, round(count * nullShare) of them in an order that only the secret knows, and what else is drawn. Planted and null
 * recordings draw everything else alike. ConfigError PLANT_REFUSED.
 */
export function assign(plant: PlantSpec, chips: number, count: number, nullShare: number): readonly Assigned[] {
  const whole = checkPlant(plant, chips);
  const nulls = Math.round(count * nullShare);
  const order = permutation(count, splitmix64(seedOf(plant.secret, "order")));
  return Array.from({ length: count }, (_, i) => {
    const isNull = (order[i] as number) < nulls;
    const recording = { ...whole, strength: isNull ? 0 : whole.strength, secret: secretOf(plant.secret, "effect", i) };
    return {
      runSecret: secretOf(plant.secret, "run", i),
      plant: whole.effect === "fingerprint" ? fingerprintOf(recording, plant, i) : recording,
    };
  });
}

/** Fingerprints belong to devices and not to recordings: which device a recording is of is drawn, unless it was given. */
function fingerprintOf(recording: PlantSpec, plant: PlantSpec, i: number): PlantSpec {
  const drawn = Number(seedOf(plant.secret, "device", i) % BigInt(DEVICES));
  return { ...recording, parameter: plant.parameter ?? drawn, deviceSecret: secretOf(plant.secret, "devices") };
}
