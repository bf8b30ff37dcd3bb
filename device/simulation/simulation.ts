/** One seed: the whole daemon on a twin in virtual time, with what goes wrong, watched from outside until it has ended. */
import { rmSync } from "node:fs";
import { AsicError, explain } from "../../common/errors.ts";
import { type Random, splitmix64 } from "../../common/random.ts";
import type { Hub, HubUpdate } from "../../telemetry/hub.ts";
import { type FaultSpec, FaultTable } from "../../twin/index.ts";
import type { Config } from "../config/schema.ts";
import { runDaemon } from "../daemon.ts";
import { makeTwin } from "./board-truth.ts";
import type { Place } from "./coverage.ts";
import { DaemonWatch } from "./daemon-watch.ts";
import { EventLog } from "./event-log.ts";
import { FaultInjection } from "./fault-injection.ts";
import { carrierOf } from "./host-faults.ts";
import { Invariants } from "./invariants.ts";
import { KilledStore } from "./killed-store.ts";
import { Ledger } from "./ledger.ts";
import { clearLatched, hashedAgain, latchedCodes } from "./left-behind.ts";
import type { SimulationOutcome } from "./outcome.ts";
import { configOf, type Scenario } from "./scenario.ts";
import { VirtualBoard } from "./virtual-board.ts";
import { VirtualBroker } from "./virtual-broker.ts";
import { type HostState, VirtualHost } from "./virtual-host.ts";
import { VirtualHostClocks, VirtualProcess } from "./virtual-process.ts";
import { VirtualTime } from "./virtual-time.ts";
import { workingFolder } from "./working-folder.ts";

/** How often the observer looks at board and database, ms. */
const LOOK_MS = 50;
/** A daemon that could not start is started again, as its service unit does. */
const RESTART_MS = 5_000;
/** Ramping down, switching off, closing the record: longer than that and it hangs. */
const END_MS = 90_000;

/** The world under a daemon, for who wants to meddle with it. */
export interface Bench {
  readonly time: VirtualTime;
  readonly board: VirtualBoard;
  readonly broker: VirtualBroker;
  readonly storePath: string;
  /** The daemon's process of the moment. */
  process(): VirtualProcess;
  /** Begins a fault now that is in no schedule; it ends after `forMs`. */
  strike(spec: Omit<FaultSpec, "atMs" | "untilMs">, forMs: number): void;
  /** The operator asks the daemon to end, before the scenario's time. */
  stop(): void;
}

export interface SimulationOptions {
  /** Called before anything happens. Tests plant what the observer must see. */
  readonly meddle?: (bench: Bench) => void;
  /** Tests of the other layers take the watchdog away. */
  readonly withoutWatchdog?: boolean;
  /** What was committed is not kept in mind to be compared: that takes memory by the row. */
  readonly withoutLedger?: boolean;
  /** Gets every line of the event log. */
  readonly write?: (line: string) => void;
  /** Goes on for so long after the daemon has ended: what a board does that was left to itself. */
  readonly lingerMs?: number;
  /** Gets what the daemon publishes. */
  readonly published?: (update: HubUpdate) => void;
}

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

class Simulation {
  readonly #scenario: Scenario;
  readonly #config: Config;
  readonly #watched: boolean;
  readonly #remembers: boolean;
  readonly #random: (stream: number) => Random;
  readonly #time: VirtualTime;
  readonly #clocks: VirtualHostClocks;
  readonly #log: EventLog;
  readonly #watch: DaemonWatch;
  readonly #injection: FaultInjection<Place>;
  readonly #board: VirtualBoard;
  readonly #broker: VirtualBroker;
  readonly #ledger: Ledger;
  readonly #invariants: Invariants;
  readonly #state: HostState = {
    disk: { trouble: null, delayMs: 0 },
    descriptorsGone: false,
    clientBytesPerS: null,
    clientsHalfOpen: false,
  };
  readonly #noticedNs: number[] = [];
  #process: VirtualProcess;
  #host: VirtualHost | null = null;
  #stop = new AbortController();
  #processes = 0;
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
    { write, meddle, published = () => {}, lingerMs = 0, withoutWatchdog = false, withoutLedger = false }: SimulationOptions,
  ) {
    this.#lingerMs = lingerMs;
    this.#watched = !withoutWatchdog;
    this.#remembers = !withoutLedger;
    this.#scenario = scenario;
    this.#config = configOf(scenario, storePath);
    this.#random = (stream) => splitmix64(BigInt(scenario.seed) * 1000n + BigInt(stream));
    this.#time = new VirtualTime(this.#random(1));
    this.#clocks = new VirtualHostClocks(this.#time);
    this.#log = new EventLog(() => this.#time.nowNs, write);
    const table = new FaultTable(scenario.faults.filter((spec) => carrierOf(spec) === null));
    this.#injection = new FaultInjection({
      time: this.#time,
      log: this.#log,
      table,
      targets: () => this.#targets(),
      place: () => (this.#process.alive ? this.#watch.place : "gone"),
    });
    this.#board = new VirtualBoard({
      time: this.#time,
      clocks: this.#clocks,
      faults: table,
      make: (as, faults) => makeTwin(scenario, as, faults),
      log: this.#log,
      random: this.#random(2),
      onJob: () => this.#invariants.jobSent(),
    });
    this.#broker = new VirtualBroker(this.#log, this.#random(3));
    this.#broker.maySocket = () => !this.#state.descriptorsGone;
    this.#ledger = new Ledger(storePath);
    this.#invariants = new Invariants(() => this.#time.nowNs, scenario.board === "s9");
    this.#watch = new DaemonWatch({
      log: this.#log,
      invariants: this.#invariants,
      published,
      came: (moment) => this.#injection.came(moment),
      faulted: (process) => this.#seeTo(process),
      complained: () => {
        if (!this.#stopping) this.#noticedNs.push(this.#time.nowNs);
      },
    });
    this.#process = this.#newProcess();
    meddle?.({
      time: this.#time,
      board: this.#board,
      broker: this.#broker,
      storePath,
      process: () => this.#process,
      strike: (spec, forMs) => this.#injection.strike(spec, forMs),
      stop: () => this.#operatorStops(),
    });
  }

  async run(): Promise<SimulationOutcome> {
    const onRejection = (error: unknown) => this.#crashed(error);
    process.on("unhandledRejection", onRejection);
    try {
      this.#schedule();
      this.#start();
      const over = () => this.#isOver() || this.#time.nowNs > this.#stoppedNs + END_MS * 1e6;
      const went = await this.#time.pass(over, (error) => this.#crashed(error));
      if (!went) this.#invariants.broken("ends", "nothing was left to happen, and the daemon had not ended");
      else if (!this.#ended) this.#invariants.broken("ends", `the daemon had not ended ${END_MS / 1000} s after it was asked to`);
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
    const { faults, strikes = [], durationMs, emergencyOffAtMs } = this.#scenario;
    this.#injection.schedule(faults);
    this.#injection.wait(strikes);
    if (emergencyOffAtMs !== null) this.#time.at(emergencyOffAtMs * 1e6, () => this.#host?.pressEmergencyOff());
    this.#time.at(durationMs * 1e6, () => this.#operatorStops());
    const look = () => {
      this.#look();
      this.#time.after(LOOK_MS, look);
    };
    look();
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
    this.#watch.begun();
    this.#stop = new AbortController();
    const { signal } = this.#stop;
    const host = new VirtualHost({
      process,
      time: this.#time,
      watched: this.#watched,
      board: this.#board,
      broker: this.#broker,
      random: this.#random(10_000 + this.#processes),
      state: this.#state,
    });
    this.#host = host;
    const onReady = (hub: Hub) => this.#watch.follow(hub, process);
    runDaemon(
      { config: this.#config, dashboardDir: "", signal, once: false, onReady, onPlanDone: () => this.#log.add("daemon", "plan done") },
      host.host,
    ).then(
      ({ fault }) => this.#over(process, fault),
      (error: unknown) => this.#couldNotStart(process, error),
    );
  }

  /** The daemon came to its end by itself. */
  #over(process: VirtualProcess, fault: Error | null): void {
    if (!process.alive) return;
    this.#log.add("daemon", `ends: ${fault ? explain(fault) : "no fault"}`);
    this.#board.advance();
    this.#invariants.ended(this.#board.truth(), this.#canAct());
    const availability = this.#broker.retained.get(`${this.#config.mqtt.base}/${this.#config.rig}/availability`);
    if (this.#broker.works && availability === "online")
      this.#invariants.broken("offline-at-the-end", "the daemon has ended, and the broker tells everyone that it is online");
    process.end();
    if (this.#stopping || this.#scenario.person === undefined) {
      this.#ended = true;
      return;
    }
    this.#clear();
    this.#restartIn(RESTART_MS);
  }

  /** What a person does about a daemon that is in fault. */
  #seeTo(process: VirtualProcess): void {
    const { person } = this.#scenario;
    if (person === undefined) return;
    this.#time.after(person.afterMs, () => {
      if (!process.alive || this.#stopping || this.#invariants.state !== "fault") return;
      // The daemon itself brings up a board whose faults are cleared. What did not latch lasts as long as the process.
      if (!person.restarts && this.#clear()) return;
      this.#log.add("operator", "ends the daemon that is in fault");
      this.#stop.abort(new AsicError("STOPPED", "Stopped by the operator.", ""));
    });
  }

  #clear(): boolean {
    const cleared = clearLatched(this.#config, this.#clocks.wallMs());
    this.#log.add("operator", `clears ${cleared.join(", ") || "nothing"}`);
    return cleared.length > 0;
  }

  #couldNotStart(process: VirtualProcess, error: unknown): void {
    if (!process.alive) return;
    this.#log.add("daemon", `could not start: ${explain(error)}`);
    this.#noticedNs.push(this.#time.nowNs);
    const { descriptorsGone, disk } = this.#state;
    if (!descriptorsGone && disk.trouble === null)
      this.#invariants.broken("starts", `nothing kept the daemon from starting, and it did not: ${explain(error)}`);
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
    const left = new KilledStore(this.#config.store.path);
    const { disk } = this.#state;
    const before = disk.trouble;
    // Nothing more reaches the file, whatever the store's last will is.
    disk.trouble = "full";
    process.end();
    void this.#host?.dropStore().then(() => {
      disk.trouble = before;
      this.#ledger.close();
      left.restore();
      for (const difference of this.#ledger.differences()) this.#invariants.broken("committed-rows-stay", difference);
    });
    this.#restartIn(restartMs);
  }

  #canAct(): boolean {
    const { alive, blocked } = this.#process;
    return alive && !blocked && !this.#state.descriptorsGone && this.#board.controlWorks && this.#board.isKnownTo(this.#process);
  }

  #look(): void {
    this.#board.advance();
    if (this.#remembers) this.#ledger.look((line) => this.#log.add("commit", line));
    if (this.#process.alive && this.#invariants.state === "running") this.#runningMs += LOOK_MS;
    const canAct = this.#canAct();
    this.#invariants.look({ truth: this.#board.truth(), canAct, canSwitchSupply: canAct && this.#board.busWorks });
    for (const { complaint } of this.#host?.viewers ?? []) if (complaint !== null) this.#invariants.broken("viewers-see-no-gap", complaint);
  }

  #crashed(error: unknown): void {
    // What a killed process's code still does in memory is nobody's business.
    if (!this.#process.alive) return;
    this.#invariants.broken("no-unhandled-error", error instanceof Error ? (error.stack ?? error.message) : String(error));
    this.#host?.crash(error);
  }

  async #outcome(): Promise<SimulationOutcome> {
    for (const difference of this.#ledger.differences()) this.#invariants.broken("committed-rows-stay", difference);
    const { path: storePath } = this.#config.store;
    const broken = (what: string) => this.#invariants.broken("nonces-verify", what);
    const nonces = this.#ledger.rows === 0 ? 0 : await hashedAgain(storePath, broken);
    const truth = this.#board.truth();
    const faults = this.#injection.struck.map(({ spec, struckIn }) => ({
      spec,
      struckIn,
      noticed: struckIn !== null && this.#noticedNs.some((ns) => ns >= (spec.atMs ?? 0) * 1e6),
    }));
    return {
      scenario: this.#scenario,
      fingerprint: this.#log.fingerprint(),
      events: this.#log.lines,
      virtualMs: this.#time.nowNs / 1e6,
      runningMs: this.#runningMs,
      endState: this.#invariants.state,
      ran: this.#watch.ran,
      faults,
      msToSafe: this.#invariants.msToSafe,
      endedSafe: !truth.running && !truth.supplyOn,
      committedRows: this.#ledger.rows,
      nonces,
      latched: latchedCodes(this.#config),
      violations: this.#invariants.violations,
    };
  }
}
