import type { Emission, PlantedEffect } from "./emission.ts";
import { ChipStreams } from "./scores.ts";

/**
 * GUESS: an output stage some 100 us slow, uncertain by a fifth of that: small against the gaps between nonces, large against
 * the stamps' error of a few us.
 */
export const DELAY = { meanNs: 100_000, deviationNs: 20_000 } as const;

/** What an effect hides in the delays. */
export interface HiddenSignal {
  /** Correlation of a delay's score with the hidden score; 0 hides it completely. */
  readonly visibility: number;
  /** About standard normal over a run, whatever the strength. */
  score(emission: Emission): number;
  /** false: the nonce is withheld. Absent: none is. */
  keeps?(emission: Emission): boolean;
  setPoint?(chip: number, tNs: number, mhz: number): void;
}

/**
 * Delays whose score is `visibility` parts signal and the rest noise: mean, deviation and, as far as the signal's own score is normal,
 * the whole distribution of delays are the same at every strength, 0 included. So a null differs from the effect in nothing else.
 */
export function effectOf(signal: HiddenSignal, secret: string): PlantedEffect {
  const noise = new ChipStreams(secret, "noise");
  const rest = Math.sqrt(1 - signal.visibility ** 2);
  return {
    setPoint: (chip, tNs, mhz) => signal.setPoint?.(chip, tNs, mhz),
    delayNs(emission) {
      // Drawn whether the nonce leaves or not, so that withholding one does not change the delays of the others.
      const score = signal.visibility * signal.score(emission) + rest * noise.normal(emission.chip);
      if (signal.keeps !== undefined && !signal.keeps(emission)) return null;
      return Math.max(0, DELAY.meanNs + DELAY.deviationNs * score);
    },
  };
}
