/**
 * One board of several: waited for until it is plugged in, brought up, run, and after a fault brought up again when a person has cleared it. Nothing
 * that happens to it reaches its neighbours. docs/rig.md
 */
import { AsicError, DriverError, explain } from "../../common/errors.ts";
import type { WireRecord } from "../../drivers/transport/traced-link.ts";
import type { ControlStore } from "../../telemetry/control/control-store.ts";
import type { Hub } from "../../telemetry/hub.ts";
import type { DeviceState, LogEvent, SetPoint } from "../../telemetry/messages.ts";
import type { CommandActions } from "../../telemetry/mqtt/commands.ts";
import type { Store } from "../../telemetry/store/store.ts";
import type { Config } from "../config/schema.ts";
import { type DaemonOutcome, live } from "../daemon.ts";
import type { Ports } from "../hardware/open.ts";
import type { Host } from "../host.ts";
import { Latches } from "../latches.ts";
import { Orders } from "../orders.ts";
import { Session } from "../session.ts";
import { recordOutsideEvents } from "./outside-events.ts";
import { runsOfBoard } from "./runs-of-board.ts";
import { BROUGHT_UP_AGAIN, untilCleared } from "./until-cleared.ts";

/** How often a missing board is looked for. */
const LOOK_MS = 1_000;

export interface StationParts {
  readonly config: Config;
  readonly host: Host;
  /** The host's, or those with a recording beside. */
  readonly ports: Ports;
  readonly trace?: ((entry: WireRecord) => void) | undefined;
  readonly store: Store;
  /** Where faults are latched; null without a disk: then they last as long as this program. */
  readonly control: ControlStore | null;
  readonly hub: Hub;
  /** It ends when the plan is done, and with a fault: nobody is there who could plug a board in, or clear anything. */
  readonly once: boolean;
  /** Called for each passed evaluation of the board's safety. */
  readonly passed?: (() => void) | undefined;
  onPlanDone(config: Config, outcome: Pick<DaemonOutcome, "report">): void;
}

interface Attempt {
  readonly session: Session;
  readonly orders: Orders;
}

export class Station implements CommandActions {
  readonly hub: Hub;
  readonly #parts: StationParts;
  #config: Config;
  #attempt: Attempt | null = null;
  /** What keeps it off while there is no rig that could say so. */
  #held: Error | null = null;
  #fault: Error | null = null;
  #report: DaemonOutcome["report"] = null;
  #ended = false;

  constructor(parts: StationParts) {
    this.#parts = parts;
    this.#config = parts.config;
    this.hub = parts.hub;
  }

  get config(): Config {
    return this.#config;
  }

  /** Why it is in fault, or was when it ended; null when it is not. */
  get fault(): Error | null {
    return this.#fault;
  }

  /** Of its plan's NARMA-10 run; null before there is one. */
  get report(): DaemonOutcome["report"] {
    return this.#report;
  }

  /** Until `signal` aborts, or, with `once`, the plan is done; then the board is off. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const forget = recordOutsideEvents(this.hub, this.#parts.store, () => this.#attempt?.session.recorder.runId ?? null);
    await this.#run(signal);
    forget();
    this.#ended = true;
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.#untilPluggedIn(signal);
        if (signal.aborted) return;
        if (this.#held === null) await this.#live(signal);
        else {
          this.#fault = this.#held;
          if (!this.#parts.once) await this.#untilCleared(this.#held, false, signal);
        }
      } catch (error) {
        this.#enterFault(error);
        if (!this.#parts.once) await this.#untilCleared(asError(error), false, signal);
      }
      if (signal.aborted || this.#parts.once) return;
      this.#held = this.#fault = null;
      this.#state("cold", BROUGHT_UP_AGAIN);
    }
  }

  async emergencyOff(): Promise<void> {
    if (this.#attempt !== null) return this.#attempt.session.rig.emergencyOff();
    if (this.#ended) return;
    // A board that is waited for must not come up behind the back of who pressed it.
    this.#held ??= new DriverError("EMERGENCY_OFF", "Emergency-off was pressed.", "Clear the fault when its cause is gone.");
    this.#enterFault(this.#held);
  }

  /** An error nobody foresaw, wherever it came from: the board goes off. */
  fail(error: unknown): void {
    this.#attempt?.session.rig.fail(error);
  }

  /** In force at once, and when the board is brought up again. Throws what Rig.setLimits throws: then nothing is changed. */
  setLimits(limits: Config["limits"]): void {
    this.#attempt?.session.rig.setLimits(limits);
    this.#config = { ...this.#config, limits };
  }

  async stopPlan(): Promise<boolean> {
    return (await this.#attempt?.orders.stopPlan()) ?? false;
  }

  async applySetPoint(wanted: SetPoint): Promise<SetPoint> {
    if (this.#attempt !== null) return this.#attempt.orders.applySetPoint(wanted);
    throw new DriverError("NOT_RUNNING", `${this.config.rig} is not up, so no set-point can be applied.`, "Bring the board up first.");
  }

  /** Into the board's log, and the record. */
  log(level: LogEvent["level"], source: string, text: string): void {
    const event: LogEvent = { wallMs: this.#parts.host.clock.wallMs(), level, source, text };
    this.hub.publish("event", event);
    this.#parts.store.addEvent(null, event);
  }

  async #live(signal: AbortSignal): Promise<void> {
    const { host, ports, trace, control, hub, once, passed, onPlanDone } = this.#parts;
    const { config } = this;
    const store = runsOfBoard(this.#parts.store, config.rig);
    const { clock } = host;
    const kept = new Latches({
      rig: config.rig,
      wallMs: () => clock.wallMs(),
      open: () => {
        if (control === null) throw new AsicError("CONTROL_ABSENT", "There is no control store.", "");
        return control;
      },
      clearedWhileRunning: true,
    });
    const session = new Session({ config, clock, ports, store, hub, safeguards: { ...host.safeguards, latches: kept }, trace, passed });
    kept.tellTo((text) => session.recorder.log("warning", "faults", text));
    const orders = new Orders(session);
    this.#attempt = { session, orders };
    try {
      const untilSeen = (fault: Error) => {
        this.#fault = fault;
        return this.#untilCleared(fault, true, signal);
      };
      const { fault, report } = await live(
        { config, signal, once, untilSeen, onPlanDone: (outcome) => onPlanDone(config, outcome) },
        session,
        store,
        orders,
      );
      this.#fault = fault;
      this.#report = report ?? this.#report;
    } finally {
      this.#attempt = null;
    }
  }

  async #untilPluggedIn(signal: AbortSignal): Promise<void> {
    const { config } = this;
    const { host, once } = this.#parts;
    let said = "";
    while (!signal.aborted && this.#held === null) {
      const missing = portsOf(config).filter((port) => !host.hasPort(port));
      if (missing.length === 0) return host.checkOrigin(config.origin, portsOf(config));
      const ports = missing.join(" and ");
      if (once) throw new DriverError("PORT_MISSING", `There is no port ${ports}.`, "Plug the board in, then start again.", { ports });
      const text = `waiting for ${ports}: plug the board in`;
      if (text !== said) {
        this.#state("cold", text);
        this.#log("warning", text);
      }
      said = text;
      await host.clock.sleep(LOOK_MS, signal).catch(() => {});
    }
  }

  #untilCleared(fault: Error, byRig: boolean, signal: AbortSignal): Promise<void> {
    const { host, control } = this.#parts;
    const log = (level: LogEvent["level"], text: string) => this.#log(level, text);
    const { readings, setPoint } = this.hub.snapshot();
    const evidence = readings === null ? null : { readings, setPoint };
    return untilCleared({ rig: this.config.rig, fault, evidence, byRig, clock: host.clock, control, log }, signal);
  }

  #enterFault(error: unknown): void {
    this.#fault = asError(error);
    this.#state("fault", explain(error));
    this.#log("error", explain(error));
  }

  #state(state: DeviceState, stateReason: string): void {
    this.hub.publish("state", { state, stateReason });
  }

  #log(level: LogEvent["level"], text: string): void {
    this.log(level, "station", text);
  }
}

function portsOf({ board }: Config): string[] {
  return [board.control, board.data].filter((port) => port !== undefined);
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
