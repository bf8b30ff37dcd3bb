import { ChipStreams, normalScore, seedOf } from "./scores.ts";
import type { HiddenSignal } from "./signal.ts";

/** Share of nonces that leave, on average, where some are withheld: the same at every strength. */
export const KEPT_SHARE = 0.5;

/** Part of a period gone by at `tNs`, in [0, 1); where it begins is the secret's. */
function phaseAt(tNs: number, hz: number, offset: number): number {
  const turns = (tNs / 1e9) * hz + offset;
  return turns - Math.floor(turns);
}

function offsetOf(secret: string): number {
  return Number(seedOf(secret, "phase") >> 11n) * 2 ** -53;
}

/**
 * Ripple of the supply on the output stage: delays swing with a period of 1/hz. The score runs through the normal distribution's quantiles, up
 * in one half of the period and down in the other, so that its distribution over whole periods is the normal one.
 */
export function timingLine(strength: number, hz: number, secret: string): HiddenSignal {
  const offset = offsetOf(secret);
  return {
    visibility: strength,
    score: ({ tNs }) => normalScore(1 - Math.abs(2 * phaseAt(tNs, hz, offset) - 1)),
  };
}

/** Dips of the supply in which cores lose answers: nonces are withheld with a probability that swings by `depth` of its mean. */
export function rateLine(depth: number, hz: number, secret: string): HiddenSignal {
  const offset = offsetOf(secret);
  const coins = new ChipStreams(secret, "withhold");
  return {
    visibility: 0,
    score: () => 0,
    keeps: ({ chip, tNs }) => coins.uniform(chip) < KEPT_SHARE * (1 + depth * Math.sin(2 * Math.PI * phaseAt(tNs, hz, offset))),
  };
}
