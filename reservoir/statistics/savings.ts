/** What a filter that aborts early is worth. CLAIMS K 3, [L] EarlyAbort */
import { ScienceError } from "../../common/errors.ts";

export interface AbortPolicy {
  /** Rounds after which it decides, of `rounds` in all. */
  readonly decideAfter: number;
  readonly rounds: number;
  /** Share of all candidates that it lets go on. */
  readonly continueShare: number;
  /** Share of the true winners that it lets go on. */
  readonly recall: number;
  /** Share of candidates that are never filtered (default 0). */
  readonly keepShare?: number;
  /** Energy of deciding, as a share of a whole run's (default 0). */
  readonly controllerCost?: number;
}

export interface PolicyWorth {
  /** Share of the energy saved: 1 - [q n + (1 - q)(k + (n - k) p)] / n - c. */
  readonly saved: number;
  /** Share of the winners kept: q + (1 - q) r. */
  readonly winnersKept: number;
  /** Winners per joule against no filter: winnersKept / (1 - saved). Above 1 only with knowledge of the winners: without it recall is the continue share, and any k > 0 costs. */
  readonly merit: number;
}

/** ScienceError BAD_POLICY for shares outside [0, 1] or rounds that cannot be. */
export function policyWorth({ decideAfter, rounds, continueShare, recall, keepShare = 0, controllerCost = 0 }: AbortPolicy): PolicyWorth {
  const shares = [continueShare, recall, keepShare];
  if (
    shares.some((share) => !(share >= 0 && share <= 1)) ||
    !(decideAfter >= 0 && decideAfter <= rounds && rounds > 0) ||
    !(controllerCost >= 0)
  )
    throw new ScienceError("BAD_POLICY", "A policy has shares from 0 to 1 and decides within its rounds.", "Check the numbers.", {
      continueShare,
      recall,
      keepShare,
      decideAfter,
      rounds,
    });
  const spent = (keepShare * rounds + (1 - keepShare) * (decideAfter + (rounds - decideAfter) * continueShare)) / rounds + controllerCost;
  const winnersKept = keepShare + (1 - keepShare) * recall;
  return { saved: 1 - spent, winnersKept, merit: spent > 0 ? winnersKept / spent : 0 };
}
