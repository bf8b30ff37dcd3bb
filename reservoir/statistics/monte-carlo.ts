import { ScienceError } from "../../common/errors.ts";
import type { Random } from "../../common/random.ts";

/**
 * How often the null does as well: (1 + draws at least as extreme) / (draws + 1), never 0 (Davison, Hinkley 1997, 4.2.5). A draw that has no value (NaN)
 * counts as extreme: it says nothing against the null. ScienceError BAD_VALUES when what was observed has none.
 */
export function monteCarloP(observed: number, nulls: ArrayLike<number>): number {
  if (Number.isNaN(observed))
    throw new ScienceError("BAD_VALUES", "A statistic that is NaN has no p.", "Look at the data that it was computed from.");
  let extreme = 0;
  for (let i = 0; i < nulls.length; i++) if (!((nulls[i] as number) < observed)) extreme++;
  return (1 + extreme) / (nulls.length + 1);
}

/** p of a statistic, large when extreme, against `draws` statistics of seeded samples from the null. */
export function monteCarloTest(observed: number, draws: number, drawNull: (random: Random) => number, random: Random): number {
  return monteCarloP(
    observed,
    Float64Array.from({ length: draws }, () => drawNull(random)),
  );
}

/** n intervals of a Poisson process of rate 1. */
export function exponentials(n: number, random: Random): Float64Array {
  return Float64Array.from({ length: n }, () => -Math.log1p(-random.next()));
}
