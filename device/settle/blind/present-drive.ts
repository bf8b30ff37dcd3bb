/** What a delay may go with in its own step: an answer to the present input is neither a memory nor a line. */
import { hasMemory } from "./drive-draws.ts";
import type { DriveStep } from "./observed.ts";

/** What goes with the present step is taken out up to this degree; a drive that has a memory itself would pass off any rest as memory (specs/reservoir.md 5, S1). */
const [DEGREE, DEGREE_OF_DEPENDENT] = [5, 11] as const;
const STEPS_A_DEGREE = 20;

/** What of an answer goes with its own step, and with how long that has lasted. */
export function presentDrive(steps: Int32Array, input: Float64Array, since: Float64Array): Float64Array[] {
  const degree = hasMemory(input) ? DEGREE_OF_DEPENDENT : Math.max(2, Math.min(DEGREE, Math.floor(input.length / STEPS_A_DEGREE)));
  const now = Float64Array.from(steps, (step) => input[Math.max(0, step)] as number);
  return [...legendre(now, degree), since];
}

/** How long the step of each answer has lasted, s. */
export function sinceStep(tS: Float64Array, drive: readonly DriveStep[], steps: Int32Array): Float64Array {
  return tS.map((at, i) => at - (drive[Math.max(0, steps[i] as number)]?.tS ?? at));
}

/** From -1 to 1; of a drive that does not vary one value. */
export function inputOf(drive: readonly DriveStep[]): Float64Array {
  const [low, high] = drive.reduce(([least, most], { u }) => [Math.min(least, u), Math.max(most, u)], [Infinity, -Infinity]);
  return Float64Array.from(drive, ({ u }) => (2 * (u - low)) / (high - low || 1) - 1);
}

/** Legendre polynomials of degree 1 on. */
function legendre(x: Float64Array, degree: number): Float64Array[] {
  const all = [x.map(() => 1), x];
  for (let k = 1; k < degree; k++)
    all.push(x.map((at, i) => ((2 * k + 1) * at * (all[k]?.[i] as number) - k * (all[k - 1]?.[i] as number)) / (k + 1)));
  return all.slice(1);
}
