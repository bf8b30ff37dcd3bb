/** What a whole study says of the claim "this substrate computes", in the vocabulary of CLAIMS N 10, and what it could have said. */
import { type Equivalence, equivalence } from "../../statistics/equivalence.ts";
import { studentTQuantile } from "../../statistics/special.ts";
import type { GateResult } from "./gate.ts";
import { MOST_MSE_RATIO } from "./usefulness.ts";

export type Answer = "reproduced" | "refuted" | "not testable with these data" | "trivially true";

/** Gains in squared error smaller than that of S5's rule do not matter: natural logarithm of the ratio. */
export const GAIN_MARGIN = -Math.log(MOST_MSE_RATIO);

export interface NoDifference extends Equivalence {
  /** Largest difference of ln(squared error) that would not matter. */
  readonly margin: number;
  /** Shown that the states change the squared error by less than the margin, or make it worse. */
  readonly shown: boolean;
  /** Least gain in squared error, as a share, that this study's own spread would have shown with 90 % power at the level. */
  readonly detectableGain: number;
}

/** Two one-sided tests over sessions of ln(squared error with the states / without). null below two sessions. */
export function noDifference(sessions: readonly GateResult[], alpha: number): NoDifference | null {
  if (sessions.length < 2) return null;
  const logs = sessions.map(({ usefulness }) => Math.log(usefulness.useful.mseRatio));
  // Pairs: the sessions' differences against nothing, which has no variance.
  const tested = equivalence(
    logs,
    logs.map(() => 0),
    GAIN_MARGIN,
  );
  const worse = tested.difference > 0 && tested.pDifferent < alpha;
  const degrees = sessions.length - 1;
  const multiple = studentTQuantile(alpha, degrees) + studentTQuantile(0.1, degrees);
  return {
    ...tested,
    margin: GAIN_MARGIN,
    shown: tested.pEquivalent < alpha || worse,
    detectableGain: 1 - Math.exp(-multiple * tested.standardError),
  };
}

export interface Concluded {
  readonly sessions: readonly GateResult[];
  readonly computes: boolean;
  /** A control says that there is no answer. */
  readonly worthless: boolean;
  readonly least: number;
  readonly alpha: number;
}

/**
 * Reproduced: it computes. Trivially true: it answers to its drive, and a memoryless function of the drive does as well. Refuted: the states were shown to be
 * worth less than the rule asks. Otherwise these data cannot tell.
 */
export function answerOf({ sessions, computes, worthless, least, alpha }: Concluded): Answer {
  if (computes) return "reproduced";
  if (worthless || sessions.length < least || !noDifference(sessions, alpha)?.shown) return "not testable with these data";
  const answers = sessions.every(({ tier }) => tier === "T0 responds");
  return answers ? "trivially true" : "refuted";
}
