/** Drives that could have been told instead of the one that was. */
import { permutation, type Random } from "../../../common/random.ts";

/** Correlations with steps before, in standard errors, above which a drive has a memory of its own. */
const DEPENDENT_Z = 3;
const LAGS = 10;
/** A drive whose past says more of it than this is not drawn again from what is new in it. */
const MOST_TOLD = 0.95;
/** Shifts are at least so long (specs/reservoir.md 5, S4). */
const LEAST_SHIFT = 50;

/** Whether steps of the drive go with those before them. */
export function hasMemory(input: Float64Array): boolean {
  return correlations(input).some((r) => Math.abs(r) * Math.sqrt(input.length) > DEPENDENT_Z);
}

/**
 * Draws: the steps in another order; where they depend on those before, what is new in each in another order; where that does not do it, shifts. null for a
 * drive that leaves none to draw: one that is told by its past and too short to be shifted.
 */
export function otherDrives(input: Float64Array, random: Random): (() => Float64Array) | null {
  const n = input.length;
  if (!hasMemory(input)) return () => inOrder(input, permutation(n, random));
  const model = autoregression(input);
  if (model !== null) return () => model(permutation(n, random));
  const range = n - 2 * LEAST_SHIFT;
  if (range < 1) return null;
  return () => {
    const by = LEAST_SHIFT + Math.floor(random.next() * range);
    return input.map((_, step) => input[(step + by) % n] as number);
  };
}

const inOrder = (values: Float64Array, order: ArrayLike<number>) => values.map((_, i) => values[order[i] as number] as number);

/** Takes an order of what is new in each step and makes a drive of it; null when steps still depend on each other, or hardly anything is new. */
function autoregression(input: Float64Array): ((order: ArrayLike<number>) => Float64Array) | null {
  const mean = input.reduce((sum, value) => sum + value, 0) / input.length;
  const centred = input.map((value) => value - mean);
  const weights = yuleWalker(correlations(input));
  const told = (past: Float64Array, t: number) => weights.reduce((sum, weight, k) => sum + weight * (past[t - 1 - k] ?? 0), 0);
  const news = centred.map((value, t) => value - told(centred, t));
  if (squares(news) < (1 - MOST_TOLD) * squares(centred) || hasMemory(news)) return null;
  return (order) => {
    const out = inOrder(news, order);
    for (let t = 0; t < out.length; t++) out[t] = (out[t] as number) + told(out, t);
    return out.map((value) => value + mean);
  };
}

/** Weights of the steps before, from the correlations with them (Levinson 1947). */
function yuleWalker(r: readonly number[]): number[] {
  let weights: number[] = [];
  let rest = 1;
  for (let k = 0; k < r.length; k++) {
    const reflection = ((r[k] as number) - weights.reduce((sum, weight, i) => sum + weight * (r[k - 1 - i] as number), 0)) / rest;
    weights = [...weights.map((weight, i) => weight - reflection * (weights[k - 1 - i] as number)), reflection];
    rest *= 1 - reflection ** 2;
    if (rest < 1e-9) break;
  }
  return weights;
}

function correlations(values: Float64Array): number[] {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const size = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return Array.from({ length: Math.min(LAGS, values.length - 1) }, (_, k) => {
    let sum = 0;
    for (let t = k + 1; t < values.length; t++) sum += ((values[t] as number) - mean) * ((values[t - k - 1] as number) - mean);
    return size > 0 ? sum / size : 0;
  });
}

const squares = (values: Float64Array) => values.reduce((sum, value) => sum + value ** 2, 0);
