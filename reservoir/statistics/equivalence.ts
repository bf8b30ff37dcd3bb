/** "No difference" as a finding of its own, not as the lack of one. */
import { ScienceError } from "../../common/errors.ts";
import { isConstant, requireFinite } from "./kernels.ts";
import { studentTSf } from "./special.ts";

export interface Equivalence {
  readonly difference: number;
  readonly standardError: number;
  readonly degrees: number;
  /** p of "they differ by `margin` or more": small means equivalent. */
  readonly pEquivalent: number;
  /** Two-sided p of "they do not differ at all". */
  readonly pDifferent: number;
}

/**
 * Two one-sided tests (Schuirmann 1987) on the means of two samples of unequal variance (Welch). `margin`: the largest difference that would not
 * matter, stated before looking. ScienceError NO_DATA below two values each, BAD_MARGIN, BAD_VALUES.
 */
export function equivalence(a: ArrayLike<number>, b: ArrayLike<number>, margin: number): Equivalence {
  if (a.length < 2 || b.length < 2)
    throw new ScienceError("NO_DATA", `Samples of ${a.length} and ${b.length} cannot be compared.`, "Collect at least two values each.");
  if (!(margin > 0))
    throw new ScienceError("BAD_MARGIN", `A margin of ${margin} allows nothing.`, "Say which difference would not matter.");
  requireFinite("Value", a);
  requireFinite("Value", b);
  const [first, second] = [meanAndVariance(a), meanAndVariance(b)];
  const [va, vb] = [first.variance / a.length, second.variance / b.length];
  const difference = first.mean - second.mean;
  const standardError = Math.sqrt(va + vb);
  if (standardError === 0) {
    const inside = Math.abs(difference) < margin;
    return {
      difference,
      standardError,
      degrees: a.length + b.length - 2,
      pEquivalent: inside ? 0 : 1,
      pDifferent: difference === 0 ? 1 : 0,
    };
  }
  const degrees = (va + vb) ** 2 / (va ** 2 / (a.length - 1) + vb ** 2 / (b.length - 1));
  const upper = studentTSf((margin - difference) / standardError, degrees);
  const lower = studentTSf((margin + difference) / standardError, degrees);
  return {
    difference,
    standardError,
    degrees,
    pEquivalent: Math.max(upper, lower),
    pDifferent: Math.min(1, 2 * studentTSf(Math.abs(difference) / standardError, degrees)),
  };
}

function meanAndVariance(x: ArrayLike<number>): { mean: number; variance: number } {
  // Exactly: rounding would make a difference between constants, and a small error to measure it by.
  if (isConstant(x)) return { mean: x[0] as number, variance: 0 };
  let mean = 0;
  for (let i = 0; i < x.length; i++) mean += (x[i] as number) / x.length;
  let variance = 0;
  for (let i = 0; i < x.length; i++) variance += ((x[i] as number) - mean) ** 2 / (x.length - 1);
  return { mean, variance };
}
