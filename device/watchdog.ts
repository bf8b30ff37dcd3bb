/** The watchdog as a rig knows it: armed before the supply comes on, renewed by each passed evaluation, disarmed when the board is off. */
import { DriverError } from "../common/errors.ts";
import { startWatchdog, type WatchdogReport } from "../drivers/native/watchdog.ts";
import type { SafeSequence } from "./hardware/safe-sequence.ts";
import type { SentinelLimits } from "./sentinel/limits.ts";
import { inWords, passing, tableLimits } from "./sentinel/native-table.ts";
import type { SentinelState } from "./sentinel/observe.ts";

export interface Watchdog {
  /** Renews its lease for `ttlMs`, if it would pass the board too; null, or why it did not. */
  pass(state: SentinelState, nowNs: bigint, ttlMs: number): string | null;
  /** This program switches the board off by itself: it has so long. */
  defer(ms: number): void;
  disarm(): void;
}

export interface WatchdogParts {
  readonly sequence: SafeSequence;
  readonly limits: SentinelLimits;
  readonly blindMs: number;
  readonly leaseMs: number;
  /** It tripped, or the board is off by it: in words. */
  readonly tripped: (why: string) => void;
  readonly log: (text: string) => void;
}

export type ArmWatchdog = (parts: WatchdogParts) => Watchdog;

/** A thread of this process. DriverError WATCHDOG_REFUSED. */
export const armNativeWatchdog: ArmWatchdog = ({ sequence, limits, blindMs, leaseMs, tripped, log }) => {
  const fd = sequence.port === null ? null : (sequence.port.fd ?? null);
  if (sequence.port !== null && fd === null) {
    const hint = "Use a serial port: the board is not energised without a watchdog.";
    throw new DriverError("WATCHDOG_REFUSED", `${sequence.port.path} has no descriptor for the watchdog.`, hint);
  }
  let said = false;
  const native = startWatchdog({
    fd,
    steps: sequence.steps,
    limits: tableLimits(limits, blindMs),
    leaseMs,
    onChange: (report) => {
      if (!said) tripped(causeInWords(report));
      said = true;
      if (report.off)
        log(`the watchdog switched the board off, ${report.toOffMs.toFixed(0)} ms after it tripped, in ${report.rounds} rounds`);
    },
  });
  if (!native.realtime) log("the watchdog has no real-time priority (allow SCHED_FIFO to this process)");
  let seenNs: bigint | null = null;
  return {
    pass(state, nowNs, ttlMs) {
      const atNs = state.readings?.atNs ?? null;
      const { renewed, ...decision } = native.renew(ttlMs, passing(state, atNs !== seenNs, nowNs));
      seenNs = atNs;
      return renewed ? null : inWords(decision).rule;
    },
    defer: (ms) => native.defer(ms),
    disarm: () => native.disarm(),
  };
};

function causeInWords({ cause, rule, sinceRenewalMs }: WatchdogReport): string {
  if (cause === "refused") return `its own table found ${inWords({ action: 2, rule }).rule}`;
  return `nothing was heard of the main loop for ${(sinceRenewalMs / 1000).toFixed(1)} s`;
}
