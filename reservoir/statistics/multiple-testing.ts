/** p-values of a family of tests, adjusted in place of the level: an adjusted p below alpha is a finding at alpha. Oracle `multiple_testing`. */
import { ScienceError } from "../../common/errors.ts";

/** Positions in order of rising p. ScienceError BAD_P_VALUE for one outside [0, 1]. */
function rising(p: ArrayLike<number>): number[] {
  for (let i = 0; i < p.length; i++)
    if (!((p[i] as number) >= 0 && (p[i] as number) <= 1))
      throw new ScienceError(
        "BAD_P_VALUE",
        `${p[i]} at ${i} is not a p-value.`,
        "A test that could not be made has no place in a family.",
        { at: i },
      );
  return Array.from({ length: p.length }, (_, i) => i).sort((a, b) => (p[a] as number) - (p[b] as number));
}

/** Holm (1979): the chance of any false finding in the family is at most alpha, however the tests depend. */
export function holm(p: ArrayLike<number>): Float64Array {
  const adjusted = new Float64Array(p.length);
  let most = 0;
  rising(p).forEach((at, rank) => {
    most = Math.max(most, Math.min(1, (p.length - rank) * (p[at] as number)));
    adjusted[at] = most;
  });
  return adjusted;
}

function stepUp(p: ArrayLike<number>, factor: number): Float64Array {
  const adjusted = new Float64Array(p.length);
  const order = rising(p);
  let least = 1;
  for (let rank = p.length - 1; rank >= 0; rank--) {
    const at = order[rank] as number;
    least = Math.min(least, (factor * p.length * (p[at] as number)) / (rank + 1));
    adjusted[at] = least;
  }
  return adjusted;
}

/** Benjamini, Hochberg (1995): of the findings at most alpha are false on average, for independent or positively dependent tests. */
export function benjaminiHochberg(p: ArrayLike<number>): Float64Array {
  return stepUp(p, 1);
}

/** Benjamini, Yekutieli (2001): the same however the tests depend. */
export function benjaminiYekutieli(p: ArrayLike<number>): Float64Array {
  let harmonic = 0;
  for (let i = 1; i <= p.length; i++) harmonic += 1 / i;
  return stepUp(p, harmonic);
}
