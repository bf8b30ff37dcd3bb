/**
 * The states of a rig, and what it takes to energise a board: an armed state, a token that was issued when it was armed and has not expired, readings
 * that are fresh now, and no latched fault. Pure: the table of transitions is tested exhaustively.
 */
import { DriverError } from "../common/errors.ts";
import type { DeviceState } from "../telemetry/messages.ts";
import type { Decision } from "./sentinel/decide.ts";

/** Where a rig may go from each state (DESIGN section 4). Cooling is possible from wherever something was opened; a fault is left only by another rig. */
export const NEXT: Readonly<Record<DeviceState, readonly DeviceState[]>> = {
  cold: ["identified", "fault"],
  identified: ["limits-verified", "cooling", "fault"],
  "limits-verified": ["armed", "cooling", "fault"],
  armed: ["energised", "cooling", "fault"],
  energised: ["running", "cooling", "fault"],
  running: ["cooling", "fault"],
  cooling: ["armed", "cold", "cooling", "fault"],
  fault: [],
};

/** The right to switch on, once. */
export interface Token {
  readonly serial: number;
  readonly expiresNs: bigint;
}

export interface Standing {
  readonly state: DeviceState;
  /** What was issued last and not used; null when there is none. */
  readonly token: Token | null;
  /** How many were issued. */
  readonly issued: number;
}

export const COLD: Standing = { state: "cold", token: null, issued: 0 };

/** A guard process starts within (GUESS: device/guard/spawn-guard.ts waits half a minute); what was true a minute ago is no reason to switch on. */
export const TOKEN_MS = 60_000;

/**
 * The standing after a move; DriverError STATE_ILLEGAL for one that the table does not have. A fault stays one: whatever was under way when it
 * came must not paint over it. A token does not outlive the state it was issued in.
 */
export function move(standing: Standing, to: DeviceState): Standing {
  const { state } = standing;
  if (state === "fault") return standing;
  if (!NEXT[state].includes(to)) {
    const hint = "This is a defect of asic-reservoir: please report it with the log.";
    throw new DriverError("STATE_ILLEGAL", `A rig that is ${state} cannot become ${to}.`, hint, { state, to });
  }
  return { ...standing, state: to, token: null };
}

/** The token for one switching-on; DriverError NOT_ARMED in any state but armed. */
export function issue(standing: Standing, nowNs: bigint): { readonly standing: Standing; readonly token: Token } {
  if (standing.state !== "armed") throw notArmed(`the rig is ${standing.state}`);
  const token = { serial: standing.issued + 1, expiresNs: nowNs + BigInt(TOKEN_MS) * 1_000_000n };
  return { standing: { ...standing, token, issued: token.serial }, token };
}

/** Uses a token up. DriverError NOT_ARMED (wrong state, no such token, expired, used), UNSAFE_TO_ENERGISE by `safe`, the sentinel's word of this moment. */
export function redeem(standing: Standing, token: Token, safe: Decision, nowNs: bigint): Standing {
  if (standing.state !== "armed") throw notArmed(`the rig is ${standing.state}`);
  if (standing.token === null || standing.token.serial !== token.serial) throw notArmed("its permission was used before, or is another's");
  if (nowNs >= standing.token.expiresNs) throw notArmed(`its permission has expired after ${TOKEN_MS / 1000} s`);
  if (safe.action !== "none") {
    const hint = "Check its sensors and cooling, then start again.";
    throw new DriverError("UNSAFE_TO_ENERGISE", `The board stays off: ${safe.reason}.`, hint, { rule: safe.rule });
  }
  return { ...standing, token: null };
}

function notArmed(why: string): DriverError {
  return new DriverError("NOT_ARMED", `The board stays off: ${why}.`, "Start again.");
}
