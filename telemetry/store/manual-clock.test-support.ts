import type { Clock } from "../../common/clock.ts";

/** A clock that moves only when a test moves it. */
export class ManualClock implements Clock {
  #nowMs = 0;
  #sleepers: { atMs: number; wake: () => void }[] = [];

  nowNs(): bigint {
    return BigInt(this.#nowMs) * 1_000_000n;
  }

  wallMs(): number {
    return this.#nowMs;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
        reject(signal?.reason);
      };
      const wake = () => {
        signal?.removeEventListener("abort", onAbort);
        resolve();
      };
      const sleeper = { atMs: this.#nowMs + ms, wake };
      this.#sleepers.push(sleeper);
      signal?.addEventListener("abort", onAbort);
    });
  }

  /** Passes whole milliseconds, one by one; whoever is due wakes in order. */
  async advance(ms: number): Promise<void> {
    for (let step = 0; step < ms; step++) {
      this.#nowMs++;
      const due = this.#sleepers.filter((sleeper) => sleeper.atMs <= this.#nowMs);
      this.#sleepers = this.#sleepers.filter((sleeper) => sleeper.atMs > this.#nowMs);
      for (const sleeper of due) sleeper.wake();
      await settled();
    }
  }
}

/** Lets everything that waits for no clock finish. */
export async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}
