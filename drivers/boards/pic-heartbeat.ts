/** The beat that keeps a hash board powered, for as long as its lease is held. specs/bm1387.md 4.1 */
import { type Clock, elapsedMs } from "../../common/clock.ts";
import { DriverError, explain } from "../../common/errors.ts";
import type { Lease } from "./lease.ts";
import { PIC_WATCHDOG_MS } from "./pic16f1704.ts";

/** Braiins' period; the PIC waits ten times as long. */
export const HEARTBEAT_MS = 1_000;

export interface HeartbeatOptions {
  readonly beat: () => Promise<void>;
  readonly lease: Lease;
  readonly clock: Clock;
  /** Called once, with HEARTBEAT_LOST: no beat follows, and the PIC cuts the supply within ten seconds, or has done so. Not after stop(). */
  readonly onLost: (reason: DriverError) => void;
  readonly log: (text: string) => void;
}

/** Beats at once and then each second, in the lease's present term. A beat that fails is tried again with the next until the PIC has cut the supply. */
export class PicHeartbeat {
  readonly #options: HeartbeatOptions;
  readonly #term: number;
  readonly #stopped = new AbortController();

  constructor(options: HeartbeatOptions) {
    this.#options = options;
    this.#term = options.lease.term;
    void this.#run();
  }

  stop(): void {
    this.#stopped.abort();
  }

  async #run(): Promise<void> {
    const { beat, lease, clock, log, onLost } = this.#options;
    const { signal } = this.#stopped;
    let beatNs = clock.nowNs();
    while (!signal.aborted) {
      if (!lease.holds(this.#term)) return onLost(lost("the lease was not renewed, so it was stopped"));
      try {
        await beat();
        beatNs = clock.nowNs();
      } catch (error) {
        if (signal.aborted) return;
        if (elapsedMs(clock, beatNs) >= PIC_WATCHDOG_MS)
          return onLost(lost(`the PIC has not taken it for ${PIC_WATCHDOG_MS / 1000} s`, error));
        log(`heartbeat: ${explain(error)}`);
      }
      await clock.sleep(HEARTBEAT_MS, signal).catch(() => {});
    }
  }
}

function lost(why: string, cause?: unknown): DriverError {
  const hint = "The PIC cuts the board's supply by itself: treat it as off, find the cause, and power it on again.";
  return new DriverError("HEARTBEAT_LOST", `The hash board's heartbeat is lost: ${why}.`, hint, {}, cause);
}
