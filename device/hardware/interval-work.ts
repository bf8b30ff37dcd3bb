import type { JobRecord } from "../../common/block-header.ts";
import type { Work, WorkEvents } from "./hardware.ts";

/** One job at a time, a fresh one at a steady interval: enough for chips that roll versions by themselves (specs/bm1366.md 4.4). */
export class IntervalWork implements Work {
  readonly #intervalMs: number;
  readonly #send: () => Promise<JobRecord>;
  readonly #events: WorkEvents;
  #timer: NodeJS.Timeout | null = null;
  #turn: Promise<void> = Promise.resolve();

  constructor(intervalMs: number, send: () => Promise<JobRecord>, events: WorkEvents) {
    this.#intervalMs = intervalMs;
    this.#send = send;
    this.#events = events;
  }

  start(): void {
    this.#timer ??= setInterval(() => void this.fresh().catch((error: unknown) => this.#events.failed(error)), this.#intervalMs);
  }

  /** Jobs leave one at a time, in order; none after stop(). */
  fresh(): Promise<void> {
    const send = async () => {
      if (this.#timer) this.#events.jobs([await this.#send()]);
    };
    this.#turn = this.#turn.then(send, send);
    return this.#turn;
  }

  stop(): void {
    if (this.#timer) clearInterval(this.#timer);
    this.#timer = null;
  }
}
