/** What a running daemon may be told from outside: off, the end of its plan, another set-point. */
import { DriverError } from "../common/errors.ts";
import type { SetPoint } from "../telemetry/messages.ts";
import type { CommandActions } from "../telemetry/mqtt/commands.ts";
import type { Recorder } from "./recorder.ts";
import type { Rig } from "./rig.ts";

interface Ordered {
  readonly rig: Pick<Rig, "emergencyOff" | "apply" | "restart" | "setPoint">;
  readonly recorder: Pick<Recorder, "end">;
}

export class Orders implements CommandActions {
  readonly #rig: Ordered["rig"];
  readonly #recorder: Ordered["recorder"];
  /** Ends the plan in progress; null when there is none. */
  #plan: AbortController | null = null;

  constructor({ rig, recorder }: Ordered) {
    this.#rig = rig;
    this.#recorder = recorder;
  }

  emergencyOff(): Promise<void> {
    return this.#rig.emergencyOff();
  }

  async stopPlan(): Promise<boolean> {
    if (this.#plan === null) return false;
    this.#plan.abort();
    return true;
  }

  /** DriverError PLAN_IN_PROGRESS, and what Rig.apply throws. */
  async applySetPoint(wanted: SetPoint): Promise<SetPoint> {
    if (this.#plan !== null) {
      const text = "A plan is in progress, and it alone chooses the set-point.";
      throw new DriverError("PLAN_IN_PROGRESS", text, "Wait for its end, or stop the plan first.");
    }
    return this.#rig.apply(wanted);
  }

  /**
   * A plan that `stopPlan` may end: its run then ends as stopped, and the rig, which may have been on its way between two set-points, is started anew
   * at the one it came from. Rejects when the work fails, or `stop` aborts.
   */
  async during(stop: AbortSignal, work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const plan = new AbortController();
    this.#plan = plan;
    const home = this.#rig.setPoint;
    try {
      await work(AbortSignal.any([stop, plan.signal]));
    } catch (error) {
      if (stop.aborted || !plan.signal.aborted || home === null) throw error;
      await this.#recorder.end("stopped", "the plan was ended by a command");
      await this.#rig.restart("the plan was ended by a command", home, stop);
    } finally {
      this.#plan = null;
    }
  }
}
