/** Answers of a chip that was asked for its lowest difficulty, read as a pool reads them: at any higher difficulty, most of them do not count. */
import type { Random } from "../../../common/random.ts";
import type { Share } from "./bench.ts";

/** What gives intervals between shares at a difficulty: a chip's answers, or chance. */
export interface ShareSource {
  /** Next time between shares that count, s, at `times` the floor. Infinite when the record is at its end. */
  interval(times: number): number;
}

/** A recorded stream. Its chip knows nothing of the difficulty: it decides which of the answers count, and when the host looks. */
export class ShareTape implements ShareSource {
  readonly #shares: readonly Share[];
  readonly #floor: number;
  #at: number;
  #lastS: number;

  /** From share `from` on; `floor`: what counts as the floor, over the chip's own ticket. */
  constructor(shares: readonly Share[], floor: number, from = 0) {
    this.#shares = shares;
    this.#floor = floor;
    this.#at = from;
    this.#lastS = shares[from]?.tS ?? 0;
  }

  /** Of the recorded shares: how many have been read. */
  get read(): number {
    return this.#at;
  }

  interval(times: number): number {
    while (++this.#at < this.#shares.length) {
      const { tS, excess } = this.#shares[this.#at] as Share;
      if (excess < this.#floor * times) continue;
      const waited = tS - this.#lastS;
      this.#lastS = tS;
      return waited;
    }
    return Number.POSITIVE_INFINITY;
  }
}

/** Chance alone at the same rate: the surrogate. */
export class ChanceSource implements ShareSource {
  readonly #floorPerS: number;
  readonly #random: Random;

  constructor(floorPerS: number, random: Random) {
    this.#floorPerS = floorPerS;
    this.#random = random;
  }

  interval(times: number): number {
    return (-Math.log1p(-this.#random.next()) * times) / this.#floorPerS;
  }
}
