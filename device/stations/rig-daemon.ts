/** Several boards in one daemon: one record, and for each board a station with a hub, a dashboard and topics of its own. docs/rig.md */
import { explain, StoreError } from "../../common/errors.ts";
import type { ControlStore } from "../../telemetry/control/control-store.ts";
import { createHub, type Hub } from "../../telemetry/hub.ts";
import { apiTokens } from "../api-tokens.ts";
import type { Config } from "../config/schema.ts";
import { budgetBytesOf, type DaemonOptions, type DaemonOutcome } from "../daemon.ts";
import { type Host, thisHost } from "../host.ts";
import { controlPath } from "../latches.ts";
import { MqttTelemetry } from "../mqtt-telemetry.ts";
import { SOFTWARE } from "../version.ts";
import { Station } from "./station.ts";

export interface RigDaemonOptions extends Pick<DaemonOptions, "dashboardDir" | "signal"> {
  /** One a board, from one file: the record, the API's address and the broker are those of the first. */
  readonly configs: readonly Config[];
  /** Called for each board when its dashboard can be opened. */
  onReady(config: Config, hub: Hub, urls: { dashboard: string; mqtt: string | null }): void;
  onPlanDone(config: Config, outcome: Pick<DaemonOutcome, "report">): void;
}

export interface StationOutcome {
  readonly rig: string;
  /** Why the board was in fault at the end; null when it was not. */
  readonly fault: Error | null;
}

/** Runs until `signal` aborts; then every board is off. Rejects only when nothing could be started. */
export async function runRig(options: RigDaemonOptions, host: Host = thisHost()): Promise<readonly StationOutcome[]> {
  const { configs, signal } = options;
  const [first] = configs as readonly [Config, ...Config[]];
  const { clock } = host;
  const { path, commitIntervalMs } = first.store;
  const control = openControl(host, path);
  const opened: { close(): unknown }[] = control === null ? [] : [control];
  let stopWatching = () => {};
  try {
    const store = await host.openStore({ path, commitIntervalMs, budgetBytes: budgetBytesOf(first) });
    opened.unshift(store);
    const stations = configs.map((config) => {
      const { rig, origin } = config;
      const hub = createHub({ rig, origin, software: SOFTWARE, startedWallMs: clock.wallMs() }, () => clock.wallMs());
      return new Station({ config, host, store, control, hub, onPlanDone: options.onPlanDone });
    });
    stopWatching = host.onCrash((error) => {
      for (const station of stations) station.fail(error);
    });
    for (const [at, station] of stations.entries()) {
      const { hub } = station;
      const config = withPort(station.config, at);
      const api = await host.startApi({
        hub,
        clock,
        store,
        host: first.api.host,
        port: first.api.port === 0 ? 0 : first.api.port + at,
        tokens: apiTokens(first),
        dashboardDir: options.dashboardDir,
        emergencyOff: () => allOff(stations),
      });
      opened.unshift(api);
      const mqtt = new MqttTelemetry(host, hub, {
        emergencyOff: () => allOff(stations),
        stopPlan: () => station.stopPlan(),
        applySetPoint: (wanted) => station.applySetPoint(wanted),
      });
      opened.unshift(mqtt);
      await mqtt.apply(config);
      options.onReady(config, hub, { dashboard: api.url, mqtt: mqtt.url });
    }
    await Promise.all(stations.map((station) => station.run(signal)));
    return stations.map(({ config, fault }) => ({ rig: config.rig, fault }));
  } finally {
    for (const part of opened) await part.close();
    stopWatching();
  }
}

/** A press of emergency-off is for everything there is. Rejects with the first board's refusal, when all have been asked. */
async function allOff(stations: readonly Station[]): Promise<void> {
  const asked = await Promise.allSettled(stations.map((station) => station.emergencyOff()));
  const refused = asked.find((result) => result.status === "rejected");
  if (refused) throw refused.reason;
}

/** A broker inside the daemon lets its own publisher publish alone: each board has one of its own, at the next port. */
function withPort(config: Config, at: number): Config {
  const { mqtt } = config;
  return mqtt.url !== null || mqtt.port === 0 ? config : { ...config, mqtt: { ...mqtt, port: mqtt.port + at } };
}

/** null without a disk to make it on, which is said by each board's latches. StoreError CONTROL_UNREADABLE. */
function openControl(host: Host, storePath: string): ControlStore | null {
  try {
    return host.openControl(controlPath(storePath));
  } catch (error) {
    if (error instanceof StoreError && error.code === "CONTROL_UNREADABLE") throw error;
    process.stderr.write(`faults are latched in memory alone: ${explain(error)}\n`);
    return null;
  }
}
