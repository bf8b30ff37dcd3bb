/** How many of the last commits count. */
const REMEMBERED = 64;
/** The next one may take longer than any of them did. */
const MARGIN = 2;

/**
 * How old a row may be when its commit begins, so that it is durable within the stated interval: less than that by twice what the worst of the last commits
 * took from when it was due. A disk that needs more than half the interval cannot keep it: rows then wait half an interval for a commit.
 */
export class CommitPace {
  readonly #intervalMs: number;
  readonly #overrunsMs: number[] = [];

  constructor(intervalMs: number) {
    this.#intervalMs = intervalMs;
  }

  get periodMs(): number {
    return this.#intervalMs - Math.min(MARGIN * Math.max(0, ...this.#overrunsMs), this.#intervalMs / 2);
  }

  /** A commit was durable that long after it was due. */
  note(overrunMs: number): void {
    this.#overrunsMs.push(overrunMs);
    if (this.#overrunsMs.length > REMEMBERED) this.#overrunsMs.shift();
  }
}
