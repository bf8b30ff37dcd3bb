/** Several twins and one daemon over them in virtual time: what reaches the neighbours of a board that fails. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { AsicError } from "../../common/errors.ts";
import { splitmix64 } from "../../common/random.ts";
import type { HubUpdate } from "../../telemetry/hub.ts";
import { type FaultSpec, FaultTable } from "../../twin/index.ts";
import { type Config, configSchema } from "../config/schema.ts";
import { runRig, type StationOutcome } from "../stations/rig-daemon.ts";
import { type BoardTruth, makeTwin } from "./board-truth.ts";
import { EventLog } from "./event-log.ts";
import { configOf, type Scenario } from "./scenario.ts";
import { VirtualBoard } from "./virtual-board.ts";
import { VirtualBroker } from "./virtual-broker.ts";
import { VirtualHost } from "./virtual-host.ts";
import { VirtualHostClocks, VirtualProcess } from "./virtual-process.ts";
import { VirtualTime } from "./virtual-time.ts";

/** By the board's name; faults strike that board alone. */
export type BenchBoards = Readonly<
  Record<string, Pick<Scenario, "board" | "variant" | "chips" | "workScale"> & { readonly faults: readonly FaultSpec[] }>
>;

export interface Sighting extends BoardTruth {
  readonly atMs: number;
}

export interface RigBenchOutcome {
  readonly outcomes: readonly StationOutcome[];
  /** What each hub published, with its time. */
  readonly updates: Readonly<Record<string, readonly { readonly atMs: number; readonly update: HubUpdate }[]>>;
  /** What each board really did, every 100 ms. */
  readonly seen: Readonly<Record<string, readonly Sighting[]>>;
  /** When an evaluation of some board's safety was passed, ms. */
  readonly passedAtMs: readonly number[];
  readonly errors: readonly unknown[];
}

export interface RigBenchOptions {
  readonly boards: BenchBoards;
  readonly durationMs: number;
  readonly once?: boolean;
  /** What happens at its time, ms, in a folder of the run's own: `storePath` is the record. */
  readonly at?: readonly { readonly ms: number; run(bench: { readonly host: VirtualHost; readonly storePath: string }): void }[];
}

const SEED = 5;
const LOOK_MS = 100;
const END_MS = 60_000;

export async function runRigBench({ boards, durationMs, once = false, at = [] }: RigBenchOptions): Promise<RigBenchOutcome> {
  const folder = mkdtempSync(path.join(tmpdir(), "asic-rig-"));
  const storePath = path.join(folder, "telemetry.db");
  const time = new VirtualTime(splitmix64(1));
  const clocks = new VirtualHostClocks(time);
  const virtualProcess = new VirtualProcess(time, clocks, splitmix64(2));
  const log = new EventLog(() => time.nowNs);
  const names = Object.keys(boards);
  const benches = new Map(
    names.map((name, index) => [name, new VirtualBoard(boardParts(scenarioOf(boards, name, durationMs), { time, clocks, log }, index))]),
  );
  const boardAt = (port: string) => benches.get(port.split("/")[0] as string) as VirtualBoard;
  const host = new VirtualHost({
    process: virtualProcess,
    time,
    // The watchdog has its own tests (test/simulation/orders.test.ts).
    watched: false,
    board: benches.get(names[0] as string) as VirtualBoard,
    boardAt,
    broker: new VirtualBroker(log, splitmix64(3)),
    random: splitmix64(4),
    state: { disk: { trouble: null, delayMs: 0 }, descriptorsGone: false, clientBytesPerS: null, clientsHalfOpen: false },
  });
  const updates: Record<string, { atMs: number; update: HubUpdate }[]> = Object.fromEntries(names.map((name) => [name, []]));
  const seen: Record<string, Sighting[]> = Object.fromEntries(names.map((name) => [name, []]));
  const passedAtMs: number[] = [];
  const errors: unknown[] = [];
  const crashed = (error: unknown) => {
    errors.push(error);
    host.crash(error);
  };
  process.on("unhandledRejection", crashed);
  const stop = new AbortController();
  try {
    let outcomes: readonly StationOutcome[] | null = null;
    const look = () => {
      for (const [name, board] of benches) {
        board.advance();
        seen[name]?.push({ ...board.truth(), atMs: time.nowNs / 1e6 });
      }
      time.after(LOOK_MS, look);
    };
    look();
    for (const { ms, run } of at) time.at(ms * 1e6, () => run({ host, storePath }));
    time.at(durationMs * 1e6, () => stop.abort(new AsicError("STOPPED", "Stopped by the operator.", "")));
    runRig(
      {
        configs: names.map((name) => stationConfig(name, scenarioOf(boards, name, durationMs), storePath)) as [Config, ...Config[]],
        dashboardDir: "",
        signal: stop.signal,
        once,
        passed: () => void passedAtMs.push(time.nowNs / 1e6),
        onReady: (config, hub) => {
          const name = config.rig.replace("bench-", "");
          hub.subscribe({ update: (update) => void updates[name]?.push({ atMs: time.nowNs / 1e6, update }) });
        },
        onPlanDone: () => {},
      },
      host.host,
    ).then(
      (result) => {
        outcomes = result;
      },
      (error) => {
        errors.push(error);
        outcomes = [];
      },
    );
    await time.pass(() => outcomes !== null || time.nowNs > (durationMs + END_MS) * 1e6, crashed);
    if (outcomes === null) errors.push(new Error(`the rig had not ended ${END_MS / 1000} s after it was asked to`));
    look();
    virtualProcess.end();
    await host.dropStore();
    return { outcomes: outcomes ?? [], updates, seen, passedAtMs, errors };
  } finally {
    process.off("unhandledRejection", crashed);
    rmSync(folder, { recursive: true, force: true });
  }
}

function scenarioOf(boards: BenchBoards, name: string, durationMs: number): Scenario {
  const { faults, ...board } = boards[name] as BenchBoards[string];
  return { seed: SEED, ...board, durationMs, faults, emergencyOffAtMs: null, plan: [] };
}

function stationConfig(name: string, scenario: Scenario, storePath: string): Config {
  const config = configOf(scenario, storePath);
  return configSchema.parse({
    ...config,
    rig: `bench-${name}`,
    board: { ...config.board, control: `${name}/control`, data: `${name}/data` },
  });
}

interface World {
  readonly time: VirtualTime;
  readonly clocks: VirtualHostClocks;
  readonly log: EventLog;
}

function boardParts(scenario: Scenario, world: World, index: number): ConstructorParameters<typeof VirtualBoard>[0] {
  return {
    ...world,
    faults: new FaultTable(scenario.faults),
    make: (as, faults) => makeTwin(scenario, as, faults),
    random: splitmix64(100 + index),
    onJob: () => {},
  };
}
