/** How many of the last commits count. */
const REMEMBERED = 16;

/**
 * When the next commit begins, so that what was handed over is durable within the stated interval: earlier by as much as the last commits took, and as
 * late as their timers were, at the worst. A disk that needs more than half the interval cannot keep it: commits then come twice an interval.
 */
export class CommitPace {
  readonly #intervalMs: number;
  readonly #overrunsMs: number[] = [];

  constructor(intervalMs: number) {
    this.#intervalMs = intervalMs;
  }

  get periodMs(): number {
    return this.#intervalMs - Math.min(Math.max(0, ...this.#overrunsMs), this.#intervalMs / 2);
  }

  /** A commit was durable that long after it was due. */
  note(overrunMs: number): void {
    this.#overrunsMs.push(overrunMs);
    if (this.#overrunsMs.length > REMEMBERED) this.#overrunsMs.shift();
  }
}
