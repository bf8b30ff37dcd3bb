/**
 * Time as the code sees it. `nowNs` is monotonic and never steps; `wallMs` is for people and files. Everything that waits
 * or stamps takes a Clock, so that the same code runs on a virtual clock.
 */
export interface Clock {
  /** Nanoseconds on the host's monotonic clock. */
  nowNs(): bigint;
  /** Milliseconds since 1970, from the host's wall clock. */
  wallMs(): number;
  /** Resolves after `ms`; rejects with the signal's reason when aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** This moment on both clocks, better than nowNs and wallMs tell it (common/clock-anchor.ts); absent where nothing does. */
  anchor?(): ClockAnchor;
}

export interface ClockAnchor {
  readonly monotonicNs: bigint;
  /** Since 1970. */
  readonly wallNs: bigint;
  /** The wall clock was read at monotonicNs, give or take this: a bound. */
  readonly errorNs: number;
}

export const NS_PER_MS = 1_000_000n;

/** Milliseconds from `sinceNs` to now, as a number fit for arithmetic. */
export function elapsedMs(clock: Clock, sinceNs: bigint): number {
  return Number(clock.nowNs() - sinceNs) / 1e6;
}

/**
 * Calls `tick` every `ms`, for the first time after `ms`, until the returned function is called. Ticks keep to their grid: a late one does not shift
 * those after it, and those missed meanwhile are left out. What `tick` throws is an unhandled rejection.
 */
export function every(clock: Clock, ms: number, tick: () => void): () => void {
  const stop = new AbortController();
  const startNs = clock.nowNs();
  const run = async () => {
    for (let count = 1; ; count++) {
      count = Math.max(count, Math.floor(elapsedMs(clock, startNs) / ms) + 1);
      try {
        await clock.sleep(Math.max(0, count * ms - elapsedMs(clock, startNs)), stop.signal);
      } catch {
        return;
      }
      tick();
    }
  };
  void run();
  return () => stop.abort();
}

/** A clock on this host's timers, with the given monotonic source (the capture addon's CLOCK_MONOTONIC_RAW, for one). */
export function hostClock(nowNs: () => bigint = () => process.hrtime.bigint()): Clock {
  return {
    nowNs,
    wallMs: () => Date.now(),
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        const onAbort = () => {
          clearTimeout(timer);
          reject(signal?.reason);
        };
        const timer = setTimeout(() => {
          signal?.removeEventListener("abort", onAbort);
          resolve();
        }, ms);
        signal?.addEventListener("abort", onAbort, { once: true });
      }),
  };
}
