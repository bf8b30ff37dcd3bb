/**
 * One board of several: waited for until it is plugged in, brought up, run, and after a fault brought up again when a person has cleared it. Nothing
 * that happens to it reaches its neighbours. docs/rig.md
 */
import { AsicError, DriverError, explain } from "../../common/errors.ts";
import type { ControlStore } from "../../telemetry/control/control-store.ts";
import type { Hub } from "../../telemetry/hub.ts";
import type { DeviceState, LogEvent, SetPoint } from "../../telemetry/messages.ts";
import type { CommandActions } from "../../telemetry/mqtt/commands.ts";
import type { Store } from "../../telemetry/store/store.ts";
import type { Config } from "../config/schema.ts";
import { type DaemonOutcome, live } from "../daemon.ts";
import type { Host } from "../host.ts";
import { Latches, latches } from "../latches.ts";
import { Orders } from "../orders.ts";
import { Session } from "../session.ts";

/** How often a missing board is looked for, and a latched fault looked up. */
const LOOK_MS = 1_000;

export interface StationParts {
  readonly config: Config;
  readonly host: Host;
  readonly store: Store;
  /** Where faults are latched; null without a disk: then they last as long as this program. */
  readonly control: ControlStore | null;
  readonly hub: Hub;
  onPlanDone(config: Config, outcome: Pick<DaemonOutcome, "report">): void;
}

interface Attempt {
  readonly session: Session;
  readonly orders: Orders;
}

export class Station implements CommandActions {
  readonly config: Config;
  readonly hub: Hub;
  readonly #parts: StationParts;
  #attempt: Attempt | null = null;
  /** What keeps it off while there is no rig that could say so. */
  #held: Error | null = null;
  #fault: Error | null = null;

  constructor(parts: StationParts) {
    this.#parts = parts;
    this.config = parts.config;
    this.hub = parts.hub;
  }

  /** Why it is in fault, or was when it ended; null when it is not. */
  get fault(): Error | null {
    return this.#fault;
  }

  /** Until `signal` aborts; then the board is off. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.#untilPluggedIn(signal);
        if (signal.aborted) return;
        if (this.#held === null) await this.#live(signal);
        else {
          this.#fault = this.#held;
          await this.#untilCleared(this.#held, false, signal);
        }
      } catch (error) {
        this.#enterFault(error);
        await this.#untilCleared(asError(error), false, signal);
      }
      if (signal.aborted) return;
      this.#held = this.#fault = null;
      this.#state("cold", "the fault was cleared: the board is brought up again");
    }
  }

  async emergencyOff(): Promise<void> {
    if (this.#attempt !== null) return this.#attempt.session.rig.emergencyOff();
    // A board that is waited for must not come up behind the back of who pressed it.
    this.#held ??= new DriverError("EMERGENCY_OFF", "Emergency-off was pressed.", "Clear the fault when its cause is gone.");
    this.#enterFault(this.#held);
  }

  /** An error nobody foresaw, wherever it came from: the board goes off. */
  fail(error: unknown): void {
    this.#attempt?.session.rig.fail(error);
  }

  async stopPlan(): Promise<boolean> {
    return (await this.#attempt?.orders.stopPlan()) ?? false;
  }

  async applySetPoint(wanted: SetPoint): Promise<SetPoint> {
    if (this.#attempt !== null) return this.#attempt.orders.applySetPoint(wanted);
    throw new DriverError("NOT_RUNNING", `${this.config.rig} is not up, so no set-point can be applied.`, "Bring the board up first.");
  }

  async #live(signal: AbortSignal): Promise<void> {
    const { config, host, store, control, hub, onPlanDone } = this.#parts;
    const { clock } = host;
    const kept = new Latches({
      rig: config.rig,
      wallMs: () => clock.wallMs(),
      open: () => {
        if (control === null) throw new AsicError("CONTROL_ABSENT", "There is no control store.", "");
        return control;
      },
    });
    const safeguards = { ...host.safeguards, latches: kept };
    const session = new Session({ config, clock, ports: host.ports, store, hub, safeguards });
    kept.tellTo((text) => session.recorder.log("warning", "faults", text));
    const orders = new Orders(session);
    this.#attempt = { session, orders };
    try {
      const untilSeen = (fault: Error) => {
        this.#fault = fault;
        return this.#untilCleared(fault, true, signal);
      };
      const { fault } = await live(
        { config, signal, once: false, untilSeen, onPlanDone: (outcome) => onPlanDone(config, outcome) },
        session,
        store,
        orders,
      );
      this.#fault = fault;
    } finally {
      this.#attempt = null;
    }
  }

  async #untilPluggedIn(signal: AbortSignal): Promise<void> {
    const { config, host } = this.#parts;
    let said = "";
    while (!signal.aborted && this.#held === null) {
      const missing = portsOf(config).filter((port) => !host.hasPort(port));
      if (missing.length === 0) return host.checkOrigin(config.origin, portsOf(config));
      const text = `waiting for ${missing.join(" and ")}: plug the board in`;
      if (text !== said) {
        this.#state("cold", text);
        this.#log("warning", text);
      }
      said = text;
      await host.clock.sleep(LOOK_MS, signal).catch(() => {});
    }
  }

  /**
   * A person decides whether a board that failed is switched on again, also after a fault that would not latch where a restart of the program is the
   * decision. `byRig`: what must latch is latched by the rig, a moment later.
   */
  async #untilCleared(fault: Error, byRig: boolean, signal: AbortSignal): Promise<void> {
    const { config, host, control } = this.#parts;
    const { rig } = config;
    let latched = false;
    while (!signal.aborted) {
      try {
        const left = control?.latches(rig) ?? [];
        if (left.length === 0 && latched) return;
        const [first] = left;
        if (first !== undefined && !latched) {
          latched = true;
          const clear = `asic-reservoir faults clear ${first.id} --config FILE --reason TEXT`;
          this.#log("warning", `the board stays off until its fault is cleared; then it is brought up again: ${clear}`);
        } else if (control !== null && first === undefined && !(byRig && latches(fault))) {
          const code = fault instanceof AsicError ? fault.code : "UNEXPECTED";
          control.latch({ rig, code, cause: fault.message, evidence: null, wallMs: host.clock.wallMs() });
        }
      } catch (error) {
        this.#log("warning", `control.db: ${explain(error)}`);
      }
      await host.clock.sleep(LOOK_MS, signal).catch(() => {});
    }
  }

  #enterFault(error: unknown): void {
    this.#fault = asError(error);
    this.#state("fault", explain(error));
    this.#log("error", explain(error));
  }

  #state(state: DeviceState, stateReason: string): void {
    this.hub.publish("state", { state, stateReason });
  }

  /** What is said while there is no session that keeps a record. */
  #log(level: LogEvent["level"], text: string): void {
    const event: LogEvent = { wallMs: this.#parts.host.clock.wallMs(), level, source: "station", text };
    this.hub.publish("event", event);
    this.#parts.store.addEvent(null, event);
  }
}

function portsOf({ board }: Config): string[] {
  return [board.control, board.data].filter((port) => port !== undefined);
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
