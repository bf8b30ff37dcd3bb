import type { Clock } from "../common/clock.ts";

interface Sleeper {
  readonly atMs: number;
  readonly wake: () => void;
}

/** A clock whose hours pass in a moment: it leaps from one sleeper to the next. */
export class LeapingClock implements Clock {
  #nowMs = 0;
  readonly #sleepers = new Set<Sleeper>();
  /** Every signal that somebody slept with. */
  readonly signals = new Set<AbortSignal>();

  get sleepers(): number {
    return this.#sleepers.size;
  }

  nowNs(): bigint {
    return BigInt(Math.round(this.#nowMs * 1e6));
  }

  wallMs(): number {
    return Math.floor(this.#nowMs);
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal !== undefined) this.signals.add(signal);
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const end = () => {
        this.#sleepers.delete(sleeper);
        signal?.removeEventListener("abort", onAbort);
      };
      const onAbort = () => {
        end();
        reject(signal?.reason);
      };
      const sleeper = {
        atMs: this.#nowMs + ms,
        wake: () => {
          end();
          resolve();
        },
      };
      this.#sleepers.add(sleeper);
      signal?.addEventListener("abort", onAbort);
    });
  }

  async pass(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms;
    for (;;) {
      // Whoever was woken may sleep again, without another clock.
      await new Promise((resolve) => setImmediate(resolve));
      const next = [...this.#sleepers].reduce<Sleeper | null>(
        (first, one) => (first !== null && first.atMs <= one.atMs ? first : one),
        null,
      );
      if (next === null || next.atMs > untilMs) break;
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.wake();
    }
    this.#nowMs = untilMs;
  }
}
