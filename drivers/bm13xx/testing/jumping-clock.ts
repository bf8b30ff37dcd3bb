import type { Clock } from "../../../common/clock.ts";

interface Sleeper {
  readonly atNs: bigint;
  readonly wake: () => void;
}

/** A clock that jumps to the next sleeper when nothing else is left to do. */
export class JumpingClock implements Clock {
  #ns = 1_000_000_000n;
  readonly #sleepers: Sleeper[] = [];

  /** How many wait for it. */
  get sleepers(): number {
    return this.#sleepers.length;
  }

  nowNs(): bigint {
    return this.#ns;
  }
  wallMs(): number {
    return Number(this.#ns / 1_000_000n);
  }
  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const sleeper = { atNs: this.#ns + BigInt(Math.round(ms * 1e6)), wake: resolve };
      this.#sleepers.push(sleeper);
      signal?.addEventListener("abort", () => {
        const at = this.#sleepers.indexOf(sleeper);
        if (at >= 0) this.#sleepers.splice(at, 1);
        reject(signal.reason);
      });
      setImmediate(() => this.#jump());
    });
  }
  #jump(): void {
    const next = this.#sleepers.reduce<Sleeper | null>((a, b) => (a && a.atNs <= b.atNs ? a : b), null);
    if (!next) return;
    this.#sleepers.splice(this.#sleepers.indexOf(next), 1);
    if (next.atNs > this.#ns) this.#ns = next.atNs;
    next.wake();
    setImmediate(() => this.#jump());
  }
}
