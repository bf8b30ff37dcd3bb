/** Rows that are older than stated before they are on the disk: told of once for as long as it goes on, and once more when it is over. */

/** GUESS: what holds a disk up (a card that clears blocks, another program's writes) comes again within half a minute, or has ended. */
const QUIET_MS = 30_000;
/** Where the interval is long, half a minute would be one commit. */
const QUIET_INTERVALS = 10;

export interface LateEpisode {
  /** The interval that was not kept, ms. */
  readonly statedMs: number;
  /** Commits whose oldest row was older than that when it was durable. */
  readonly commits: number;
  /** From the moment at which a row became older than that to the end of the last such commit, ms. */
  readonly lastedMs: number;
  readonly worstAgeMs: number;
}

/** Times are ms on one monotonic clock. */
export class LateEpisodes {
  readonly #statedMs: number;
  #beganMs: number | null = null;
  #lastMs = 0;
  #commits = 0;
  #worstAgeMs = 0;

  constructor(statedMs: number) {
    this.#statedMs = statedMs;
  }

  /** A row became older than stated. Whether an episode begins with it. */
  late(nowMs: number): boolean {
    this.#lastMs = nowMs;
    if (this.#beganMs !== null) return false;
    this.#beganMs = nowMs;
    this.#commits = this.#worstAgeMs = 0;
    return true;
  }

  /** A commit was durable, its oldest row that old. The episode that is over with it, if one is. */
  committed(ageMs: number, durableMs: number): LateEpisode | null {
    if (this.#beganMs === null) return null;
    if (ageMs > this.#statedMs) {
      this.#lastMs = durableMs;
      this.#commits++;
      this.#worstAgeMs = Math.max(this.#worstAgeMs, ageMs);
      return null;
    }
    if (durableMs - this.#lastMs < Math.max(QUIET_MS, QUIET_INTERVALS * this.#statedMs)) return null;
    const lastedMs = this.#lastMs - this.#beganMs;
    this.#beganMs = null;
    // The thread that tells was held up, and the commits were not.
    if (this.#commits === 0) return null;
    return { statedMs: this.#statedMs, commits: this.#commits, lastedMs, worstAgeMs: this.#worstAgeMs };
  }
}
