/** One seed: the whole daemon on a twin in virtual time, with what goes wrong, watched from outside until it has ended. */
import { rmSync } from "node:fs";
import { AsicError, explain } from "../../common/errors.ts";
import { type Random, splitmix64 } from "../../common/random.ts";
import type { HubUpdate } from "../../telemetry/hub.ts";
import type { FaultName } from "../../twin/index.ts";
import type { Config } from "../config/schema.ts";
import { EventLog } from "./event-log.ts";
import { KilledStore } from "./killed-store.ts";
import { Ledger } from "./ledger.ts";
import { clearLatched, hashedAgain, latchedCodes } from "./left-behind.ts";
import { Operator } from "./operator.ts";
import type { SimulationOutcome } from "./outcome.ts";
import { boardNamesOf, type Scenario } from "./scenario.ts";
import { outcomeOf, randomOfBoard, SimulatedBoard, type SimulatedBoards } from "./simulated-board.ts";
import { type DaemonEnd, runSimulatedDaemon } from "./simulated-daemon.ts";
import { SimulatedFile } from "./simulated-file.ts";
import type { SimulationOptions } from "./simulation-options.ts";
import type { VirtualBoard } from "./virtual-board.ts";
import { VirtualBroker } from "./virtual-broker.ts";
import { type HostState, VirtualHost } from "./virtual-host.ts";
import { VirtualHostClocks, VirtualProcess } from "./virtual-process.ts";
import { VirtualTime } from "./virtual-time.ts";
import { workingFolder } from "./working-folder.ts";

export type { Bench, SimulationOptions } from "./simulation-options.ts";

/** How often the observer looks at board and database, ms. */
const LOOK_MS = 50;
/** A daemon that could not start is started again, as its service unit does. */
const RESTART_MS = 5_000;
/** Ramping down, switching off, closing the record: longer than that and it hangs. */
const END_MS = 90_000;

/**
 * Runs a scenario to its end. Rejects only when the simulation itself is at fault. Same scenario, same outcome. One at a time in a process: it
 * works in a folder of its own, for the record's path is in messages and must be the same every time.
 */
export async function simulate(scenario: Scenario, options: SimulationOptions = {}): Promise<SimulationOutcome> {
  const before = process.cwd();
  const folder = workingFolder();
  process.chdir(folder);
  try {
    return await new Simulation(scenario, "telemetry.db", options).run();
  } finally {
    process.chdir(before);
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Faults of the host that can take every board down; the others must not take any. */
const HARMS_ALL: readonly FaultName[] = ["killed", "event-loop-blocked", "disk-full", "disk-slow", "fd-exhausted"];

class Simulation {
  readonly #scenario: Scenario;
  readonly #storePath: string;
  readonly #file: SimulatedFile;
  readonly #watched: boolean;
  readonly #remembers: boolean;
  readonly #guestStaysMs: number | undefined;
  readonly #random: (stream: number) => Random;
  readonly #time: VirtualTime;
  readonly #clocks: VirtualHostClocks;
  readonly #log: EventLog;
  readonly #boards: SimulatedBoards;
  readonly #broker: VirtualBroker;
  readonly #ledger: Ledger;
  readonly #operator: Operator;
  readonly #state: HostState = {
    disk: { trouble: null, delayMs: 0 },
    descriptorsGone: false,
    clientBytesPerS: null,
    clientsHalfOpen: false,
  };
  #process: VirtualProcess;
  #host: VirtualHost | null = null;
  #stop = new AbortController();
  #processes = 0;
  /** What the process of the moment was started with. */
  #configs: readonly [Config, ...Config[]];
  #reload: () => void = () => {};
  /** The operator has asked for the end. */
  #stopping = false;
  #stoppedNs = Number.POSITIVE_INFINITY;
  #ended = false;
  #endedNs: number | null = null;
  readonly #lingerMs: number;
  #runningMs = 0;

  constructor(
    scenario: Scenario,
    storePath: string,
    { write, meddle, published = () => {}, lingerMs = 0, withoutWatchdog = false, withoutLedger = false, guestStaysMs }: SimulationOptions,
  ) {
    this.#lingerMs = lingerMs;
    this.#watched = !withoutWatchdog;
    this.#remembers = !withoutLedger;
    this.#guestStaysMs = guestStaysMs;
    this.#scenario = scenario;
    this.#storePath = storePath;
    this.#file = new SimulatedFile(scenario, storePath);
    this.#configs = this.#file.whole();
    this.#random = (stream) => splitmix64(BigInt(scenario.seed) * 1000n + BigInt(stream));
    this.#time = new VirtualTime(this.#random(1));
    this.#clocks = new VirtualHostClocks(this.#time);
    this.#log = new EventLog(() => this.#time.nowNs, write);
    this.#broker = new VirtualBroker(this.#log, this.#random(3));
    this.#broker.maySocket = () => !this.#state.descriptorsGone;
    this.#ledger = new Ledger(storePath);
    this.#boards = this.#makeBoards(published);
    this.#operator = new Operator({
      time: this.#time,
      log: this.#log,
      broker: this.#broker,
      ledger: this.#ledger,
      storePath,
      file: this.#file,
      boards: this.#boards,
      host: () => this.#host,
      process: () => this.#process,
      stopping: () => this.#stopping,
      reload: () => this.#process.soon("io", 0, () => this.#reload()),
      wallMs: () => this.#clocks.wallMs(),
    });
    this.#process = this.#newProcess();
    meddle?.({
      time: this.#time,
      board: this.#boards[0].board,
      broker: this.#broker,
      storePath,
      process: () => this.#process,
      strike: (spec, forMs) => this.#boards[0].injection.strike(spec, forMs),
      stop: () => this.#operatorStops(),
    });
  }

  #makeBoards(published: (update: HubUpdate, board: string) => void): SimulatedBoards {
    const { seed, neighbours = [] } = this.#scenario;
    const boards = [this.#scenario, ...neighbours].map((scenario, index) => {
      const { rig: name } = this.#configs[index] as Config;
      return new SimulatedBoard({
        index,
        seed: seed + index,
        scenario,
        name,
        time: this.#time,
        clocks: this.#clocks,
        log: this.#log,
        random: randomOfBoard(seed, index),
        targets: () => this.#targets(),
        process: () => this.#process,
        stopping: () => this.#stopping,
        published: (update) => published(update, name),
        came: (moment, at) => this.#operator.came(moment, at),
        faulted: (process, board) => this.#seeTo(process, board),
        struck: (fault) => {
          for (const [at, { invariants }] of this.#boards.entries()) if (at === index || HARMS_ALL.includes(fault)) invariants.harmed();
        },
      });
    }) as unknown as SimulatedBoards;
    if (boards.length > 1) for (const { invariants } of boards) invariants.mustGoOn();
    return boards;
  }

  async run(): Promise<SimulationOutcome> {
    const onRejection = (error: unknown) => this.#crashed(error);
    process.on("unhandledRejection", onRejection);
    try {
      this.#schedule();
      this.#start();
      const over = () => this.#isOver() || this.#time.nowNs > this.#stoppedNs + END_MS * 1e6;
      const went = await this.#time.pass(over, (error) => this.#crashed(error));
      if (!went) this.#broken("ends", "nothing was left to happen, and the daemon had not ended");
      else if (!this.#ended) this.#broken("ends", `the daemon had not ended ${END_MS / 1000} s after it was asked to`);
      this.#look();
      this.#process.end();
      await this.#host?.dropStore();
      return await this.#outcome();
    } finally {
      process.off("unhandledRejection", onRejection);
      this.#ledger.close();
    }
  }

  #schedule(): void {
    const { durationMs, emergencyOffAtMs, orders = [] } = this.#scenario;
    for (const board of this.#boards) board.schedule();
    this.#operator.schedule(orders);
    if (emergencyOffAtMs !== null) this.#time.at(emergencyOffAtMs * 1e6, () => this.#pressEmergencyOff());
    this.#time.at(durationMs * 1e6, () => this.#operatorStops());
    const look = () => {
      this.#look();
      this.#time.after(LOOK_MS, look);
    };
    look();
  }

  #pressEmergencyOff(): void {
    for (const { invariants } of this.#boards) invariants.harmed();
    this.#host?.pressEmergencyOff();
  }

  /** What is about no board more than another. */
  #broken(rule: string, what: string): void {
    this.#boards[0].invariants.broken(rule, what);
  }

  #isOver(): boolean {
    if (!this.#ended) return false;
    this.#endedNs ??= this.#time.nowNs;
    return this.#time.nowNs >= this.#endedNs + this.#lingerMs * 1e6;
  }

  #operatorStops(): void {
    if (this.#stopping) return;
    this.#log.add("operator", "stop");
    this.#stopping = true;
    this.#stoppedNs = this.#time.nowNs;
    if (this.#process.alive) this.#stop.abort(new AsicError("STOPPED", "Stopped by the operator.", ""));
    else this.#ended = true;
  }

  #targets() {
    return {
      state: this.#state,
      broker: this.#broker,
      stepWallClock: (ms: number) => this.#clocks.step(ms),
      block: (ms: number) => this.#process.block(ms),
      kill: (restartMs: number) => this.#kill(restartMs),
      viewers: () => this.#host?.viewers ?? [],
    };
  }

  #newProcess(): VirtualProcess {
    return new VirtualProcess(this.#time, this.#clocks, this.#random(100 + this.#processes++));
  }

  #start(): void {
    const process = this.#process;
    this.#log.add("daemon", `starts as process ${this.#processes}`);
    this.#configs = this.#file.whole();
    for (const [at, board] of this.#boards.entries()) board.begun(this.#configs[at] as Config);
    this.#stop = new AbortController();
    const { signal } = this.#stop;
    const host = new VirtualHost({
      process,
      time: this.#time,
      watched: this.#watched,
      board: this.#boards[0].board,
      boardAt: (path) => this.#boardAt(path).board,
      broker: this.#broker,
      random: this.#random(10_000 + this.#processes),
      state: this.#state,
      guestStaysMs: this.#guestStaysMs,
    });
    this.#host = host;
    this.#reload = () => {};
    runSimulatedDaemon(
      {
        configs: this.#configs,
        file: this.#file,
        signal,
        ready: (at, hub) => this.#boards[at]?.watch.follow(hub, process),
        limited: (at, limits) => this.#boards[at]?.invariants.limited(limits),
        planDone: () => this.#log.add("daemon", "plan done"),
        follows: (reload) => {
          this.#reload = reload;
        },
      },
      host.host,
    ).then(
      (faults) => this.#over(process, faults),
      (error: unknown) => this.#couldNotStart(process, error),
    );
  }

  #boardAt(path: string): SimulatedBoard {
    const at = boardNamesOf(this.#scenario).indexOf(path.split("/")[0] as string);
    return this.#boards[at] ?? this.#boards[0];
  }

  /** The daemon came to its end by itself. */
  #over(process: VirtualProcess, faults: DaemonEnd): void {
    if (!process.alive) return;
    for (const [at, { board, invariants }] of this.#boards.entries()) {
      const fault = faults[at] ?? null;
      this.#log.add("daemon", `ends: ${fault ? explain(fault) : "no fault"}`);
      board.advance();
      invariants.ended(board.truth(), this.#canAct(board));
      this.#lookAtBroker(this.#configs[at] as Config);
    }
    process.end();
    if (this.#stopping || this.#scenario.person === undefined) {
      this.#ended = true;
      return;
    }
    for (const board of this.#boards) this.#clear(board);
    this.#restartIn(RESTART_MS);
  }

  #lookAtBroker({ mqtt, rig }: Config): void {
    const availability = this.#broker.retained.get(`${mqtt.base}/${rig}/availability`);
    if (this.#broker.works && availability === "online")
      this.#broken("offline-at-the-end", "the daemon has ended, and the broker tells everyone that it is online");
  }

  /** What a person does about a daemon that is in fault. */
  #seeTo(process: VirtualProcess, board: SimulatedBoard): void {
    const { person } = this.#scenario;
    if (person === undefined) return;
    this.#time.after(person.afterMs, () => {
      if (!process.alive || this.#stopping || board.invariants.state !== "fault") return;
      // The daemon itself brings up a board whose faults are cleared. What did not latch lasts as long as the process.
      if (!person.restarts && this.#clear(board)) return;
      this.#log.add("operator", "ends the daemon that is in fault");
      this.#stop.abort(new AsicError("STOPPED", "Stopped by the operator.", ""));
    });
  }

  #clear({ name: rig }: SimulatedBoard): boolean {
    const cleared = clearLatched(rig, this.#storePath, this.#clocks.wallMs());
    this.#log.add("operator", `clears ${cleared.join(", ") || "nothing"}`);
    return cleared.length > 0;
  }

  #couldNotStart(process: VirtualProcess, error: unknown): void {
    if (!process.alive) return;
    this.#log.add("daemon", `could not start: ${explain(error)}`);
    for (const board of this.#boards) board.complained();
    const { descriptorsGone, disk } = this.#state;
    if (!descriptorsGone && disk.trouble === null)
      this.#broken("starts", `nothing kept the daemon from starting, and it did not: ${explain(error)}`);
    process.end();
    this.#restartIn(RESTART_MS);
  }

  #restartIn(ms: number): void {
    if (this.#stopping) {
      this.#ended = true;
      return;
    }
    this.#time.after(ms, () => {
      if (this.#stopping) return;
      this.#process = this.#newProcess();
      this.#start();
    });
  }

  #kill(restartMs: number): void {
    const process = this.#process;
    if (!process.alive) return;
    this.#ledger.look((line) => this.#log.add("commit", line));
    const left = new KilledStore(this.#storePath);
    const { disk } = this.#state;
    const before = disk.trouble;
    // Nothing more reaches the file, whatever the store's last will is.
    disk.trouble = "full";
    process.end();
    void this.#host?.dropStore().then(() => {
      disk.trouble = before;
      this.#ledger.close();
      left.restore();
      for (const difference of this.#ledger.differences()) this.#broken("committed-rows-stay", difference);
    });
    this.#restartIn(restartMs);
  }

  #canAct(board: VirtualBoard): boolean {
    const { alive, blocked } = this.#process;
    return alive && !blocked && !this.#state.descriptorsGone && board.controlWorks && board.isKnownTo(this.#process);
  }

  #look(): void {
    for (const { board } of this.#boards) board.advance();
    if (this.#remembers) this.#ledger.look((line) => this.#log.add("commit", line));
    if (this.#process.alive && this.#boards[0].invariants.state === "running") this.#runningMs += LOOK_MS;
    for (const { board, invariants } of this.#boards) {
      const canAct = this.#canAct(board);
      invariants.look({ truth: board.truth(), canAct, canSwitchSupply: canAct && board.busWorks });
    }
    for (const { complaint } of this.#host?.viewers ?? []) if (complaint !== null) this.#broken("viewers-see-no-gap", complaint);
  }

  #crashed(error: unknown): void {
    // What a killed process's code still does in memory is nobody's business.
    if (!this.#process.alive) return;
    this.#broken("no-unhandled-error", error instanceof Error ? (error.stack ?? error.message) : String(error));
    this.#host?.crash(error);
  }

  async #outcome(): Promise<SimulationOutcome> {
    for (const difference of this.#ledger.differences()) this.#broken("committed-rows-stay", difference);
    const broken = (what: string) => this.#broken("nonces-verify", what);
    const nonces = this.#ledger.rows === 0 ? 0 : await hashedAgain(this.#storePath, broken);
    return {
      scenario: this.#scenario,
      fingerprint: this.#log.fingerprint(),
      events: this.#log.lines,
      virtualMs: this.#time.nowNs / 1e6,
      runningMs: this.#runningMs,
      ...outcomeOf(this.#boards),
      committedRows: this.#ledger.rows,
      nonces,
      latched: this.#boards.flatMap(({ name }) => latchedCodes(name, this.#storePath)),
    };
  }
}
