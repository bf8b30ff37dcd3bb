import type { JobRecord } from "../../common/block-header.ts";
import { type Clock, every } from "../../common/clock.ts";
import type { Work, WorkEvents } from "./hardware.ts";

/** One job at a time, a fresh one at a steady interval: enough for chips that roll versions by themselves (specs/bm1366.md 4.4). */
export class IntervalWork implements Work {
  readonly #clock: Clock;
  readonly #intervalMs: number;
  readonly #send: () => Promise<JobRecord>;
  readonly #events: WorkEvents;
  #stop: (() => void) | null = null;
  #turn: Promise<void> = Promise.resolve();
  #leasedUntilNs = 0n;

  constructor(clock: Clock, intervalMs: number, send: () => Promise<JobRecord>, events: WorkEvents) {
    this.#clock = clock;
    this.#intervalMs = intervalMs;
    this.#send = send;
    this.#events = events;
  }

  start(): void {
    this.#stop ??= every(this.#clock, this.#intervalMs, () => void this.fresh().catch((error: unknown) => this.#events.failed(error)));
  }

  renewLease(ttlMs: number): void {
    this.#leasedUntilNs = this.#clock.nowNs() + BigInt(Math.round(ttlMs * 1e6));
  }

  /** Jobs leave one at a time, in order; none without a lease, and none after stop(). */
  fresh(): Promise<void> {
    const send = async () => {
      if (this.#stop && this.#clock.nowNs() < this.#leasedUntilNs) this.#events.jobs([await this.#send()]);
    };
    this.#turn = this.#turn.then(send, send);
    return this.#turn;
  }

  stop(): void {
    this.#stop?.();
    this.#stop = null;
  }
}
