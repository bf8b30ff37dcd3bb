/** Ties a run's time-stamps to the wall clock: an anchor at its begin and end and once a minute, each with what changed since the last. docs/time-stamps.md */
import { type Clock, type ClockAnchor, elapsedMs } from "../common/clock.ts";
import { anchorChange, anchorOf } from "../common/clock-anchor.ts";

const PERIOD_MS = 60_000;

/** A `clock-anchor` among a run's results. Times are decimal: they exceed what a number holds. */
export interface StoredAnchor {
  readonly monotonicNs: string;
  readonly wallNs: string;
  readonly errorNs: number;
  /** Against the anchor before; null in a run's first. */
  readonly gainedNs: number | null;
  readonly gainedErrorNs: number | null;
  readonly driftPpm: number | null;
  readonly stepped: boolean;
}

export class ClockAnchors {
  readonly #clock: Clock;
  #last: ClockAnchor | null = null;
  #lastNs = 0n;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The first anchor of a run. */
  restart(): StoredAnchor {
    this.#last = null;
    return this.take();
  }

  /** Null while the last one is less than a minute old, and before restart(). */
  due(): StoredAnchor | null {
    return this.#last === null || elapsedMs(this.#clock, this.#lastNs) < PERIOD_MS ? null : this.take();
  }

  take(): StoredAnchor {
    const anchor = this.#clock.anchor?.() ?? anchorOf(this.#clock);
    const change = this.#last === null ? null : anchorChange(this.#last, anchor);
    this.#last = anchor;
    this.#lastNs = this.#clock.nowNs();
    return {
      monotonicNs: `${anchor.monotonicNs}`,
      wallNs: `${anchor.wallNs}`,
      errorNs: anchor.errorNs,
      gainedNs: change?.gainedNs ?? null,
      gainedErrorNs: change?.errorNs ?? null,
      driftPpm: change?.driftPpm ?? null,
      stepped: change?.stepped ?? false,
    };
  }
}
