/** What a daemon stands on, all of it injected: this host's clock, chance, ports, disk and network, or a simulation's. */
import { existsSync } from "node:fs";
import { type Clock, hostClock } from "../common/clock.ts";
import type { Origin } from "../common/origin.ts";
import { hostRandom, type Random } from "../common/random.ts";
import { clockAnchor, monotonicRawNs } from "../drivers/native/index.ts";
import { type Api, type ApiOptions, startApi } from "../telemetry/api/server.ts";
import { type ControlStore, openControlStore } from "../telemetry/control/control-store.ts";
import type { Publisher } from "../telemetry/mqtt/publisher.ts";
import { EmbeddedBrokers, type MqttOptions, startMqtt } from "../telemetry/mqtt/start.ts";
import { type CountedStore, openStore, type StoreOptions } from "../telemetry/store/client.ts";
import type { Store } from "../telemetry/store/store.ts";
import { spawnGuard } from "./guard/spawn-guard.ts";
import { type Ports, SERIAL_PORTS } from "./hardware/open.ts";
import { checkOrigin } from "./origin-guard.ts";
import type { SafeguardKinds } from "./safeguards.ts";
import { armNativeWatchdog } from "./watchdog.ts";

export interface Host {
  readonly clock: Clock;
  readonly random: Random;
  readonly ports: Ports;
  /** Whether there is such a port at the moment: a board that is not plugged in has none. */
  hasPort(path: string): boolean;
  readonly safeguards: Pick<SafeguardKinds, "armWatchdog" | "startGuard">;
  /** Where faults are latched; throws StoreError. */
  openControl(path: string): ControlStore;
  /** ConfigError ORIGIN_MISMATCH when what stands behind the ports is not what the configuration calls it. */
  checkOrigin(origin: Origin, ports: readonly string[]): Promise<void>;
  openStore(
    options: Pick<StoreOptions, "path" | "commitIntervalMs" | "budgetBytes">,
  ): Promise<Store & Partial<Pick<CountedStore, "counters">>>;
  startApi(options: ApiOptions): Promise<Pick<Api, "url" | "close">>;
  startMqtt(options: MqttOptions): Promise<Pick<Publisher, "url" | "close" | "counters">>;
  /** Errors that nobody caught. Returns what ends the subscription. */
  onCrash(listener: (error: unknown) => void): () => void;
}

export function thisHost(): Host {
  const brokers = new EmbeddedBrokers();
  const clock = { ...hostClock(monotonicRawNs), anchor: clockAnchor };
  return {
    clock,
    random: hostRandom,
    ports: SERIAL_PORTS,
    hasPort: existsSync,
    openControl: openControlStore,
    safeguards: { armWatchdog: armNativeWatchdog, startGuard: spawnGuard },
    checkOrigin,
    openStore: (options) => openStore({ ...options, clock }),
    startApi,
    startMqtt: (options) => startMqtt(options, brokers),
    onCrash(listener) {
      process.on("uncaughtException", listener).on("unhandledRejection", listener);
      return () => void process.off("uncaughtException", listener).off("unhandledRejection", listener);
    },
  };
}
