/** NARMA of orders 10, 20 and 30, by one generator: a series that diverges is dropped whole and drawn again. */
import { ScienceError } from "../../common/errors.ts";
import { lcg32 } from "../../common/random.ts";
import { narma10 } from "./narma10.ts";
import type { Task } from "./task.ts";

interface Law {
  readonly own: number;
  readonly sum: number;
  readonly product: number;
  readonly offset: number;
  /** Order 20 is bounded by a tanh: without it half of the series diverge. */
  readonly bounded: boolean;
}

/** Orders 20 and 30 as they are usually written (Rodan, Tino 2011; Schrauwen et al. 2008), from memory of those papers: check before quoting figures. */
const LAWS: Readonly<Record<20 | 30, Law>> = {
  20: { own: 0.3, sum: 0.05, product: 1.5, offset: 0.01, bounded: true },
  30: { own: 0.2, sum: 0.004, product: 1.5, offset: 0.201, bounded: false },
};

function respond(u: Float64Array, order: 20 | 30): Float64Array {
  const { own, sum, product, offset, bounded } = LAWS[order];
  const y = new Float64Array(u.length + 1);
  for (let t = order - 1; t < u.length; t++) {
    let total = 0;
    for (let i = 0; i < order; i++) total += y[t - i] as number;
    const now = y[t] as number;
    const next = own * now + sum * now * total + product * (u[t - order + 1] as number) * (u[t] as number) + offset;
    y[t + 1] = bounded ? Math.tanh(next) : next;
  }
  return y;
}

const MAX_REDRAWS = 1000;

/** u uniform in [0, 0.5), target of step t is y[t + 1]. ScienceError NARMA_DIVERGES after 1000 redraws. specs/reservoir.md 2.1 for order 10 */
export function narma(order: 10 | 20 | 30, seed: number, steps: number): Task & { readonly seed: number; readonly redraws: number } {
  if (order === 10) {
    const { u, y, ...drawn } = narma10(seed, steps);
    return { ...shell(order, u, y), ...drawn };
  }
  for (let redraws = 0; redraws <= MAX_REDRAWS; redraws++) {
    const random = lcg32((seed + redraws) >>> 0);
    const u = Float64Array.from({ length: steps }, () => 0.5 * random.next());
    const y = respond(u, order);
    if (y.every((value) => value <= 1)) return { ...shell(order, u, y), seed: (seed + redraws) >>> 0, redraws };
  }
  throw new ScienceError("NARMA_DIVERGES", `No series of ${steps} steps of order ${order} stays bounded.`, "Use fewer steps.", {
    seed,
    steps,
  });
}

function shell(order: number, u: Float64Array, y: Float64Array): Task {
  return {
    name: `NARMA-${order}`,
    u,
    range: [0, 0.5],
    target: Float64Array.from(u, (_, t) => (t >= order - 1 ? (y[t + 1] as number) : Number.NaN)),
    kind: "regression",
    convention: "u uniform in [0, 0.5); target y(t+1), which u(0..t) determine; series with any y > 1 are drawn again, never clipped",
  };
}
