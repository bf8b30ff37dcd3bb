/** Stops counting as soon as the invalid share is decided. A. Wald, Sequential tests of statistical hypotheses (1945) */
import { noncesForShare, type ShareTest } from "./sample-size.ts";

export type ShareVerdict = "sound" | "faulty" | "undecided";

export interface SequentialTest {
  /** Counted so far -> what may be said; "undecided" goes on until `mostNonces`. */
  readonly verdict: (valid: number, invalid: number) => ShareVerdict;
  /** The exact test's sample: by then it is decided by that. */
  readonly mostNonces: number;
}

/**
 * Wald's probability ratio test between the two shares, cut off at the fixed sample. Nonces come in batches, so that a bound may be overshot,
 * which only makes errors rarer. Half of alpha and half of 1 - power are spent on each of the two ways to stop: both errors stay below what was asked for.
 */
export function sequentialTest({ soundShare, faultyShare, alpha, power }: ShareTest): SequentialTest {
  const perInvalid = Math.log(faultyShare / soundShare);
  const perValid = Math.log((1 - faultyShare) / (1 - soundShare));
  // P(ratio ever reaches 1 / a) <= a under the sound share, and the mirrored bound under the faulty one (Ville).
  const upper = -Math.log(alpha / 2);
  const lower = Math.log((1 - power) / 2);
  const { nonces, critical } = noncesForShare({ soundShare, faultyShare, alpha: alpha / 2, power: (1 + power) / 2 });
  return {
    mostNonces: nonces,
    verdict(valid, invalid) {
      const ratio = invalid * perInvalid + valid * perValid;
      if (ratio >= upper) return "faulty";
      if (ratio <= lower) return "sound";
      if (valid + invalid < nonces) return "undecided";
      return invalid / (valid + invalid) >= critical / nonces ? "faulty" : "sound";
    },
  };
}
