/** The daemon: store, telemetry and rig put together, the plan run, everything closed in the right order whatever happens. */
import path from "node:path";
import { type Clock, hostClock } from "../common/clock.ts";
import { AsicError, explain } from "../common/errors.ts";
import { monotonicRawNs } from "../drivers/native/index.ts";
import { startApi } from "../telemetry/api/server.ts";
import { createHub, type Hub } from "../telemetry/hub.ts";
import type { NarmaReport } from "../telemetry/messages.ts";
import { startMqtt } from "../telemetry/mqtt/publisher.ts";
import { openStore } from "../telemetry/store/client.ts";
import type { Store } from "../telemetry/store/store.ts";
import type { Config } from "./config/schema.ts";
import { runNarma10 } from "./experiments/narma10.ts";
import { checkOrigin } from "./origin-guard.ts";
import { Session } from "./session.ts";
import { runSweep } from "./sweep.ts";
import { SOFTWARE } from "./version.ts";

export interface DaemonOptions {
  readonly config: Config;
  readonly dashboardDir: string;
  /** Ends the daemon: the board is made safe, the database closed. */
  readonly signal: AbortSignal;
  /** End when the plan is done instead of going on mining. */
  readonly once: boolean;
  /** Called when the dashboard can be opened. */
  onReady(hub: Hub, urls: { dashboard: string; mqtt: string | null }): void;
  /** Called when the last item of the plan is done. */
  onPlanDone(outcome: { report: NarmaReport | null }): void;
}

export interface DaemonOutcome {
  /** Why the rig went into fault; null when it did not. */
  readonly fault: AsicError | Error | null;
  readonly report: NarmaReport | null;
}

/** Runs until `signal` aborts (or, with `once`, until the plan is done). Rejects only when nothing could be started. */
export async function runDaemon(options: DaemonOptions): Promise<DaemonOutcome> {
  const { config } = options;
  checkOrigin(config.origin, [config.board.control, config.board.data]);
  const clock = hostClock(monotonicRawNs);
  const store = await openStore({ path: config.store.path, commitIntervalMs: config.store.commitIntervalMs });
  const hub = createHub({ rig: config.rig, origin: config.origin, software: SOFTWARE, startedWallMs: clock.wallMs() });
  const opened: { close(): Promise<void> }[] = [store];
  try {
    const emergency = new AbortController();
    const api = await startApi({
      hub,
      store,
      host: config.api.host,
      port: config.api.port,
      dashboardDir: options.dashboardDir,
      emergencyOff: async () => {
        emergency.abort(new AsicError("EMERGENCY_OFF", "Emergency-off was pressed.", "Start the daemon again when the cause is gone."));
      },
    });
    opened.unshift(api);
    const mqtt = config.mqtt.enabled
      ? await startMqtt({ hub, base: config.mqtt.base, rig: config.rig, url: config.mqtt.url, port: config.mqtt.port })
      : null;
    if (mqtt) opened.unshift(mqtt);
    options.onReady(hub, { dashboard: api.url, mqtt: mqtt?.url ?? null });
    return await live(options, { clock, store, hub, emergency: emergency.signal });
  } finally {
    for (const part of opened) await part.close();
  }
}

interface Living {
  readonly clock: Clock;
  readonly store: Store;
  readonly hub: Hub;
  readonly emergency: AbortSignal;
}

async function live(options: DaemonOptions, { clock, store, hub, emergency }: Living): Promise<DaemonOutcome> {
  const { config } = options;
  const session = new Session({ config, clock, store, hub });
  const { rig, recorder } = session;
  const storeFailed = new AbortController();
  store.onFailure((error) => {
    recorder.log("error", "store", explain(error));
    storeFailed.abort(error);
  });
  const stop = AbortSignal.any([options.signal, emergency, rig.faulted, storeFailed.signal]);
  let report: NarmaReport | null = null;
  let fault: Error | null = null;
  const provenance = { software: SOFTWARE, node: process.versions.node, config };
  try {
    await recorder.begin("bring-up", `${config.rig}: bring-up`, provenance);
    await rig.open();
    await rig.bringUp(stop);
    await recorder.end("finished", "chips enumerated and ramped");
    for (const item of config.plan) {
      if (item === "sweep") await runSweep(session, config.sweep, stop);
      else report = await runNarma10(session, config.narma10, stop);
    }
    hub.publish("activity", null);
    options.onPlanDone({ report });
    if (!options.once) {
      await recorder.begin("mining", "at the set-point", provenance);
      await aborted(stop);
    }
  } catch (error) {
    if (!stop.aborted) {
      fault = asError(error);
      rig.fail(error);
    }
  }
  const why = stopReason(options.signal, emergency);
  if (fault === null && stop.aborted && why === null) fault = asError(stop.reason);
  await recorder.end(fault ? "failed" : why ? "stopped" : "finished", fault ? explain(fault) : (why ?? undefined));
  await rig.shutDown(fault ? explain(fault) : (why ?? "the plan is done"), { ramp: !emergency.aborted });
  hub.publish("activity", null);
  await store.flush().catch(() => {});
  // A fault stays on the screen until a person has seen it and ends the daemon.
  if (fault && !options.once && !options.signal.aborted) await aborted(options.signal);
  return { fault, report };
}

function stopReason(signal: AbortSignal, emergency: AbortSignal): string | null {
  if (emergency.aborted) return "emergency-off";
  return signal.aborted ? "stopped by the operator" : null;
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

/** Where the built dashboard stands, seen from the compiled program. */
export function dashboardFolder(root: string): string {
  return path.join(root, "dist/dashboard");
}
