import { KEPT_SHARE } from "./line.ts";
import { ChipStreams } from "./scores.ts";
import type { HiddenSignal } from "./signal.ts";

/** A winner has at least so many zero bits more than were asked for: one nonce in four. */
export const WINNER_BITS = 2;
const WINNER_SHARE = 2 ** -WINNER_BITS;
/** How well a delay shows its chip's state. */
const STATE_VISIBILITY = 0.8;

/**
 * A sign that comes before a winner. At each nonce that leaves, the chip draws a state, high or low, which the nonce's delay shows; `rounds` answers of
 * the same chip later the state decides how likely a nonce is withheld: after high, winners are kept (1 + strength) times as often as on average and the
 * others so much less that the rate stays; after low the other way round. So P(winner | high) = (1 + strength) / 4.
 *
 * The wire shows nothing of a hash before it is done, so what an abort could go by is what the chip said before.
 */
export function earlyAbort(strength: number, rounds: number, secret: string): HiddenSignal {
  const states = new ChipStreams(secret, "state");
  const coins = new ChipStreams(secret, "withhold");
  /** The states shown by each chip's last `rounds` answers, oldest first, and the one the nonce at hand would show. */
  const shown = new Map<number, { past: number[]; next: number }>();
  const others = (strength * WINNER_SHARE) / (1 - WINNER_SHARE);
  return {
    visibility: STATE_VISIBILITY,
    score({ chip }) {
      const state = shown.get(chip) ?? { past: [], next: 0 };
      shown.set(chip, state);
      state.next = states.normal(chip);
      return state.next;
    },
    keeps({ chip, excessBits }) {
      const { past, next } = shown.get(chip) as { past: number[]; next: number };
      const sign = past.length < rounds ? 0 : Math.sign(past[0] as number);
      const tilt = excessBits >= WINNER_BITS ? strength * sign : -others * sign;
      const kept = coins.uniform(chip) < KEPT_SHARE * (1 + tilt);
      if (kept) past.push(next);
      if (past.length > rounds) past.shift();
      return kept;
    },
  };
}
