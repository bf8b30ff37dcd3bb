/**
 * One board and its chips, from cold to running and back. Owns the order of things: states, the power turn, the sentinel's watch and
 * the flow of jobs. Says what happens through `RigEvents`; knows nothing of databases, networks or particular boards.
 */
import type { Clock } from "../common/clock.ts";
import { DriverError, explain } from "../common/errors.ts";
import type { Board, BoardIdentity, BoardLimits } from "../drivers/boards/board.ts";
import { Lease } from "../drivers/boards/lease.ts";
import type { DeviceState, SetPoint } from "../telemetry/messages.ts";
import type { Config } from "./config/schema.ts";
import { FanDrive } from "./fan-drive.ts";
import type { Chain, Hardware, WorkDialogue, WorkDialogueOptions } from "./hardware/hardware.ts";
import type { WorkPass } from "./hardware/work-pass.ts";
import { faultIn, passWhileOff } from "./passed-evaluation.ts";
import { PowerTurn } from "./power-turn.ts";
import type { RigEvents } from "./rig-events.ts";
import { RigLimits } from "./rig-limits.ts";
import { RigState, requireSafe } from "./rig-state.ts";
import { ATTEMPT_MS, SafeBoard, stillOnError } from "./safe-board.ts";
import { NO_SAFEGUARDS, type SafeguardKinds, Safeguards } from "./safeguards.ts";
import type { Decision } from "./sentinel/decide.ts";
import { fanSettings } from "./sentinel/fan.ts";
import { SentinelWatch } from "./sentinel/watch.ts";
import { SetPoints } from "./set-points.ts";
import { WorkFlow } from "./work-flow.ts";

/**
 * Outputs are written only while the sentinel goes on passing the board: fifty of its evaluations missed, and nothing is set any more.
 * GUESS, above the one-second time-out of a bridge that does not answer; a PIC waits ten seconds by itself (specs/bm1387.md 4.1).
 */
const LEASE_MS = 5_000;
/** The watchdog's lasts longer: by the time it acts, this program may write nothing any more that would switch anything on. GUESS. */
const WATCHDOG_LEASE_MS = LEASE_MS + 1_000;

/** A board that goes off at once is off by then. */
const LATCH_WITHIN_MS = 5_000;

export class Rig {
  readonly #config: Config;
  readonly #clock: Clock;
  readonly #events: RigEvents;
  readonly #openHardware: (lease: Lease) => Promise<Hardware>;
  readonly #lease: Lease;
  readonly #safeguards: Safeguards;
  #hardware: Hardware | null = null;
  #identity: BoardIdentity | null = null;
  readonly #limits: RigLimits;
  #watch: SentinelWatch | null = null;
  #chain: Chain | null = null;
  readonly #state: RigState;
  #fan: FanDrive | null = null;
  readonly #work: WorkFlow;
  readonly #setPoints: SetPoints;
  readonly #powerTurn = new PowerTurn();
  readonly #safe: SafeBoard;
  #faulted = new AbortController();
  readonly #ended = new AbortController();
  constructor(
    config: Config,
    clock: Clock,
    events: RigEvents,
    openHardware: (lease: Lease) => Promise<Hardware>,
    safeguards: SafeguardKinds = NO_SAFEGUARDS,
  ) {
    this.#lease = new Lease(clock, LEASE_MS);
    this.#config = config;
    this.#limits = new RigLimits(config);
    this.#state = new RigState(clock, (state, reason) => events.state(state, reason));
    this.#clock = clock;
    this.#events = events;
    this.#openHardware = openHardware;
    this.#safeguards = new Safeguards(safeguards, config, WATCHDOG_LEASE_MS, {
      tripped: (why) =>
        this.fail(new DriverError("WATCHDOG", `The watchdog switched the board off: ${why}.`, "Find out what kept this host busy.")),
      log: (text) => events.log("warning", text),
    });
    this.#work = new WorkFlow({
      clock,
      lease: this.#lease,
      jobs: (jobs) => events.jobs(jobs),
      failed: (error) => this.fail(error),
      note: (text) => events.log("info", text),
    });
    this.#setPoints = new SetPoints({
      lease: this.#lease,
      powerTurn: this.#powerTurn,
      limits: () => this.limits,
      chain: () => this.chain,
      board: () => this.board,
      requireRunning: () => this.#state.requireRunning(),
      toldCoreVoltage: (mv) => this.#watch?.noteCoreVoltage(mv),
      noted: (setPoint) => events.setPoint(setPoint),
    });
    this.#safe = new SafeBoard({
      clock,
      lease: this.#lease,
      powerTurn: this.#powerTurn,
      hardware: () => this.#hardware,
      reopen: () => this.#reopen(),
      closePorts: () => this.#closePorts(),
      energised: () => this.#watch?.energised ?? false,
      defer: (ms) => this.#safeguards.defer(ms),
      switchedOff: () => this.#noteOff(),
      log: (level, text) => events.log(level, text),
    });
  }

  get state(): DeviceState {
    return this.#state.now;
  }
  get setPoint(): SetPoint | null {
    return this.#setPoints.now;
  }
  get limits(): BoardLimits {
    return this.#state.present(this.#limits.now);
  }
  get chain(): Chain {
    return this.#state.present(this.#chain);
  }
  get board(): Board {
    return this.#state.present(this.#hardware).board;
  }
  /** The board was put into reset by this rig, and has obeyed when its supply was switched off. False where nobody can tell. */
  get knownOff(): boolean {
    return this.#identity !== null && this.#watch !== null && !this.#watch.energised && this.#safe.stillOn === null;
  }
  /** What the chips should hash at a core clock, GH/s; 0 before the board is opened. */
  expectedGhs(frequencyMhz: number): number {
    return this.#hardware?.expectedGhs(frequencyMhz) ?? 0;
  }
  /** Core numbers that a chip's nonces can name; empty before the board is opened. */
  get cores(): readonly number[] {
    return this.#hardware?.cores ?? [];
  }
  /** Aborts when the rig went into fault; the reason is the error. */
  get faulted(): AbortSignal {
    return this.#faulted.signal;
  }

  /** Opens the ports, finds out what board it is and whether its sensors answer. Nothing is energised. */
  async open(): Promise<void> {
    const hardware = await this.#openHardware(this.#lease);
    this.#hardware = hardware;
    hardware.onLost((reason) => this.fail(reason));
    this.#safeguards.prepare();
    // Whatever a former process left behind: chips into reset before anything else.
    await hardware.board.setReset(true);
    this.#identity = await hardware.board.probe();
    this.#events.board(this.#identity, null);
    this.#state.enter("identified", `${this.#identity.model} with ${this.#identity.regulator}`);
    const limits = this.#limits.setFor(hardware.board.limits, this.#config.setPoint);
    const watch = new SentinelWatch(hardware.board, limits, this.#clock, hardware, {
      looked: (readings, decision) => this.#events.readings(readings, decision, this.#fan?.percent ?? null),
      decided: (decision, nowNs) => this.#obey(decision, nowNs),
      lost: (error) => this.fail(error),
      frequencyMhz: () => this.#chain?.frequencyMhz ?? null,
      trouble: (text) => this.#events.log("warning", text),
    });
    this.#watch = watch;
    this.#fan = new FanDrive(hardware.board, fanSettings(limits, this.#config.board.kind), this.#clock, (percent) =>
      watch.noteFan(percent),
    );
    await watch.look();
    requireSafe(watch.mayEnergise());
    this.#state.enter("limits-verified", "sensors answer and the set-point is within the limits");
    watch.start();
  }

  /**
   * Other limits from the configuration, in force at once for the sentinel, the fan and every set-point from here on. ConfigError LIMIT_TOO_LOOSE against
   * the board's own, SETPOINT_REFUSED where the present set-point would be outside: then nothing is changed.
   */
  setLimits(wanted: Config["limits"]): void {
    if (this.#hardware === null) {
      this.#limits.want(wanted);
      return;
    }
    const watched = this.#limits.setFor(this.#hardware.board.limits, this.setPoint ?? this.#config.setPoint, wanted);
    this.#watch?.setLimits(watched);
    if (this.#watch?.energised) this.#safeguards.watch(this.#hardware, watched);
    this.#fan?.setSettings(fanSettings(watched, this.#config.board.kind));
  }

  /** Powers the board, brings the chain up to the configured set-point and starts the flow of jobs. */
  async bringUp(signal?: AbortSignal): Promise<void> {
    this.#safeguards.requireNoFault();
    this.#state.enter("armed", "about to switch the core supply on");
    await this.#energise(this.#config.setPoint, signal);
  }

  /**
   * Off and on again at a set-point known to be good: for chips that stopped answering (a brown-out resets them). Jobs sent before are
   * forgotten with the chain; the ports and the sentinel stay.
   */
  async restart(reason: string, setPoint: SetPoint, signal?: AbortSignal): Promise<void> {
    this.#state.requireRunning();
    this.#work.stop();
    this.#state.enter("cooling", reason);
    this.#leaveChain();
    await this.#powerTurn.take(() => {
      this.#safeguards.defer(ATTEMPT_MS);
      return this.#state.present(this.#hardware).powerDown();
    });
    this.#noteOff();
    this.#state.enter("armed", "about to switch the core supply on again");
    await this.#energise(setPoint, signal);
  }

  /** A new job now, so that what comes next belongs to it. */
  async freshJob(): Promise<void> {
    await this.#work.fresh();
  }

  /**
   * One job at a time, each upon the answer to the one before, until the dialogue is stopped; then the steady flow of jobs goes on. The sentinel's
   * lease covers it. DriverError DIALOGUE_REFUSED where jobs do not wait for answers.
   */
  startDialogue(options: WorkDialogueOptions): WorkDialogue {
    this.#state.requireRunning();
    return this.#work.startDialogue(options);
  }

  /** Whether this board replays the works of its pump instead of a job. */
  get replaysWorks(): boolean {
    return this.#work.replays;
  }

  /** The same works once more, from the first one on, under the sentinel's lease; the flow then goes on. DriverError NOT_RUNNING where none can be replayed. */
  async workAgain(signal?: AbortSignal): Promise<WorkPass> {
    this.#state.requireRunning();
    return this.#work.again(signal);
  }

  /**
   * Moves to a set-point: voltage first when going up in frequency, last when coming down, so that no intermediate point is
   * harder on the chip than both ends. Every knob is read back. SETPOINT_REFUSED outside the limits, before anything is written.
   */
  apply(wanted: SetPoint, signal?: AbortSignal): Promise<SetPoint> {
    return this.#setPoints.apply(wanted, signal);
  }

  /** The core voltage alone; resolves with what the regulator reads back, mV. */
  setCoreVoltage(coreVoltageMv: number): Promise<number> {
    return this.#setPoints.setCoreVoltage(coreVoltageMv);
  }

  /**
   * Each chip to a clock of its own; resolves with those that read back, MHz. Every one must be within the limits at the present voltage.
   * DriverError SETPOINT_REFUSED, also where chips share one clock.
   */
  setChipFrequencies(frequenciesMhz: readonly number[], signal?: AbortSignal): Promise<readonly number[]> {
    return this.#setPoints.setChipFrequencies(frequenciesMhz, signal);
  }

  /**
   * Everything off: jobs, frequency (left out with `ramp: false`, it takes seconds), supply, ports. Never throws: what could not be done
   * is logged. A board that does not obey within twenty seconds leaves the state at `fault`, its ports open, and goes on being asked until end().
   * Safe to call at any time, more than once.
   */
  async shutDown(reason: string, { ramp = true } = {}): Promise<void> {
    this.#work.stop();
    if (this.state !== "fault" && this.state !== "cold") {
      this.#state.enter("cooling", reason);
      const ramped = this.#chain && ramp ? await this.#attempt("ramp down", this.#chain.shutDownSequence()) : null;
      if (ramped && !ramped.completed)
        this.#events.log("warning", `could not ramp down below ${ramped.frequencyMhz} MHz: ${explain(ramped.reason)}`);
    }
    this.#watch?.stop();
    await this.#watch?.ended();
    await this.#safe.makeWithin();
    this.#leaveChain();
    if (this.#safe.stillOn !== null) {
      this.fail(stillOnError(this.#safe.stillOn));
      return;
    }
    await this.#closePorts();
    if (this.state === "cooling") this.#state.enter("cold", reason);
    // Stopped before its board was found: it says why it is cold, too.
    else if (this.state === "cold") this.#state.remain(reason);
  }

  /** The program is about to end: a board that still does not obey is asked once more, and the ports are closed. Never throws. */
  async end(): Promise<void> {
    this.#ended.abort();
    await this.#safe.leave();
    await this.#closePorts();
    this.#safeguards.close();
  }

  async #closePorts(): Promise<void> {
    // A board that is still on keeps its watchdog: it has a last word when this program ends.
    if (this.#safe.stillOn === null) this.#safeguards.unwatch();
    if (this.#hardware) await this.#attempt("close the ports", this.#hardware.close());
    this.#hardware = null;
    this.#work.forget();
  }

  /** A person's order: off now, without the ramp. Resolves when the board is safe; STILL_ON when it does not obey, though it goes on being asked. */
  async emergencyOff(): Promise<void> {
    const order = new DriverError("EMERGENCY_OFF", "Emergency-off was pressed.", "Clear the fault when its cause is gone.");
    if (this.state === "fault") this.#safeguards.latchAgain(order);
    this.fail(order);
    await this.#safe.makeAtOnce();
  }

  /** From anywhere to safe, once. The state stays `fault`: only another rig takes its place. */
  fail(cause: unknown): void {
    if (this.state === "fault") return;
    const error = cause instanceof Error ? cause : new Error(String(cause));
    this.#work.stop();
    this.#state.enter("fault", explain(error));
    this.#events.log("error", explain(error));
    this.#watch?.stop();
    // First stop what is under way, then switch off: a bring-up must not release the reset after us.
    this.#faulted.abort(error);
    const safe = this.#safe.make();
    void passWhileOff({ passed: this.#events.passed, knownOff: () => this.knownOff, clock: this.#clock }, this.#ended.signal);
    // A board that does not obey must not keep its fault from the disk.
    const soon = Promise.race([safe, this.#clock.sleep(LATCH_WITHIN_MS)]).catch(() => {});
    this.#safeguards.latch(error, { readings: this.#watch?.evidence ?? null, setPoint: this.setPoint }, soon);
  }

  /** From armed to running. */
  async #energise(setPoint: SetPoint, signal: AbortSignal | undefined): Promise<void> {
    const hardware = this.#state.present(this.#hardware);
    const watch = this.#state.present(this.#watch);
    const stop = signal ? AbortSignal.any([signal, this.faulted]) : this.faulted;
    this.#events.activity("power on", 0, 1);
    const token = this.#state.issueToken();
    await this.#safeguards.arm(hardware, this.#state.present(this.#limits.sentinel));
    stop.throwIfAborted();
    this.#state.redeem(token, watch.mayEnergise());
    watch.noteSupply(true);
    this.#lease.acquire();
    const poweredMv = await this.#powerTurn.take(() => hardware.powerUp(setPoint, stop));
    stop.throwIfAborted();
    this.#fan?.noteFull();
    watch.noteCoreVoltage(poweredMv);
    this.#state.enter("energised", `core supply set to ${poweredMv} mV`);
    const chain = await hardware.bringUp({
      setPoint,
      firstJobSeq: this.#work.nextJobSeq,
      onProgress: (step, done, total) => this.#events.activity(step, done, total),
      signal: stop,
    });
    this.#chain = chain;
    stop.throwIfAborted();
    watch.noteCoreVoltage(setPoint.coreVoltageMv);
    this.#events.board(this.#state.present(this.#identity), { chips: chain.chips, chipId: chain.chipId.toString(16) });
    chain.onNonces((batch) => this.#events.nonces(batch));
    this.#setPoints.note({
      coreVoltageMv: setPoint.coreVoltageMv,
      frequencyMhz: chain.frequencyMhz,
      ticketDifficulty: chain.ticketDifficulty,
    });
    this.#state.enter("running", "chips enumerated, ramped and hashing");
    await this.#work.start(hardware, chain);
  }

  #noteOff(): void {
    this.#watch?.noteSupply(false);
    this.#safeguards.safe();
  }

  #leaveChain(): void {
    if (!this.#chain) return;
    this.#events.wire(this.#chain.counters(), this.#chain.chips);
    this.#chain.detach();
    this.#chain = null;
  }

  async #obey(decision: Decision, nowNs: bigint): Promise<void> {
    const state = this.#watch?.state ?? null;
    const fault = faultIn(decision, { lease: this.#lease, leaseMs: LEASE_MS, safeguards: this.#safeguards, nowNs, state });
    if (fault !== null) return this.fail(fault);
    if (this.#watch?.energised) {
      this.#lease.renew();
      this.#work.renewLease(LEASE_MS);
    }
    this.#events.passed?.();
    // On the way up the fan is at full: the temperature that it shall hold is still to come.
    const full = decision.action === "fan-full";
    if (full || this.state === "running") await this.#attempt("set the fan", this.#followFan(full));
  }

  async #followFan(full: boolean): Promise<void> {
    await this.#fan?.follow(this.#watch?.state.readings ?? null, full);
  }

  /** Single-use ports that were lost are replaced; whatever board is there now is put in reset and looked at, so that it can be switched off. */
  async #reopen(): Promise<void> {
    // Its copy of the old port would keep the new one from having the same name.
    this.#safeguards.unwatch();
    await this.#hardware?.close().catch(() => {});
    const hardware = await this.#openHardware(this.#lease);
    this.#hardware = hardware;
    await hardware.board.setReset(true);
    await hardware.board.probe();
  }

  async #attempt<T>(what: string, work: Promise<T>): Promise<T | null> {
    try {
      return await work;
    } catch (error) {
      this.#events.log("error", `could not ${what}: ${explain(error)}`);
      return null;
    }
  }
}
