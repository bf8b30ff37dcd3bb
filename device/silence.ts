/** Chips that stopped answering while they were to hash: told by how many nonces were to be expected since the last. Pure. */

/** With this many to be expected, none at all comes by chance once in 1e13 times: a Poisson count of mean 30 is 0 with probability e^-30. */
const EXPECTED_NONCES = 30;
/** A host or a line that is held up for this long says nothing about chips. GUESS: beyond any wait for a set-point. */
const LEAST_SECONDS = 5;
const HASHES_PER_NONCE = 2 ** 32;

/** Nonces a second of chips that should hash `ghs` GH/s and report at `ticketDifficulty`. */
export function expectedNoncesPerSecond(ghs: number, ticketDifficulty: number): number {
  return (ghs * 1e9) / (HASHES_PER_NONCE * ticketDifficulty);
}

export class SilenceWatch {
  #sinceNs: bigint;
  #silent = false;

  constructor(nowNs: bigint) {
    this.#sinceNs = nowNs;
  }

  /** The silence before does not count: the chips were not hashing, or at another set-point. */
  restart(nowNs: bigint): void {
    this.#sinceNs = nowNs;
    this.#silent = false;
  }

  /** Nonces came; true when they end a silence that was told. */
  heard(nowNs: bigint): boolean {
    const ended = this.#silent;
    this.restart(nowNs);
    return ended;
  }

  /** Once for each silence: what to say of it; null as long as there is nothing to say. */
  look(nowNs: bigint, noncesPerSecond: number): string | null {
    const seconds = Number(nowNs - this.#sinceNs) / 1e9;
    const expected = seconds * noncesPerSecond;
    if (this.#silent || seconds < LEAST_SECONDS || expected < EXPECTED_NONCES) return null;
    this.#silent = true;
    return `no nonce for ${seconds.toFixed(1)} s where about ${Math.round(expected)} were to be expected: chips without supply, clock or jobs, or a cut data line`;
  }
}
