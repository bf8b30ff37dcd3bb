/** A rig's way to safe, gone once: chips in reset, core off, and what is to be said of a board that does not obey. */
import type { Clock } from "../common/clock.ts";
import { DriverError, explain } from "../common/errors.ts";
import type { Lease } from "../drivers/boards/lease.ts";
import type { LogEvent } from "../telemetry/messages.ts";
import type { Hardware } from "./hardware/hardware.ts";
import { insistOnOff, RETRY_MS } from "./power-off.ts";
import type { PowerTurn } from "./power-turn.ts";

/** How long a stop waits for a board that does not obey. */
const OFF_PATIENCE_MS = 20_000;
/** One attempt with a bridge that answers nothing: a time-out of a second for each request. After that the watchdog tries as well. */
export const ATTEMPT_MS = 10_000;
/** How long a person waits for an answer. */
const EMERGENCY_PATIENCE_MS = 5_000;

export interface SafeBoardParts {
  readonly clock: Clock;
  readonly lease: Lease;
  readonly powerTurn: PowerTurn;
  /** The ports of the moment; null before they were opened, and after they were closed. */
  hardware(): Hardware | null;
  /** Replaces single-use ports that were lost, or could not be opened, and puts the board behind the new ones in reset. */
  reopen(): Promise<void>;
  /** Never throws. */
  closePorts(): Promise<void>;
  /** Was the supply switched on? */
  energised(): boolean;
  /** This program is about to ask the board: its watchdog need not, for so long. */
  defer(ms: number): void;
  /** The board obeyed, or was never on. */
  switchedOff(): void;
  log(level: LogEvent["level"], text: string): void;
}

export class SafeBoard {
  readonly #parts: SafeBoardParts;
  #done: Promise<void> | null = null;
  /** Aborts when the rig is being shut down for good. */
  readonly #leaving = new AbortController();
  /** Aborts when the board could not be switched off because its cable is out: nobody need wait for that. */
  readonly #cableGone = new AbortController();
  #stillOn: string | null = null;
  #reaching: Promise<void> = Promise.resolve();

  constructor(parts: SafeBoardParts) {
    this.#parts = parts;
  }

  /** Why the board could not be switched off; null when it is off, or was never on. */
  get stillOn(): string | null {
    return this.#stillOn;
  }

  /** Done once: who comes later waits for it. Never rejects. */
  make(): Promise<void> {
    this.#done ??= this.#parts.powerTurn.take(() => this.#switchOff());
    return this.#done;
  }

  /** As make(), but resolves after twenty seconds, or as soon as the cable is known to be out, though the board goes on being asked. */
  async makeWithin(): Promise<void> {
    const enough = new AbortController();
    const patience = this.#parts.clock.sleep(OFF_PATIENCE_MS, AbortSignal.any([enough.signal, this.#cableGone.signal]));
    await Promise.race([this.make(), patience.catch(() => {})]);
    enough.abort();
  }

  /** For a person who waits: STILL_ON when the board has not obeyed within five seconds, though it goes on being asked. */
  async makeAtOnce(): Promise<void> {
    await Promise.race([this.make(), this.#parts.clock.sleep(EMERGENCY_PATIENCE_MS)]);
    if (this.#stillOn !== null) throw stillOnError(this.#stillOn);
  }

  /** The program is about to end: a board that does not obey is asked once more. */
  async leave(): Promise<void> {
    this.#leaving.abort();
    await this.make();
    await this.#reaching;
  }

  async #switchOff(): Promise<void> {
    const { clock, lease, hardware, reopen, energised, defer, switchedOff, log } = this.#parts;
    const first = hardware();
    if (!first) {
      this.#reaching = this.#reach();
      return;
    }
    if (!energised()) {
      try {
        await first.board.setReset(true);
      } catch (error) {
        log("error", `could not hold the chips in reset: ${explain(error)}`);
        this.#reaching = this.#reach();
      }
      switchedOff();
      return;
    }
    const off = await insistOnOff({
      clock,
      powerDown: () => {
        defer(ATTEMPT_MS);
        return (hardware() ?? first).powerDown();
      },
      reopen,
      leaving: this.#leaving.signal,
      refused: (why, cableGone) => {
        if (cableGone) this.#cableGone.abort();
        log(
          "error",
          cableGone
            ? `nothing reaches the board while its cable is out, so it may run on; it is switched off as soon as the cable is back (${why})`
            : `could not switch the core off: ${why}`,
        );
        this.#stillOn = why;
        // Without a lease an S9's heartbeat stops, and its PIC does what we cannot.
        lease.release();
      },
    });
    lease.release();
    if ("stillOn" in off) return;
    log(off.supplyOff ? "info" : "warning", `core off: ${off.how}`);
    this.#stillOn = null;
    switchedOff();
  }

  /**
   * This program never had the board, so it knows nothing of it: one that was killed may have left it on. It is switched off as soon as it can be reached,
   * for as long as this program goes on; nobody waits for that.
   */
  async #reach(): Promise<void> {
    const { clock, hardware, reopen, closePorts, log } = this.#parts;
    const { signal } = this.#leaving;
    for (;;) {
      await clock.sleep(RETRY_MS, signal).catch(() => {});
      if (signal.aborted) return;
      try {
        await reopen();
        const off = await hardware()?.powerDown();
        if (off) log(off.supplyOff ? "info" : "warning", `the board was reached; core off: ${off.how}`);
        return;
      } catch (error) {
        // Another program has it, and looks after it.
        if (error instanceof DriverError && error.code === "PORT_BUSY") return;
      } finally {
        await closePorts();
      }
    }
  }
}

export function stillOnError(why: string): DriverError {
  return new DriverError("STILL_ON", `The board could not be switched off: ${why}`, "Cut its supply by hand, now.");
}
