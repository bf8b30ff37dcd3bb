import { ScienceError } from "../../common/errors.ts";
import { lcg32 } from "../../common/random.ts";

/**
 * NARMA-10: y[t+1] = 0.3 y[t] + 0.05 y[t] sum_{i=0..9} y[t-i] + 1.5 u[t-9] u[t] + 0.1 with y[0..9] = 0 and u = 0.5 lcg32(seed).
 * Features at step t may use u[0..t]; their target is y[t+1]. specs/reservoir.md 2.1
 */
export interface Narma10 {
  /** T inputs in [0, 0.5). */
  readonly u: Float64Array;
  /** T + 1 values: y[t + 1] is the target of step t. */
  readonly y: Float64Array;
  /** The seed that gave this series. */
  readonly seed: number;
  /** How many seeds before it diverged. */
  readonly redraws: number;
}

const MAX_REDRAWS = 1000;

/**
 * A series of `steps` inputs. One in fifty of 4200 steps diverges (specs/reservoir.md 0.4): a series with any y > 1 or not finite is
 * dropped whole and drawn again from seed + 1, and the number of redraws is reported. Nothing is clipped: that would be another task.
 * ScienceError NARMA_DIVERGES after `maxRedraws` (1000) redraws (runs of millions of steps always diverge).
 */
export function narma10(seed: number, steps: number, maxRedraws = MAX_REDRAWS): Narma10 {
  for (let redraws = 0; redraws <= maxRedraws; redraws++) {
    const tried = (seed + redraws) >>> 0;
    const random = lcg32(tried);
    const u = Float64Array.from({ length: steps }, () => 0.5 * random.next());
    const y = narma10Response(u);
    if (firstDivergence(y) === -1) return { u, y, seed: tried, redraws };
  }
  throw new ScienceError(
    "NARMA_DIVERGES",
    `Every one of ${maxRedraws + 1} series of ${steps} steps from seed ${seed} diverged.`,
    "Use fewer steps: the chance to diverge grows with length.",
    { seed, steps },
  );
}

/** The response to any input, divergent or not: u.length + 1 values. */
export function narma10Response(u: Float64Array): Float64Array {
  const y = new Float64Array(u.length + 1);
  for (let t = 9; t < u.length; t++) {
    let sum = 0;
    for (let i = 0; i < 10; i++) sum += y[t - i] as number;
    const now = y[t] as number;
    y[t + 1] = 0.3 * now + 0.05 * now * sum + 1.5 * (u[t - 9] as number) * (u[t] as number) + 0.1;
  }
  return y;
}

/** First index with y > 1 or not finite; -1 when there is none. */
export function firstDivergence(y: Float64Array): number {
  return y.findIndex((value) => !(value <= 1));
}

/** Sum over k >= 1 of the squared correlations of y[t+1] with u[t-k]. specs/reservoir.md 0.6, oracle consistency_bound_MC_NRMSE */
const DELAYED_LINEAR_WEIGHT = 0.6049036201883068;

/**
 * The least NRMSE a device of linear memory capacity `memory` (summed over lags k >= 1) can reach on NARMA-10 by what its memory
 * leaves open. A score below it contradicts the measured memory. specs/reservoir.md 0.6
 */
export function nrmseFloor(memory: number): number {
  if (memory >= DELAYED_LINEAR_WEIGHT) return 0;
  const reached = Math.sqrt(DELAYED_LINEAR_WEIGHT * memory) + Math.sqrt((1 - DELAYED_LINEAR_WEIGHT) * (1 - memory));
  return Math.sqrt(1 - reached ** 2);
}
