/** One of a simulation's boards: its twin, what goes wrong with it, and what its observer has seen of it. */
import { type Random, splitmix64 } from "../../common/random.ts";
import type { HubUpdate } from "../../telemetry/hub.ts";
import { type FaultName, FaultTable } from "../../twin/index.ts";
import type { Config } from "../config/schema.ts";
import { makeTwin } from "./board-truth.ts";
import type { Place } from "./coverage.ts";
import { DaemonWatch } from "./daemon-watch.ts";
import type { EventLog } from "./event-log.ts";
import { FaultInjection } from "./fault-injection.ts";
import { carrierOf, type FaultTargets } from "./host-faults.ts";
import { Invariants } from "./invariants.ts";
import type { FaultOutcome, SimulationOutcome } from "./outcome.ts";
import type { BoardScenario } from "./scenario.ts";
import type { Moment } from "./strikes.ts";
import { VirtualBoard } from "./virtual-board.ts";
import type { VirtualHostClocks, VirtualProcess } from "./virtual-process.ts";
import type { VirtualTime } from "./virtual-time.ts";

export interface SimulatedBoardParts {
  readonly index: number;
  readonly seed: number;
  readonly scenario: BoardScenario;
  /** Its rig's name. */
  readonly name: string;
  readonly time: VirtualTime;
  readonly clocks: VirtualHostClocks;
  readonly log: EventLog;
  readonly random: Random;
  targets(): FaultTargets;
  process(): VirtualProcess;
  /** The operator has asked for the end. */
  stopping(): boolean;
  published(update: HubUpdate): void;
  came(moment: Moment, index: number): void;
  faulted(process: VirtualProcess, board: SimulatedBoard): void;
  /** A fault has begun; of the host or the network it is everybody's. */
  struck(name: FaultName): void;
}

export class SimulatedBoard {
  readonly name: string;
  readonly scenario: BoardScenario;
  readonly board: VirtualBoard;
  readonly injection: FaultInjection<Place>;
  readonly watch: DaemonWatch;
  readonly invariants: Invariants;
  readonly #noticedNs: number[] = [];
  readonly #parts: SimulatedBoardParts;

  constructor(parts: SimulatedBoardParts) {
    this.#parts = parts;
    const { scenario, name, index, time, clocks, log, random, seed } = parts;
    this.name = name;
    this.scenario = scenario;
    const table = new FaultTable(scenario.faults.filter((spec) => carrierOf(spec) === null));
    this.invariants = new Invariants(() => time.nowNs, scenario.board === "s9");
    this.injection = new FaultInjection({
      time,
      log,
      table,
      targets: parts.targets,
      place: () => (parts.process().alive ? this.watch.place : "gone"),
      struck: parts.struck,
    });
    this.board = new VirtualBoard({
      time,
      clocks,
      faults: table,
      make: (as, faults) => makeTwin({ ...scenario, seed }, as, faults),
      log,
      random,
      onJob: () => this.invariants.jobSent(),
    });
    this.watch = new DaemonWatch({
      log,
      invariants: this.invariants,
      published: parts.published,
      came: (moment) => {
        this.injection.came(moment);
        parts.came(moment, index);
      },
      faulted: (process) => parts.faulted(process, this),
      complained: () => {
        if (!parts.stopping()) this.#noticedNs.push(time.nowNs);
      },
    });
  }

  schedule(): void {
    this.injection.schedule(this.scenario.faults);
    this.injection.wait(this.scenario.strikes ?? []);
  }

  /** Another process, with this configuration. */
  begun(config: Config): void {
    this.watch.begun();
    this.invariants.limited(config.limits);
  }

  complained(): void {
    this.#noticedNs.push(this.#parts.time.nowNs);
  }

  /** Its own faults, with what came of each. */
  outcomes(): FaultOutcome[] {
    return this.injection.struck.map(({ spec, struckIn }) => ({
      spec,
      struckIn,
      noticed: struckIn !== null && this.#noticedNs.some((ns) => ns >= (spec.atMs ?? 0) * 1e6),
    }));
  }
}

/** Each board draws on its own; the first as when it is alone. */
export function randomOfBoard(seed: number, index: number): Random {
  return splitmix64(BigInt(seed) * 1000n + BigInt(index === 0 ? 2 : 20 + index));
}

export type SimulatedBoards = readonly [SimulatedBoard, ...SimulatedBoard[]];

type BoardsOutcome = Pick<SimulationOutcome, "endState" | "ran" | "faults" | "msToSafe" | "neighbours" | "endedSafe" | "violations">;

/** What came of the first board and of those beside it. */
export function outcomeOf(boards: SimulatedBoards): BoardsOutcome {
  const [{ invariants: first, watch }, ...neighbours] = boards;
  return {
    endState: first.state,
    ran: watch.ran,
    faults: boards.flatMap((board) => board.outcomes()),
    msToSafe: first.msToSafe,
    neighbours: neighbours.map(({ name, invariants, watch: { ran } }) => ({ name, endState: invariants.state, ran })),
    endedSafe: boards.every(({ board }) => !board.truth().running && !board.truth().supplyOn),
    violations: boards.flatMap(({ name, invariants: { violations } }) =>
      neighbours.length === 0 ? violations : violations.map((each) => ({ ...each, what: `${name}: ${each.what}` })),
    ),
  };
}
