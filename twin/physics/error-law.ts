import { SHARED_PARAMETERS } from "../parameters.ts";

const { atMinimum, perDecadeAboveV, perDecadeBelowV, deadBelowMinimumV } = SHARED_PARAMETERS.errors;
/** A power of e, not of ten: V8 takes several times as long for the other. */
const ABOVE_PER_VOLT = Math.LN10 / perDecadeAboveV;
const BELOW_PER_VOLT = Math.LN10 / perDecadeBelowV;

/** How probable it is that a core gets a hash wrong whose domain has `marginV` more than the core's minimum. specs/bm1387.md 8.3 */
export function errorProbability(marginV: number): number {
  return Math.min(1, atMinimum * Math.exp(-marginV * (marginV > 0 ? ABOVE_PER_VOLT : BELOW_PER_VOLT)));
}

/** The same for many cores at once, whose offsets from the domain's minimum voltage, V, never change. */
export class CoreErrors {
  readonly #above: Float64Array;
  readonly #below: Float64Array;

  constructor(coreOffsetsV: Float64Array) {
    this.#above = coreOffsetsV.map((offsetV) => Math.exp(offsetV * ABOVE_PER_VOLT));
    this.#below = coreOffsetsV.map((offsetV) => Math.exp(offsetV * BELOW_PER_VOLT));
  }

  /** Writes the probabilities of cores `from` to `to` (exclusive), whose domain is `marginV` above the minimum of a core without offset. */
  write(probabilities: Float64Array, marginV: number, from: number, to: number): void {
    const above = atMinimum * Math.exp(-marginV * ABOVE_PER_VOLT);
    const below = atMinimum * Math.exp(-marginV * BELOW_PER_VOLT);
    const [ofAbove, ofBelow] = [this.#above, this.#below];
    for (let core = from; core < to; core++) {
      const sound = above * (ofAbove[core] as number);
      const weak = below * (ofBelow[core] as number);
      probabilities[core] = sound < atMinimum ? sound : weak < 1 ? weak : 1;
    }
  }
}

/** A domain so far below its minimum voltage is silent. specs/bm1387.md 8.3 */
export function tooLowToAnswer(marginV: number): boolean {
  return marginV < -deadBelowMinimumV;
}
