/** A board that failed stays off until a person has cleared its fault, in whichever way: the command line and the API write the same control.db. */
import type { Clock } from "../../common/clock.ts";
import { AsicError, explain } from "../../common/errors.ts";
import type { ControlStore } from "../../telemetry/control/control-store.ts";
import type { LogEvent } from "../../telemetry/messages.ts";
import { latches } from "../latches.ts";

/** The reason with which a board leaves a fault. */
export const BROUGHT_UP_AGAIN = "the fault was cleared: the board is brought up again";

/** How often a latched fault is looked up. */
const LOOK_MS = 1_000;

export interface LatchedFault {
  readonly rig: string;
  readonly fault: Error;
  /** The last readings and the set-point; null when nothing is known. */
  readonly evidence: object | null;
  /** What must latch is latched by the rig, a moment later; false: there is no rig that could. */
  readonly byRig: boolean;
  readonly clock: Clock;
  /** null without a disk: then there is nothing to clear, and it lasts until the program ends. */
  readonly control: ControlStore | null;
  log(level: LogEvent["level"], text: string): void;
}

/**
 * Resolves when all faults of the rig are cleared, or `signal` aborts. A fault that would not latch where a restart of the program is a person's decision
 * is latched here: nobody starts this program again.
 */
export async function untilCleared({ rig, fault, evidence, byRig, clock, control, log }: LatchedFault, signal: AbortSignal): Promise<void> {
  let latched = false;
  while (!signal.aborted) {
    try {
      const left = control?.latches(rig) ?? [];
      if (left.length === 0 && latched) return;
      const [first] = left;
      if (first !== undefined && !latched) {
        latched = true;
        const clear = `asic-reservoir faults clear ${first.id} --config FILE --reason TEXT`;
        log("warning", `the board stays off until its fault is cleared, once it is off; then it is brought up again: ${clear}`);
      } else if (control !== null && first === undefined && !(byRig && latches(fault))) {
        const code = fault instanceof AsicError ? fault.code : "UNEXPECTED";
        control.latch({ rig, code, cause: fault.message, evidence, wallMs: clock.wallMs() });
      }
    } catch (error) {
      log("warning", `control.db: ${explain(error)}`);
    }
    await clock.sleep(LOOK_MS, signal).catch(() => {});
  }
}
