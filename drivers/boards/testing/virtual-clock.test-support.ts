/** A clock that stands still until a test moves it. */
import type { Clock } from "../../../common/clock.ts";

interface Sleeper {
  readonly atNs: bigint;
  readonly wake: () => void;
}

export class VirtualClock implements Clock {
  #nowNs = 0n;
  #sleepers: Sleeper[] = [];
  /** Every wait of at least this many ms is noted in `slept`. */
  readonly slept: number[] = [];

  nowNs(): bigint {
    return this.#nowNs;
  }

  wallMs(): number {
    return Number(this.#nowNs / 1_000_000n);
  }

  get nowMs(): number {
    return Number(this.#nowNs) / 1e6;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (ms > 0) this.slept.push(ms);
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const onAbort = () => {
        this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
        reject(signal?.reason);
      };
      const wake = () => {
        signal?.removeEventListener("abort", onAbort);
        resolve();
      };
      const sleeper: Sleeper = { atNs: this.#nowNs + BigInt(Math.round(ms * 1e6)), wake };
      this.#sleepers.push(sleeper);
      signal?.addEventListener("abort", onAbort);
    });
  }

  /** Time passes; whoever is due wakes in order. */
  async advance(ms: number): Promise<void> {
    const endNs = this.#nowNs + BigInt(Math.round(ms * 1e6));
    while (await this.#wakeNext(endNs));
    this.#nowNs = endNs;
  }

  /** Time passes until the promise settles. */
  async settle<T>(promise: Promise<T>): Promise<T> {
    let settled = false;
    const watched = promise.finally(() => {
      settled = true;
    });
    watched.catch(() => {});
    while (!settled) {
      if (!(await this.#wakeNext(null)) && !settled) throw new Error("nobody sleeps, and the promise is still pending");
    }
    return watched;
  }

  async #wakeNext(endNs: bigint | null): Promise<boolean> {
    await new Promise((resolve) => setImmediate(resolve));
    const next = this.#sleepers.reduce<Sleeper | null>((first, other) => (first === null || other.atNs < first.atNs ? other : first), null);
    if (next === null || (endNs !== null && next.atNs > endNs)) return false;
    this.#sleepers = this.#sleepers.filter((other) => other !== next);
    if (next.atNs > this.#nowNs) this.#nowNs = next.atNs;
    next.wake();
    await new Promise((resolve) => setImmediate(resolve));
    return true;
  }
}
