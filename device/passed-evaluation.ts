/** What an evaluation of a board's safety comes to: passed, or a fault. Three say so, each by itself: the sentinel, the lease, the watchdog. */
import type { Clock } from "../common/clock.ts";
import { DriverError } from "../common/errors.ts";
import type { Lease } from "../drivers/boards/lease.ts";
import type { Safeguards } from "./safeguards.ts";
import type { Decision } from "./sentinel/decide.ts";
import type { SentinelState } from "./sentinel/observe.ts";

export interface EvaluationParts {
  readonly lease: Lease;
  readonly leaseMs: number;
  readonly safeguards: Pick<Safeguards, "pass">;
  /** When the sentinel decided: the watchdog's table is asked for the same moment, else a condition could last long enough for one of them only. */
  readonly nowNs: bigint;
  /** What the sentinel went by; null before it looks. */
  readonly state: SentinelState | null;
}

/** Why the board must go off; null: it passed. */
export function faultIn(decision: Decision, { lease, leaseMs, safeguards, nowNs, state }: EvaluationParts): DriverError | null {
  if (decision.action === "power-off") {
    const why = `The sentinel switched the board off: ${decision.reason}.`;
    return new DriverError("SENTINEL", why, "Find the cause before starting again.", { rule: decision.rule });
  }
  if (state === null || state.energisedNs === null) return null;
  if (!lease.holds()) {
    const why = `The sentinel did not pass the board for ${leaseMs / 1000} s.`;
    return new DriverError("LEASE_EXPIRED", why, "Find out what kept this host busy, or the sensors from answering.", { leaseMs });
  }
  const refused = safeguards.pass(state, nowNs);
  if (refused === null) return null;
  return new DriverError("WATCHDOG", `The watchdog would not pass the board: ${refused}.`, "Find the cause before starting again.", {
    rule: refused,
  });
}

/** In a fault nobody looks at the sensors any more: so often it is asked whether the board is known to be off. */
const OFF_PASS_MS = 1_000;

/** A board that is off needs nobody to look after it; one that is on in a fault, or of which nobody knows, is not passed. Ends with `ended`. */
export async function passWhileOff(
  { passed, knownOff, clock }: { readonly passed: (() => void) | undefined; knownOff(): boolean; readonly clock: Clock },
  ended: AbortSignal,
): Promise<void> {
  while (passed && !ended.aborted) {
    if (knownOff()) passed();
    await clock.sleep(OFF_PASS_MS, ended).catch(() => {});
  }
}
