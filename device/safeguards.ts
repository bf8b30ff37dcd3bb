/** What switches an energised board off when the daemon cannot: a watchdog in its process, and a guard beside it. docs/safety.md */
import type { DriverError } from "../common/errors.ts";
import type { Config } from "./config/schema.ts";
import type { Guard, StartGuard } from "./guard/spawn-guard.ts";
import type { Hardware } from "./hardware/hardware.ts";
import type { Latches } from "./latches.ts";
import type { SentinelLimits } from "./sentinel/limits.ts";
import type { SentinelState } from "./sentinel/observe.ts";
import type { ArmWatchdog, Watchdog } from "./watchdog.ts";

/** null: there is none, as in tests of a rig alone. */
export interface SafeguardKinds {
  readonly armWatchdog: ArmWatchdog | null;
  readonly startGuard: StartGuard | null;
  readonly latches?: Latches | null;
}

export const NO_SAFEGUARDS: SafeguardKinds = { armWatchdog: null, startGuard: null };

export interface SafeguardEvents {
  /** The watchdog tripped: the board is going off, or is off. */
  tripped(why: string): void;
  log(text: string): void;
}

export class Safeguards {
  readonly #kinds: SafeguardKinds;
  readonly #leaseMs: number;
  readonly #events: SafeguardEvents;
  readonly #guard: Guard | null;
  #watchdog: Watchdog | null = null;

  constructor(kinds: SafeguardKinds, config: Config, leaseMs: number, events: SafeguardEvents) {
    this.#kinds = kinds;
    this.#leaseMs = leaseMs;
    this.#events = events;
    this.#guard = kinds.startGuard?.(config, events.log) ?? null;
  }

  /** The ports are open: the board may be energised soon. */
  prepare(): void {
    this.#guard?.prepare();
  }

  /** DriverError FAULT_LATCHED while there is a fault that nobody has cleared. */
  requireNoFault(): void {
    this.#kinds.latches?.requireNone();
  }

  /** A fault that a person must look at stays until one has; it is written down once `boardSafe` has resolved. */
  latch(cause: Error, evidence: unknown, boardSafe: Promise<unknown>): void {
    this.#kinds.latches?.latch(cause, evidence, boardSafe);
  }

  /** A person's order upon a board that is in fault already. */
  latchAgain(cause: DriverError): void {
    this.#kinds.latches?.latchAgain(cause);
  }

  /** Before the supply comes on. Rejects with WATCHDOG_REFUSED or GUARD_FAILED: then it must not. */
  async arm(hardware: Hardware, limits: SentinelLimits): Promise<void> {
    this.#kinds.latches?.note("energised", "about to switch the core supply on");
    await this.#guard?.armed();
    this.watch(hardware, limits);
  }

  /** The watchdog alone, on ports that were opened again. */
  watch(hardware: Hardware, limits: SentinelLimits): void {
    this.unwatch();
    const sequence = hardware.safeSequence?.();
    if (!sequence) return;
    const { tripped, log } = this.#events;
    const { blindMs } = hardware;
    this.#watchdog = this.#kinds.armWatchdog?.({ sequence, limits, blindMs, leaseMs: this.#leaseMs, tripped, log }) ?? null;
  }

  /** Renews the watchdog's lease; null, or why it would not. */
  pass(state: SentinelState, nowNs: bigint): string | null {
    return this.#watchdog?.pass(state, nowNs, this.#leaseMs) ?? null;
  }

  /** This program switches the board off by itself: the watchdog leaves it alone with that for so long. */
  defer(ms: number): void {
    this.#watchdog?.defer(ms);
  }

  /** The board is off, as far as it can be. */
  safe(): void {
    this.unwatch();
    this.#guard?.safe();
  }

  /** Before its port is closed. */
  unwatch(): void {
    this.#watchdog?.disarm();
    this.#watchdog = null;
  }

  /** The program ends: a guard whose board was not said to be safe takes it over. */
  close(): void {
    this.#guard?.close();
  }
}
