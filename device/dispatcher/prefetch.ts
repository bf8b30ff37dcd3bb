/**
 * Work from an upstream that takes its time, held ready so that a chain never waits for it (the "Virtual Block Manager" of the papers, CLAIMS A 22). How
 * many jobs to hold follows from the latency and the rate at which they are used.
 */
import { setMaxListeners } from "node:events";
import { DriverError } from "../../common/errors.ts";

/** Where jobs come from: one each call, in any time. */
export type Upstream<Job> = (signal: AbortSignal) => Promise<Job>;

export interface PrefetchCounters {
  readonly taken: number;
  /** Takes that had to wait because nothing was ready. */
  readonly waited: number;
  readonly ready: number;
  readonly failures: number;
}

/** Failures in a row after which takers are told. */
const MOST_FAILURES = 5;

export class Prefetch<Job> {
  readonly #upstream: Upstream<Job>;
  readonly #depth: number;
  readonly #pause: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly #stop = new AbortController();
  readonly #ready: Job[] = [];
  readonly #waiting: { resolve: (job: Job) => void; reject: (reason: unknown) => void }[] = [];
  #asking = 0;
  #taken = 0;
  #waited = 0;
  #failures = 0;
  #failuresInARow = 0;

  /** depth: jobs held or asked for at any time; 0 asks only when somebody waits. `pause` waits after a failed request. */
  constructor(upstream: Upstream<Job>, depth: number, pause: (ms: number, signal: AbortSignal) => Promise<void>) {
    this.#upstream = upstream;
    this.#depth = depth;
    this.#pause = pause;
    // Every request under way listens to it, and they are as many as are held: no leak.
    setMaxListeners(0, this.#stop.signal);
    this.#ask();
  }

  get counters(): PrefetchCounters {
    return { taken: this.#taken, waited: this.#waited, ready: this.#ready.length, failures: this.#failures };
  }

  /** The next job: at once when one is ready. Rejects UPSTREAM_FAILED after five failures in a row, or with the reason of `stop`. */
  take(): Promise<Job> {
    if (this.#stop.signal.aborted) return Promise.reject(this.#stop.signal.reason);
    this.#taken++;
    const job = this.#ready.shift();
    if (job !== undefined) {
      this.#ask();
      return Promise.resolve(job);
    }
    this.#waited++;
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#ask();
    });
  }

  /** Whoever waits is told; what is ready is dropped. */
  stop(reason: unknown = new DriverError("WORK_STOPPED", "The flow of work was stopped.", "Start it again.")): void {
    this.#stop.abort(reason);
    this.#ready.length = 0;
    for (const { reject } of this.#waiting.splice(0)) reject(reason);
  }

  #ask(): void {
    const wanted = Math.max(this.#depth, this.#waiting.length);
    while (!this.#stop.signal.aborted && this.#asking + this.#ready.length < wanted) {
      this.#asking++;
      void this.#request();
    }
  }

  async #request(): Promise<void> {
    const { signal } = this.#stop;
    try {
      const job = await this.#upstream(signal);
      this.#failuresInARow = 0;
      if (signal.aborted) return;
      const waiting = this.#waiting.shift();
      if (waiting) waiting.resolve(job);
      else this.#ready.push(job);
    } catch (cause) {
      if (signal.aborted) return;
      this.#failures++;
      if (++this.#failuresInARow >= MOST_FAILURES) {
        const error = new DriverError(
          "UPSTREAM_FAILED",
          `${MOST_FAILURES} requests for work failed in a row.`,
          "Check the source of work.",
          {},
          cause,
        );
        for (const { reject } of this.#waiting.splice(0)) reject(error);
      }
      await this.#pause(100 * 2 ** Math.min(6, this.#failuresInARow), signal).catch(() => {});
    } finally {
      this.#asking--;
      this.#ask();
    }
  }
}

/** Jobs to hold so that none is ever waited for: those used during the longest latency, and one. */
export function depthFor(worstLatencyMs: number, shortestJobMs: number): number {
  return Math.ceil(worstLatencyMs / shortestJobMs) + 1;
}
