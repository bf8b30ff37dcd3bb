/**
 * The right to drive outputs, for a stated time. Whoever holds it renews it by living on; a holder that hangs loses it, and what
 * depends on it (the PIC's heartbeat, every voltage) stops by itself. Pure on a Clock.
 */
import { type Clock, elapsedMs } from "../../common/clock.ts";
import { DriverError } from "../../common/errors.ts";

export class Lease {
  readonly durationMs: number;
  readonly #clock: Clock;
  #term = 0;
  /** When it was last renewed; null while nobody holds it. */
  #renewedNs: bigint | null = null;

  /** Nobody holds a new lease. RangeError when the duration is not a positive number. */
  constructor(clock: Clock, durationMs: number) {
    if (!(durationMs > 0 && Number.isFinite(durationMs))) throw new RangeError(`a lease of ${durationMs} ms`);
    this.#clock = clock;
    this.durationMs = durationMs;
  }

  /** Begins a new term, also after one that ran out. Returns its number: what was started in one term does not outlive it. */
  acquire(): number {
    this.#renewedNs = this.#clock.nowNs();
    return ++this.#term;
  }

  /** Holds it for another `durationMs` from now. LEASE_EXPIRED when it has run out: a holder that slept too long must acquire, and so know it. */
  renew(): void {
    this.require("renew the lease");
    this.#renewedNs = this.#clock.nowNs();
  }

  release(): void {
    this.#renewedNs = null;
  }

  /** The current term's number; 0 before the first. */
  get term(): number {
    return this.#term;
  }

  /** 0 when nobody holds it. */
  remainingMs(): number {
    return this.#renewedNs === null ? 0 : Math.max(0, this.durationMs - elapsedMs(this.#clock, this.#renewedNs));
  }

  /** Is it held, and still in this term? */
  holds(term: number = this.#term): boolean {
    return term === this.#term && this.remainingMs() > 0;
  }

  /** LEASE_EXPIRED when it is not held; `what` is what was about to be done. */
  require(what: string): void {
    if (this.holds()) return;
    const sinceMs = this.#renewedNs === null ? null : elapsedMs(this.#clock, this.#renewedNs);
    const why =
      sinceMs === null ? "nobody holds the lease" : `the lease of ${this.durationMs} ms was last renewed ${Math.round(sinceMs)} ms ago`;
    throw new DriverError(
      "LEASE_EXPIRED",
      `Refused to ${what}: ${why}.`,
      "Find out what kept the program from renewing; then acquire the lease and power the board on again.",
      { what, durationMs: this.durationMs, sinceMs },
    );
  }
}
