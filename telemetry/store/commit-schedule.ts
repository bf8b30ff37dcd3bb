import type { Clock } from "../../common/clock.ts";
import { CommitPace } from "./commit-pace.ts";

export interface CommitScheduleOptions {
  readonly clock: Clock;
  readonly intervalMs: number;
  /** Monotonic. */
  nowMs(): number;
  /** When the oldest row that no commit has taken was handed over; null when there is none. */
  oldestMs(): number | null;
  /** Begins a commit, which tells `began` and `ended`. */
  begin(): void;
}

/**
 * Begins commits so that each ends before its oldest row is older than the interval. Three things look at the time: a timer, each hand-over (a busy event
 * loop runs timers late), and the answer of the commit before, since one at a time is under way.
 */
export class CommitSchedule {
  readonly #options: CommitScheduleOptions;
  readonly #pace: CommitPace;
  #underWay = 0;
  /** After a failure nothing is tried sooner. */
  #notBeforeMs = Number.NEGATIVE_INFINITY;
  #wake: () => void = () => {};

  constructor(options: CommitScheduleOptions) {
    this.#options = options;
    this.#pace = new CommitPace(options.intervalMs);
  }

  /** Rows were handed over. */
  handedOver(): void {
    const dueMs = this.#dueMs();
    if (dueMs === null) return;
    if (this.#options.nowMs() >= dueMs) this.#beginSoon();
    else this.#wake();
  }

  /** What is handed over in one turn of the event loop goes together. */
  #beginSoon(): void {
    queueMicrotask(() => {
      const dueMs = this.#dueMs();
      if (dueMs !== null && this.#options.nowMs() >= dueMs) this.#options.begin();
    });
  }

  began(): void {
    this.#underWay++;
  }

  /** A commit was durable so long after its rows were due, or after it was begun where that was earlier; null when it failed. */
  ended(overrunMs: number | null): void {
    this.#underWay--;
    if (overrunMs === null) this.#notBeforeMs = this.#options.nowMs() + this.#pace.periodMs;
    else this.#pace.note(overrunMs);
    this.#wake();
  }

  /** A transaction without rows took so long. */
  took(ms: number): void {
    this.#pace.note(ms);
  }

  /** When the rows of a commit that begins now were due. */
  dueMs(oldestMs: number): number {
    return oldestMs + this.#pace.periodMs;
  }

  /** Until the signal aborts. */
  async keep(signal: AbortSignal): Promise<void> {
    const { clock, nowMs, begin } = this.#options;
    signal.addEventListener("abort", () => this.#wake(), { once: true });
    while (!signal.aborted) {
      const dueMs = this.#dueMs();
      const leftMs = dueMs === null ? null : dueMs - nowMs();
      if (leftMs === null)
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      else if (leftMs > 0) await clock.sleep(leftMs, signal).catch(() => undefined);
      else begin();
    }
  }

  /** null while a commit is under way or nothing waits for one. */
  #dueMs(): number | null {
    const oldestMs = this.#options.oldestMs();
    return this.#underWay > 0 || oldestMs === null ? null : Math.max(this.dueMs(oldestMs), this.#notBeforeMs);
  }
}
