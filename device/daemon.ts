/** The daemon: store, telemetry and rig put together, the plan run, everything closed in the right order whatever happens. */
import { AsicError, explain } from "../common/errors.ts";
import type { StudyReport } from "../reservoir/verdict/gate/study.ts";
import type { ControlStore } from "../telemetry/control/control-store.ts";
import { createHub, type Hub } from "../telemetry/hub.ts";
import type { LogEvent, NarmaReport } from "../telemetry/messages.ts";
import type { Store } from "../telemetry/store/store.ts";
import { apiTokens } from "./api-tokens.ts";
import type { Appliers, ReloadEvents } from "./config/reload.ts";
import type { Config } from "./config/schema.ts";
import { runComputes } from "./experiments/computes.ts";
import { runNarma10 } from "./experiments/narma10.ts";
import { type Host, thisHost } from "./host.ts";
import { controlPath, Latches, latches } from "./latches.ts";
import { MqttTelemetry } from "./mqtt-telemetry.ts";
import { Orders } from "./orders.ts";
import { Session } from "./session.ts";
import { recordOutsideEvents } from "./stations/outside-events.ts";
import { BROUGHT_UP_AGAIN, untilCleared } from "./stations/until-cleared.ts";
import { runSweep, type SweepOutcome } from "./sweep/run-sweep.ts";
import { SOFTWARE } from "./version.ts";
import { openWire, type WireFiles } from "./wire-files.ts";

export interface DaemonOptions extends WireFiles {
  readonly config: Config;
  readonly dashboardDir: string;
  /** Ends the daemon: the board is made safe, the database closed. */
  readonly signal: AbortSignal;
  /** Tells of a changed configuration; returns what ends that. Absent: the configuration stays as it is. */
  readonly follow?: (appliers: Omit<Appliers, "log">, events: ReloadEvents) => () => void;
  /** End when the plan is done instead of going on mining. */
  readonly once: boolean;
  /** Done after the plan's items, on the board that is up. */
  readonly experiment?: ((session: Session, signal: AbortSignal) => Promise<void>) | undefined;
  /** Called for each passed evaluation of the board's safety; in a fault once a second while the board is known to be off. */
  readonly passed?: (() => void) | undefined;
  /** Called when the dashboard can be opened. */
  onReady(hub: Hub, urls: { dashboard: string; mqtt: string | null }): void;
  /** Called when the last item of the plan is done. */
  onPlanDone(outcome: { report: NarmaReport | null }): void;
}

export interface DaemonOutcome {
  /** Why the rig went into fault; null when it did not. */
  readonly fault: Error | null;
  readonly report: NarmaReport | null;
  readonly study: StudyReport | null;
  readonly sweep: SweepOutcome | null;
}

/** What `live` needs to know. */
export interface LifeOptions extends Pick<DaemonOptions, "config" | "signal" | "once" | "experiment" | "onPlanDone"> {
  /** Resolves when a fault has been seen to; absent: it stays until `signal` aborts. The board goes on being asked to go off meanwhile. */
  readonly untilSeen?: (fault: Error) => Promise<void>;
}

/** One life of the board, from cold to off. */
interface Attempt {
  readonly session: Session;
  readonly orders: Orders;
}

/**
 * Runs until `signal` aborts (or, with `once`, until the plan is done). Once a person has cleared a latched fault the board is brought up again and its
 * plan begun anew; any other fault stays until the daemon is started again. Rejects only when nothing could be started.
 */
export async function runDaemon(options: DaemonOptions, host: Host = thisHost()): Promise<DaemonOutcome> {
  let { config } = options;
  const { clock } = host;
  const { signal, once } = options;
  await host.checkOrigin(
    config.origin,
    config.board.control === undefined ? [config.board.data] : [config.board.control, config.board.data],
  );
  const wire = await openWire(options, config, host);
  const { path, commitIntervalMs } = config.store;
  const latchesFrom = (open: () => ControlStore) =>
    new Latches({ rig: config.rig, wallMs: () => clock.wallMs(), open, clearedWhileRunning: !once });
  const kept = latchesFrom(() => host.openControl(controlPath(path)));
  const store = await host.openStore({ path, commitIntervalMs, budgetBytes: budgetBytesOf(config) });
  const hub = createHub({ rig: config.rig, origin: config.origin, software: SOFTWARE, startedWallMs: clock.wallMs() }, () =>
    clock.wallMs(),
  );
  const begin = (own: Latches): Attempt => {
    const { ports, trace } = wire;
    const { passed } = options;
    const session = new Session({ config, clock, ports, store, hub, safeguards: { ...host.safeguards, latches: own }, trace, passed });
    own.tellTo((text) => session.recorder.log("warning", "faults", text));
    return { session, orders: new Orders(session) };
  };
  let attempt = begin(kept);
  const opened: { close(): Promise<void> }[] = [store, kept, wire];
  // An error nobody foresaw must not leave a board energised: whatever it is, the board goes off first.
  let unfollow: (() => void) | undefined;
  const stopWatching = host.onCrash((error) => attempt.session.rig.fail(error));
  try {
    const forget = recordOutsideEvents(hub, store, () => attempt.session.recorder.runId);
    opened.unshift({ close: async () => forget() });
    const mqtt = new MqttTelemetry(host, hub, {
      emergencyOff: () => attempt.orders.emergencyOff(),
      stopPlan: () => attempt.orders.stopPlan(),
      applySetPoint: (wanted) => attempt.orders.applySetPoint(wanted),
    });
    const api = await host.startApi({
      boards: [{ hub, emergencyOff: () => attempt.session.rig.emergencyOff(), publisherCounters: () => mqtt.counters() }],
      clock,
      store,
      control: kept.store,
      host: config.api.host,
      port: config.api.port,
      tokens: apiTokens(config),
      fleetSocket: config.api.cgminer.enabled ? config.api.cgminer : null,
      storeCounters: () => store.counters?.() ?? null,
      dashboardDir: options.dashboardDir,
    });
    opened.unshift(api);
    opened.unshift(mqtt);
    await mqtt.apply(config);
    options.onReady(hub, { dashboard: api.url, mqtt: mqtt.url });
    unfollow = options.follow?.(
      {
        limits: (next) => {
          attempt.session.rig.setLimits(next.limits);
          config = { ...config, limits: next.limits };
        },
        mqtt: (next) => mqtt.apply(next),
        store: (next) => store.setBudget(budgetBytesOf(next)),
      },
      { say: (level, text) => attempt.session.recorder.log(level, "config", text) },
    );
    for (;;) {
      let cleared = false;
      const untilSeen = async (fault: Error) => {
        await untilSeenTo(fault, attempt.session, kept.store, signal);
        cleared = !signal.aborted;
      };
      const outcome = await live({ ...options, config, untilSeen }, attempt.session, store, attempt.orders);
      const { store: control } = kept;
      if (!cleared || control === null) return outcome;
      hub.publish("state", { state: "cold", stateReason: BROUGHT_UP_AGAIN });
      attempt = begin(latchesFrom(() => control));
    }
  } finally {
    unfollow?.();
    for (const part of opened) await part.close();
    stopWatching();
  }
}

/** Resolves when the fault of a daemon with one board has been cleared, or `signal` aborts. One that does not latch lasts until then. */
async function untilSeenTo(fault: Error, { config, clock, hub, recorder }: Session, control: ControlStore | null, signal: AbortSignal) {
  const before = fault instanceof AsicError && fault.code === "FAULT_LATCHED";
  if (control === null || !(before || latches(fault))) return aborted(signal);
  const { readings, setPoint } = hub.snapshot();
  const evidence = readings === null ? null : { readings, setPoint };
  const log = (level: LogEvent["level"], text: string) => recorder.log(level, "faults", text);
  return untilCleared({ rig: config.rig, fault, evidence, byRig: true, clock, control, log }, signal);
}

/** From cold through the plan to the end, whichever it is. Never rejects: a failure is the outcome's fault. */
export async function live(options: LifeOptions, session: Session, store: Store, orders: Orders): Promise<DaemonOutcome> {
  const { config } = options;
  const { rig, recorder, hub } = session;
  const storeFailed = new AbortController();
  const unheard = store.onFailure((error) => {
    recorder.log("error", "store", explain(error));
    storeFailed.abort(error);
  });
  const stop = AbortSignal.any([options.signal, rig.faulted, storeFailed.signal]);
  let report: NarmaReport | null = null;
  let study: StudyReport | null = null;
  let sweep: SweepOutcome | null = null;
  let fault: Error | null = null;
  try {
    await recorder.begin("bring-up", `${config.rig}: bring-up`);
    await rig.open();
    await rig.bringUp(stop);
    await recorder.end("finished", "chips enumerated and ramped");
    await orders.during(stop, async (signal) => {
      for (const item of config.plan) {
        if (item === "sweep") sweep = await runSweep(session, config.sweep, signal);
        else if (item === "narma10") report = await runNarma10(session, config.narma10, signal);
        else study = await runComputes(session, config.computes, signal);
      }
      await options.experiment?.(session, signal);
    });
    hub.publish("activity", null);
    options.onPlanDone({ report });
    if (!options.once) {
      await recorder.begin("mining", "at the set-point");
      await aborted(stop);
    }
  } catch (error) {
    // What was thrown because of a stop says less than the stop's own reason.
    if (!stop.aborted) fault = asError(error);
  }
  if (fault === null && stop.aborted && !options.signal.aborted) fault = asError(stop.reason);
  if (fault) rig.fail(fault);
  const stopped = options.signal.aborted ? "stopped by the operator" : null;
  // The board comes first: a record that cannot be written must not keep it on. What it says on its way down still belongs to the run.
  await rig.shutDown(fault ? explain(fault) : (stopped ?? "the plan is done"));
  if (fault === null && rig.faulted.aborted) fault = asError(rig.faulted.reason);
  await recorder
    .end(fault ? "failed" : stopped ? "stopped" : "finished", fault ? explain(fault) : (stopped ?? undefined))
    .catch((error: unknown) => recorder.log("error", "store", explain(error)));
  hub.publish("activity", null);
  await store.flush().catch(() => {});
  // A fault stays on the screen until a person has seen it and ends the daemon.
  if (fault && !options.once) await (options.untilSeen?.(fault) ?? aborted(options.signal));
  await rig.end();
  unheard();
  return { fault, report, study, sweep };
}

export function budgetBytesOf({ store }: Config): number | null {
  return store.sizeBudgetMb === null ? null : store.sizeBudgetMb * 1e6;
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
