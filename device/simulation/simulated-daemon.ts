/** The daemon of a simulation: one board's, or a rig's, following a file that is in memory. */
import type { Hub } from "../../telemetry/hub.ts";
import { LiveConfig } from "../config/reload.ts";
import { LiveBoards } from "../config/reload-boards.ts";
import type { Config } from "../config/schema.ts";
import { runDaemon } from "../daemon.ts";
import type { Host } from "../host.ts";
import { runRig } from "../stations/rig-daemon.ts";
import type { SimulatedFile } from "./simulated-file.ts";

export interface SimulatedDaemonOptions {
  readonly configs: readonly [Config, ...Config[]];
  readonly file: SimulatedFile;
  readonly signal: AbortSignal;
  /** A board's dashboard can be opened. */
  ready(board: number, hub: Hub): void;
  /** A board has taken these limits. */
  limited(board: number, limits: Config["limits"]): void;
  planDone(): void;
  /** Hands out what has the file read again. */
  follows(reload: () => void): void;
}

/** Why each board was in fault at the end; null: it was not. */
export type DaemonEnd = readonly (Error | null)[];

export async function runSimulatedDaemon(options: SimulatedDaemonOptions, host: Host): Promise<DaemonEnd> {
  return options.configs.length === 1 ? alone(options, host) : several(options, host);
}

async function alone({ configs: [config], file, signal, ...told }: SimulatedDaemonOptions, host: Host): Promise<DaemonEnd> {
  const { fault } = await runDaemon(
    {
      config,
      dashboardDir: "",
      signal,
      once: false,
      onReady: (hub) => told.ready(0, hub),
      onPlanDone: () => told.planDone(),
      follow: (appliers, events) => {
        const live = new LiveConfig(config, () => file.read()[0]);
        const limits = async (next: Config) => {
          await appliers.limits(next);
          told.limited(0, next.limits);
        };
        told.follows(() => void live.reload({ ...appliers, limits, log: () => {} }, events));
        return () => told.follows(() => {});
      },
    },
    host,
  );
  return [fault];
}

async function several({ configs, file, signal, ...told }: SimulatedDaemonOptions, host: Host): Promise<DaemonEnd> {
  const at = (config: Config) => configs.findIndex(({ rig }) => rig === config.rig);
  const outcomes = await runRig(
    {
      configs,
      dashboardDir: "",
      signal,
      onReady: (config, hub) => told.ready(at(config), hub),
      onPlanDone: () => told.planDone(),
      follow: (boards) => {
        const watched = boards.map((board) => ({
          ...board,
          appliers: {
            ...board.appliers,
            limits: async (next: Config) => {
              await board.appliers.limits(next);
              told.limited(at(board.config), next.limits);
            },
          },
        }));
        const live = new LiveBoards(
          watched,
          () => file.read(),
          () => {},
          () => {},
        );
        told.follows(() => void live.reload());
        return () => told.follows(() => {});
      },
    },
    host,
  );
  return outcomes.map(({ fault }) => fault);
}
