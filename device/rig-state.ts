/** The state that a rig is in, and what can only be done in some of them. */
import type { Clock } from "../common/clock.ts";
import { DriverError } from "../common/errors.ts";
import type { DeviceState } from "../telemetry/messages.ts";
import type { Decision } from "./sentinel/decide.ts";
import { COLD, issue, move, redeem, type Standing, type Token } from "./states.ts";

export class RigState {
  readonly #clock: Pick<Clock, "nowNs">;
  readonly #entered: (state: DeviceState, reason: string) => void;
  #standing: Standing = COLD;

  constructor(clock: Pick<Clock, "nowNs">, entered: (state: DeviceState, reason: string) => void) {
    this.#clock = clock;
    this.#entered = entered;
  }

  get now(): DeviceState {
    return this.#standing.state;
  }

  enter(state: DeviceState, reason: string): void {
    // A fault is left only by starting again: whatever was under way when it came must not paint over it.
    if (this.now === "fault") return;
    this.#standing = move(this.#standing, state);
    this.#entered(state, reason);
  }

  /** The same state, with another reason. */
  remain(reason: string): void {
    this.#entered(this.now, reason);
  }

  /** For one switching-on; DriverError NOT_ARMED in any state but armed. */
  issueToken(): Token {
    const { standing, token } = issue(this.#standing, this.#clock.nowNs());
    this.#standing = standing;
    return token;
  }

  /** Uses it up. DriverError NOT_ARMED, UNSAFE_TO_ENERGISE. */
  redeem(token: Token, safe: Decision): void {
    this.#standing = redeem(this.#standing, token, safe, this.#clock.nowNs());
  }

  requireRunning(): void {
    if (this.now === "running") return;
    throw this.#notRunning("so no set-point can be applied");
  }

  /** A part of the rig that is there in some states alone. */
  present<T>(part: T | null): T {
    if (part !== null) return part;
    throw this.#notRunning("and this part of it is not there");
  }

  #notRunning(so: string): DriverError {
    const state = this.now;
    return new DriverError("NOT_RUNNING", `The rig is ${state}, ${so}.`, "Bring the board up first.", { state });
  }
}

/** UNSAFE_TO_ENERGISE where the sentinel's word is anything but yes. */
export function requireSafe(decision: Decision): void {
  if (decision.action === "none") return;
  const hint = "Check its sensors and cooling, then start again.";
  throw new DriverError("UNSAFE_TO_ENERGISE", `The board stays off: ${decision.reason}.`, hint, { rule: decision.rule });
}
