import { ChipStreams, normalScore } from "./scores.ts";
import type { HiddenSignal } from "./signal.ts";

/** Correlation of two normal scores that know so much of each other: I = -log2(1 - r^2) / 2. */
export function correlationOfBits(bits: number): number {
  return Math.sqrt(1 - 2 ** (-2 * bits));
}

/**
 * A data-dependent delay: the better the hash, the later it leaves. With D the difficulty over the one asked for, 1/D is uniform, and the score is its
 * normal quantile; the twin knows D to the whole bit and draws the place within it.
 */
export function difficultyLeakage(correlation: number, secret: string): HiddenSignal {
  const places = new ChipStreams(secret, "place");
  return {
    visibility: correlation,
    score: ({ chip, excessBits }) => normalScore(1 - 2 ** -excessBits * (1 - places.uniform(chip) / 2)),
  };
}
