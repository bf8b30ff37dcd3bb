import type { NonceBatch } from "../../common/nonce-batch.ts";

/** A board of 63 chips at ticket 1 finds as many in a third of a second; an answer is asked for in the turn in which it was judged. */
const MOST_KEPT = 1024;

interface Judgement {
  readonly difficultyLog2: number;
  readonly residualNs: number;
}

const NEVER_JUDGED: Judgement = { difficultyLog2: Number.NaN, residualNs: Number.NaN };

/** What the latest nonces turned out to be, found again by the stamp of their frame. */
export class JudgedNonces {
  readonly #kept = new Map<string, Judgement>();

  add({ length, tNs, nonce, difficultyLog2, residualNs }: NonceBatch): void {
    for (let row = Math.max(0, length - MOST_KEPT); row < length; row++) {
      const judgement = { difficultyLog2: difficultyLog2[row] ?? Number.NaN, residualNs: residualNs[row] ?? Number.NaN };
      this.#kept.set(keyOf(tNs[row] ?? 0n, nonce[row] ?? 0), judgement);
      if (this.#kept.size <= MOST_KEPT) continue;
      const [oldest] = this.#kept.keys();
      if (oldest !== undefined) this.#kept.delete(oldest);
    }
  }

  /** NaN for a nonce that never came by, or so long ago that it is forgotten. */
  of(tNs: bigint, nonce: number): Judgement {
    return this.#kept.get(keyOf(tNs, nonce)) ?? NEVER_JUDGED;
  }
}

const keyOf = (tNs: bigint, nonce: number) => `${tNs} ${nonce}`;
