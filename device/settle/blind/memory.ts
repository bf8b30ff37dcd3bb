/** Do delays know what the drive was before the present step? */
import { permutation, splitmix64 } from "../../../common/random.ts";
import { pByDraws } from "./draws.ts";
import { type DriveStep, type Observed, stepsAt } from "./observed.ts";
import { less, levelled } from "./scores.ts";

/** Time constants of a pole, s, and leaks per step of a kernel that are looked for; those between them are seen through their neighbours. */
const POLES_S = [1, 3, 10] as const;
const LEAKS = [0.3, 0.6, 0.9] as const;
const DRAWS = 4999;
const LEAST_STEPS = 30;
/** Drifts slower than so many answers are no memory that could be told from them. */
const DRIFT_ANSWERS = 3000;
/** Lag-one correlation of a drive whose steps are not independent, in standard errors. */
const DEPENDENT_Z = 3;

/**
 * p of the largest of the kernels' sums against the same sums with the drive's steps in another order (shifted, where the drive itself has a memory): exact
 * whatever the delays do by themselves, drift and slow fields included. What goes with the present step alone is taken out first: that is no memory.
 * null without a drive that varies.
 */
export function memoryP({ tS, chip, drive }: Observed, scores: Float64Array): number | null {
  const steps = stepsAt(tS, drive);
  if (drive.length < LEAST_STEPS || drive.every(({ u }) => u === drive[0]?.u)) return null;
  const u = Float64Array.from(steps, (step) => drive[Math.max(0, step)]?.u ?? 0);
  const since = tS.map((at, i) => at - (drive[Math.max(0, steps[i] as number)]?.tS ?? at));
  const rest = less(levelled(chip, scores, DRIFT_ANSWERS), [u, u.map((value) => value * value), since]);
  const weights = [
    ...POLES_S.map((tau) => poleWeights(tS, steps, rest, drive, tau)),
    ...LEAKS.map((leak) => kernelWeights(steps, rest, drive.length, leak)),
  ].map(standardised);
  const input = standardised(Float64Array.from(drive, (step) => step.u));
  const strongest = (order: (step: number) => number) =>
    weights.reduce((most, own) => {
      let sum = 0;
      for (let step = 0; step < input.length; step++) sum += (own[step] as number) * (input[order(step)] as number);
      return Math.max(most, Math.abs(sum));
    }, 0);
  const observed = strongest((step) => step);
  const random = splitmix64(drive.length);
  const dependent = Math.abs(lagOne(input)) * Math.sqrt(input.length) > DEPENDENT_Z;
  return pByDraws(DRAWS, () => {
    if (!dependent) {
      const order = permutation(input.length, random);
      return strongest((step) => order[step] as number) >= observed;
    }
    const by = Math.floor(random.next() * input.length);
    return strongest((step) => (step + by) % input.length) >= observed;
  });
}

/** What the drive of each step weighs in the sum of delays times the drive through a pole; steps before the present one alone. */
function poleWeights(tS: Float64Array, steps: Int32Array, delays: Float64Array, drive: readonly DriveStep[], tau: number): Float64Array {
  const later = new Float64Array(drive.length);
  for (let i = 0; i < tS.length; i++) {
    const step = steps[i] as number;
    if (step < 0) continue;
    later[step] = (later[step] as number) + (delays[i] as number) * Math.exp(-((tS[i] as number) - (drive[step]?.tS ?? 0)) / tau);
  }
  const weights = new Float64Array(drive.length);
  let sum = 0;
  for (let step = drive.length - 2; step >= 0; step--) {
    const length = (drive[step + 1]?.tS ?? 0) - (drive[step]?.tS ?? 0);
    sum += later[step + 1] as number;
    weights[step] = -Math.expm1(-length / tau) * sum;
    sum *= Math.exp(-length / tau);
  }
  return weights;
}

function kernelWeights(steps: Int32Array, delays: Float64Array, count: number, leak: number): Float64Array {
  const own = new Float64Array(count);
  for (let i = 0; i < steps.length; i++) {
    const step = steps[i] as number;
    if (step >= 0) own[step] = (own[step] as number) + (delays[i] as number);
  }
  const weights = new Float64Array(count);
  for (let step = count - 2; step >= 0; step--) weights[step] = (own[step + 1] as number) + leak * (weights[step + 1] as number);
  return weights;
}

function standardised(values: Float64Array): Float64Array {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0));
  return values.map((value) => (deviation > 0 ? (value - mean) / deviation : 0));
}

function lagOne(unit: Float64Array): number {
  let sum = 0;
  for (let i = 1; i < unit.length; i++) sum += (unit[i] as number) * (unit[i - 1] as number);
  return sum;
}
