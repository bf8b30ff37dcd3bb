/** Several boards in one daemon: one record, one API with a dashboard, and for each board a station with a hub and topics of its own. docs/rig.md */
import { explain, StoreError } from "../../common/errors.ts";
import { allOff } from "../../telemetry/api/api-board.ts";
import type { ControlStore } from "../../telemetry/control/control-store.ts";
import { createHub, type Hub } from "../../telemetry/hub.ts";
import { apiTokens } from "../api-tokens.ts";
import type { BoardAppliers } from "../config/reload-boards.ts";
import type { Config } from "../config/schema.ts";
import { budgetBytesOf, type DaemonOptions, type DaemonOutcome } from "../daemon.ts";
import { type Host, thisHost } from "../host.ts";
import { controlPath } from "../latches.ts";
import { MqttTelemetry } from "../mqtt-telemetry.ts";
import { SOFTWARE } from "../version.ts";
import { fileOf, openWire, type WireFiles } from "../wire-files.ts";
import { Station } from "./station.ts";

export interface RigDaemonOptions extends Pick<DaemonOptions, "dashboardDir" | "signal" | "passed">, WireFiles {
  /** One a board, from one file: the record, the API's address and the broker are those of the first. */
  readonly configs: readonly [Config, ...Config[]];
  /** Each board ends when its plan is done; a board that fails, or is not there, ends with that. */
  readonly once?: boolean;
  /** Tells of a changed configuration; returns what ends that. Absent: it stays as it is. */
  readonly follow?: (boards: readonly BoardAppliers[]) => () => void;
  /** Called for each board when its dashboard can be opened. */
  onReady(config: Config, hub: Hub, urls: { dashboard: string; mqtt: string | null }): void;
  onPlanDone(config: Config, outcome: Pick<DaemonOutcome, "report">): void;
}

export interface StationOutcome extends Pick<DaemonOutcome, "report"> {
  readonly rig: string;
  /** Why the board was in fault at the end; null when it was not. */
  readonly fault: Error | null;
}

/** A station with what belongs to it alone. */
interface Berth {
  readonly station: Station;
  readonly mqtt: MqttTelemetry;
}

/** Runs until `signal` aborts (or, with `once`, until every plan is done); then every board is off. Rejects only when nothing could be started. */
export async function runRig(options: RigDaemonOptions, host: Host = thisHost()): Promise<readonly StationOutcome[]> {
  const { configs, signal } = options;
  const [first] = configs;
  const { clock } = host;
  const { path, commitIntervalMs } = first.store;
  const control = openControl(host, path);
  const opened: { close(): unknown }[] = control === null ? [] : [control];
  let stopWatching = () => {};
  let unfollow: (() => void) | undefined;
  try {
    const store = await host.openStore({ path, commitIntervalMs, budgetBytes: budgetBytesOf(first) });
    opened.unshift(store);
    const berths: Berth[] = [];
    for (const config of configs) {
      const { rig, origin } = config;
      const { record, traceWire } = options;
      const named = { record: record && fileOf(record, rig), traceWire: traceWire && fileOf(traceWire, rig) };
      const wire = await openWire(named, config, host);
      opened.unshift(wire);
      const hub = createHub({ rig, origin, software: SOFTWARE, startedWallMs: clock.wallMs() }, () => clock.wallMs());
      const { once = false, passed, onPlanDone } = options;
      const { ports, trace } = wire;
      const station = new Station({ config, host, ports, trace, store, control, hub, once, passed, onPlanDone });
      berths.push({ station, mqtt: new MqttTelemetry(host, hub, commandsTo(station, berths)) });
    }
    const [one, ...others] = berths as [Berth, ...Berth[]];
    const stations = berths.map(({ station }) => station);
    stopWatching = host.onCrash((error) => {
      for (const station of stations) station.fail(error);
    });
    const api = await host.startApi({
      boards: [boardOf(one), ...others.map(boardOf)],
      clock,
      store,
      control,
      host: first.api.host,
      port: first.api.port,
      tokens: apiTokens(first),
      fleetSocket: first.api.cgminer.enabled ? first.api.cgminer : null,
      storeCounters: () => store.counters?.() ?? null,
      dashboardDir: options.dashboardDir,
    });
    opened.unshift(api);
    for (const { station, mqtt } of berths) {
      const { config, hub } = station;
      opened.unshift(mqtt);
      await mqtt.apply(config);
      options.onReady(config, hub, { dashboard: `${api.url}/?board=${config.rig}`, mqtt: mqtt.url });
    }
    unfollow = options.follow?.(
      berths.map(({ station, mqtt }) => ({
        config: station.config,
        appliers: {
          limits: (next) => station.setLimits(next.limits),
          mqtt: (next) => mqtt.apply(next),
          store: (next) => store.setBudget(budgetBytesOf(next)),
        },
        events: { say: (level, text) => station.log(level, "config", text) },
      })),
    );
    await Promise.all(stations.map((station) => station.run(signal)));
    return stations.map(({ config, fault, report }) => ({ rig: config.rig, fault, report }));
  } finally {
    unfollow?.();
    for (const part of opened) await part.close();
    stopWatching();
  }
}

function boardOf({ station, mqtt }: Berth) {
  return { hub: station.hub, emergencyOff: () => station.emergencyOff(), publisherCounters: () => mqtt.counters() };
}

/** By MQTT, emergency-off is for everything there is: who sends it may not know that there are others. */
function commandsTo(station: Station, berths: readonly Berth[]): ConstructorParameters<typeof MqttTelemetry>[2] {
  return {
    emergencyOff: () => allOff(berths.map((each) => each.station)),
    stopPlan: () => station.stopPlan(),
    applySetPoint: (wanted) => station.applySetPoint(wanted),
  };
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
