/** How many of the last commits count. */
const REMEMBERED = 64;
/** The next one may take longer than any of them did. */
const MARGIN = 2;
/** What is kept in reserve, of the interval, however short the last ones were: on an ordinary disk one synchronisation in a few hundred takes ten times the median. */
const LEAST_RESERVE = 1 / 4;

/**
 * How old a row may be when its commit begins, so that it is durable within the stated interval: less than that by twice what the worst of the last commits
 * took from when it was due, and by a quarter at least. A disk that needs more than half the interval cannot keep it: rows then wait half an interval for a commit.
 */
export class CommitPace {
  readonly #intervalMs: number;
  readonly #overrunsMs: number[] = [];

  constructor(intervalMs: number) {
    this.#intervalMs = intervalMs;
  }

  get periodMs(): number {
    const reserveMs = Math.max(MARGIN * Math.max(0, ...this.#overrunsMs), LEAST_RESERVE * this.#intervalMs);
    return this.#intervalMs - Math.min(reserveMs, this.#intervalMs / 2);
  }

  /** A commit was durable that long after it was due. */
  note(overrunMs: number): void {
    this.#overrunsMs.push(overrunMs);
    if (this.#overrunsMs.length > REMEMBERED) this.#overrunsMs.shift();
  }
}
