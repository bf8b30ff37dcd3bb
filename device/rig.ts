/**
 * One board and its chips, from cold to running and back. Owns the ports, the sentinel's loop and the flow of jobs; says what
 * happens through `RigEvents` and knows nothing of databases or networks.
 */
import type { JobRecord } from "../common/block-header.ts";
import type { Clock } from "../common/clock.ts";
import { AsicError, DriverError, explain } from "../common/errors.ts";
import type { NonceBatch } from "../common/nonce-batch.ts";
import { Bm1366Chain } from "../drivers/bm1366/chain.ts";
import { openBitaxeUltra } from "../drivers/boards/bitaxe-ultra.ts";
import type { Board, BoardIdentity, BoardLimits, BoardReadings } from "../drivers/boards/board.ts";
import { powerDown, powerUp } from "../drivers/boards/power-sequence.ts";
import { verifyHeaders } from "../drivers/native/index.ts";
import { openBridge } from "../drivers/transport/bridge.ts";
import type { ChipLink } from "../drivers/transport/chip-link.ts";
import { openSerialLink } from "../drivers/transport/serial-link.ts";
import { tracedLink, type WireRecord } from "../drivers/transport/traced-link.ts";
import type { DeviceState, LogEvent, SetPoint } from "../telemetry/messages.ts";
import type { Config } from "./config/schema.ts";
import { syntheticHeaders } from "./jobs.ts";
import { tightened } from "./limits.ts";
import { type Decision, decide, mayEnergise, type SentinelState } from "./sentinel/decide.ts";

export interface RigEvents {
  state(state: DeviceState, reason: string): void;
  board(identity: BoardIdentity, chain: { chips: number; chipId: string } | null): void;
  /** `fanPercent` is what the fan was last told; null before that. */
  readings(readings: BoardReadings, decision: Decision, fanPercent: number | null): void;
  setPoint(setPoint: SetPoint): void;
  job(job: JobRecord): void;
  nonces(batch: NonceBatch): void;
  activity(label: string, done: number, total: number): void;
  log(level: LogEvent["level"], text: string): void;
}

/** The sentinel looks ten times a second (DESIGN section 4). */
const SENTINEL_PERIOD_MS = 100;
/** The fan stays at full until a control loop holds a temperature instead. */
const FULL_FAN_PERCENT = 100;
const BRING_UP_BAUD = 115_200;

export class Rig {
  readonly #config: Config;
  readonly #clock: Clock;
  readonly #events: RigEvents;
  readonly #trace: ((entry: WireRecord) => void) | undefined;
  readonly #jobs: ReturnType<typeof syntheticHeaders>;
  #board: Board | null = null;
  #link: ChipLink | null = null;
  #chain: Bm1366Chain | null = null;
  #limits: BoardLimits | null = null;
  #state: DeviceState = "cold";
  #setPoint: SetPoint | null = null;
  #fanPercent: number | null = null;
  #sentinel: SentinelState = { readings: null, chipTempKnownNs: null, energisedNs: null, coreVoltageSet: null };
  #watching: Promise<void> | null = null;
  #safe: Promise<void> | null = null;
  #powerTurn: Promise<void> = Promise.resolve();
  #stopWatching = new AbortController();
  /** Jobs count on across restarts of the chain: within a run no number comes twice. */
  #nextJobSeq = 0;
  #jobTimer: NodeJS.Timeout | null = null;
  #making: Promise<void> | null = null;
  #faulted = new AbortController();

  /** `trace` hears of every frame on the chips' wire. */
  constructor(config: Config, clock: Clock, events: RigEvents, trace?: (entry: WireRecord) => void) {
    this.#trace = trace;
    this.#config = config;
    this.#clock = clock;
    this.#events = events;
    this.#jobs = syntheticHeaders(config.jobs.seed);
  }

  get state(): DeviceState {
    return this.#state;
  }
  get setPoint(): SetPoint | null {
    return this.#setPoint;
  }
  get limits(): BoardLimits {
    return this.#present(this.#limits);
  }
  get chain(): Bm1366Chain {
    return this.#present(this.#chain);
  }
  get board(): Board {
    return this.#present(this.#board);
  }
  /** Aborts when the rig went into fault; the reason is the error. */
  get faulted(): AbortSignal {
    return this.#faulted.signal;
  }

  /** Opens both ports, finds out what board it is and whether its sensors answer. Nothing is energised. */
  async open(): Promise<void> {
    const { control, data } = this.#config.board;
    const bridge = await openBridge(control, {});
    const board = openBitaxeUltra({ bridge, clock: this.#clock });
    this.#board = board;
    const link = await openSerialLink(data, { baud: BRING_UP_BAUD });
    this.#link = this.#trace ? tracedLink(link, this.#trace) : link;
    this.#link.onLost((reason) =>
      this.fail(
        new DriverError(
          "LINK_LOST",
          `The data port ${data} is gone: ${reason.message}.`,
          "Check the cable, then start again.",
          { data },
          reason,
        ),
      ),
    );
    // Whatever a former process left behind: chips into reset before anything else.
    await board.setReset(true);
    const identity = await board.probe();
    this.#events.board(identity, null);
    this.#enter("identified", `${identity.model} with ${identity.regulator}`);
    this.#limits = tightened(board.limits, this.#config.limits);
    this.#checkSetPoint(this.#config.setPoint);
    await this.#look();
    const decision = mayEnergise(this.#sentinel, this.#limits, this.#clock.nowNs());
    if (decision.action !== "none") throw unsafe(decision);
    this.#enter("limits-verified", "sensors answer and the set-point is within the limits");
    this.#watching = this.#watch();
  }

  /** Powers the board, brings the chain up, ramps to the configured set-point and starts the flow of jobs. */
  async bringUp(signal?: AbortSignal): Promise<void> {
    this.#enter("armed", "about to switch the core supply on");
    await this.#energise(this.#config.setPoint, signal);
    this.#jobTimer = setInterval(() => void this.freshJob().catch((error: unknown) => this.fail(error)), this.#config.jobs.intervalMs);
  }

  /**
   * Off and on again at a set-point known to be good: for chips that stopped answering (a brown-out resets them). Jobs sent before are
   * forgotten with the chain; the link and the sentinel stay.
   */
  async restart(reason: string, setPoint: SetPoint, signal?: AbortSignal): Promise<void> {
    this.#requireRunning();
    this.#enter("cooling", reason);
    this.#chain?.detach();
    this.#chain = null;
    await this.#powering(() => powerDown(this.board, this.#clock));
    this.#sentinel = { ...this.#sentinel, energisedNs: null, coreVoltageSet: null };
    await this.#present(this.#link).setBaud(BRING_UP_BAUD);
    const decision = mayEnergise(this.#sentinel, this.limits, this.#clock.nowNs());
    if (decision.action !== "none") throw unsafe(decision);
    this.#enter("armed", "about to switch the core supply on again");
    await this.#energise(setPoint, signal);
  }

  /** From armed to running. */
  async #energise(setPoint: SetPoint, signal: AbortSignal | undefined): Promise<void> {
    const { coreVoltageMv, frequencyMhz, ticketDifficulty } = setPoint;
    const wiring = this.#config.board;
    const stop = signal ? AbortSignal.any([signal, this.faulted]) : this.faulted;
    this.#events.activity("power on", 0, 1);
    this.#sentinel = { ...this.#sentinel, energisedNs: this.#clock.nowNs() };
    await this.#powering(() => powerUp(this.board, this.#clock, { coreVoltageMv, fanPercent: FULL_FAN_PERCENT, signal: stop }));
    stop.throwIfAborted();
    this.#fanPercent = FULL_FAN_PERCENT;
    this.#noteCoreVoltage(coreVoltageMv);
    this.#enter("energised", `core supply set to ${coreVoltageMv} mV`);
    const chain = await Bm1366Chain.bringUp(this.#present(this.#link), {
      clock: this.#clock,
      verify: verifyHeaders,
      expectedChips: wiring.chips,
      frequencyMhz,
      ticketDifficulty,
      baud: wiring.baud === BRING_UP_BAUD ? null : wiring.baud,
      workScale: wiring.workScale,
      onProgress: (step, done, total) => this.#events.activity(step, done, total),
      firstJobSeq: this.#nextJobSeq,
      signal: stop,
    });
    this.#chain = chain;
    stop.throwIfAborted();
    this.#events.board(await this.board.probe(), { chips: chain.chips, chipId: chain.chipId.toString(16) });
    chain.onNonces((batch) => this.#events.nonces(batch));
    this.#noteSetPoint({ coreVoltageMv, frequencyMhz: chain.frequencyMhz, ticketDifficulty: chain.ticketDifficulty });
    this.#enter("running", "chips enumerated, ramped and hashing");
    await this.freshJob();
  }

  /** Sends a new job now. Jobs are sent one at a time, in order. */
  freshJob(): Promise<void> {
    const send = async () => {
      if (this.#state !== "running") return;
      const job = await this.chain.sendJob(this.#jobs.next().value);
      this.#nextJobSeq = job.jobSeq + 1;
      this.#events.job(job);
    };
    this.#making = (this.#making ?? Promise.resolve()).then(send, send);
    return this.#making;
  }

  /**
   * Moves to a set-point: voltage first when going up in frequency, last when coming down, so that no intermediate point is
   * harder on the chip than both ends. Every knob is read back. SETPOINT_REFUSED outside the limits, before anything is written.
   */
  async apply(wanted: SetPoint, signal?: AbortSignal): Promise<SetPoint> {
    this.#checkSetPoint(wanted);
    const before = this.#present(this.#setPoint);
    if (wanted.frequencyMhz >= before.frequencyMhz) await this.setCoreVoltage(wanted.coreVoltageMv);
    if (wanted.frequencyMhz !== before.frequencyMhz) await this.chain.setFrequency(wanted.frequencyMhz, signal ? { signal } : {});
    if (wanted.frequencyMhz < before.frequencyMhz) await this.setCoreVoltage(wanted.coreVoltageMv);
    if (wanted.ticketDifficulty !== before.ticketDifficulty) await this.chain.setTicketDifficulty(wanted.ticketDifficulty);
    this.#noteSetPoint({
      coreVoltageMv: wanted.coreVoltageMv,
      frequencyMhz: this.chain.frequencyMhz,
      ticketDifficulty: this.chain.ticketDifficulty,
    });
    return this.#present(this.#setPoint);
  }

  /** Asks every chip for its counters. CHIP_SILENT when one does not answer: after a brown-out a chip has forgotten its rate and its address. */
  async checkAnswering(): Promise<void> {
    const silent = (await this.chain.pollCounters()).filter((chip) => chip.totalCount === null).map((chip) => chip.chip);
    if (silent.length === 0) return;
    throw new DriverError(
      "CHIP_SILENT",
      `${silent.length} of ${this.chain.chips} chips stopped answering.`,
      "Raise the voltage or lower the frequency.",
      { silent },
    );
  }

  /** The core voltage alone; resolves with what the regulator reads back, mV. */
  async setCoreVoltage(coreVoltageMv: number): Promise<number> {
    const { min, max } = this.limits.coreVoltageMv;
    if (coreVoltageMv < min || coreVoltageMv > max) throw refused("core voltage", coreVoltageMv, min, max, "mV");
    const applied = await this.#powering(() => {
      this.#requireRunning();
      return this.board.setCoreVoltageMv(coreVoltageMv);
    });
    this.#noteCoreVoltage(coreVoltageMv);
    if (this.#setPoint) this.#setPoint = { ...this.#setPoint, coreVoltageMv };
    return applied;
  }

  /**
   * Everything off, in the order of specs/bm1366.md 5.7. `ramp: false` leaves out the frequency ramp of several seconds.
   * Never throws: what could not be done is logged. Safe to call at any time, more than once.
   */
  async shutDown(reason: string, { ramp = true } = {}): Promise<void> {
    this.#stopJobs();
    if (this.#state !== "fault" && this.#state !== "cold") {
      this.#enter("cooling", reason);
      const ramped = this.#chain && ramp ? await this.#attempt("ramp down", this.#chain.shutDownSequence()) : null;
      if (ramped && !ramped.completed)
        this.#events.log("warning", `could not ramp down below ${ramped.frequencyMhz} MHz: ${explain(ramped.reason)}`);
    }
    this.#stopWatching.abort();
    await this.#watching;
    await this.#makeSafe();
    if (this.#link) await this.#attempt("close the data port", this.#link.close());
    if (this.#board) await this.#attempt("close the control port", this.#board.close());
    this.#link = null;
    this.#board = null;
    this.#chain = null;
    if (this.#state !== "fault") this.#enter("cold", reason);
  }

  #enter(state: DeviceState, reason: string): void {
    // A fault is left only by starting again: whatever was under way when it came must not paint over it.
    if (this.#state === "fault") return;
    this.#state = state;
    this.#events.state(state, reason);
  }

  #noteSetPoint(setPoint: SetPoint): void {
    this.#setPoint = setPoint;
    this.#events.setPoint(setPoint);
  }

  #noteCoreVoltage(mv: number): void {
    this.#sentinel = { ...this.#sentinel, coreVoltageSet: { mv, atNs: this.#clock.nowNs() } };
  }

  #checkSetPoint(wanted: SetPoint): void {
    const { coreVoltageMv, frequencyMhz } = this.limits;
    if (wanted.coreVoltageMv < coreVoltageMv.min || wanted.coreVoltageMv > coreVoltageMv.max) {
      throw refused("core voltage", wanted.coreVoltageMv, coreVoltageMv.min, coreVoltageMv.max, "mV");
    }
    if (wanted.frequencyMhz < frequencyMhz.min || wanted.frequencyMhz > frequencyMhz.max) {
      throw refused("frequency", wanted.frequencyMhz, frequencyMhz.min, frequencyMhz.max, "MHz");
    }
  }

  #requireRunning(): void {
    if (this.#state !== "running") {
      throw new DriverError("NOT_RUNNING", `The rig is ${this.#state}, so no set-point can be applied.`, "Bring the board up first.", {
        state: this.#state,
      });
    }
  }

  #present<T>(part: T | null): T {
    if (part === null)
      throw new DriverError("NOT_RUNNING", `The rig is ${this.#state}: this part of it is not there.`, "Bring the board up first.", {
        state: this.#state,
      });
    return part;
  }

  /** One look at the sensors and the sentinel's decision on it. */
  async #look(): Promise<Decision> {
    const { readings } = await this.board.read();
    this.#sentinel = {
      ...this.#sentinel,
      readings,
      chipTempKnownNs: readings.chipTempC === null ? this.#sentinel.chipTempKnownNs : readings.atNs,
    };
    const decision = decide(this.#sentinel, this.limits, this.#clock.nowNs());
    this.#events.readings(readings, decision, this.#fanPercent);
    return decision;
  }

  async #watch(): Promise<void> {
    const { signal } = this.#stopWatching;
    let fanFull = true;
    while (!signal.aborted) {
      let decision: Decision;
      try {
        decision = await this.#look();
      } catch (error) {
        if (error instanceof AsicError && error.code === "LINK_LOST") return this.fail(error);
        this.#events.log("warning", explain(error));
        decision = decide(this.#sentinel, this.limits, this.#clock.nowNs());
      }
      if (decision.action === "power-off")
        return this.fail(
          new DriverError("SENTINEL", `The sentinel switched the board off: ${decision.reason}.`, "Find the cause before starting again.", {
            rule: decision.rule,
          }),
        );
      if (decision.action === "fan-full" && !fanFull) await this.#attempt("fan to 100 %", this.board.setFanPercent(FULL_FAN_PERCENT));
      fanFull = decision.action === "fan-full";
      await this.#clock.sleep(SENTINEL_PERIOD_MS, signal).catch(() => {});
    }
  }

  /** A person's order: off now, without the ramp. Resolves when the board is safe. */
  async emergencyOff(): Promise<void> {
    this.fail(new DriverError("EMERGENCY_OFF", "Emergency-off was pressed.", "Start the daemon again when the cause is gone."));
    await this.#makeSafe();
  }

  /** From anywhere to safe, once. The state stays `fault` until the process is started again. */
  fail(cause: unknown): void {
    if (this.#state === "fault" || this.#state === "cooling") return;
    const error = cause instanceof Error ? cause : new Error(String(cause));
    this.#stopJobs();
    this.#enter("fault", explain(error));
    this.#events.log("error", explain(error));
    this.#stopWatching.abort();
    // First stop what is under way, then switch off: a bring-up must not release the reset after us.
    this.#faulted.abort(error);
    void this.#makeSafe();
  }

  /** Chips into reset, core off, fan full; each on its own, so that one failure does not stop the next. Done once: who comes later waits for it. */
  #makeSafe(): Promise<void> {
    this.#safe ??= this.#powering(() => this.#switchOff());
    return this.#safe;
  }

  async #switchOff(): Promise<void> {
    const board = this.#board;
    if (!board) return;
    if (this.#sentinel.energisedNs === null) {
      await this.#attempt("hold the chips in reset", board.setReset(true));
      return;
    }
    const off = await this.#attempt("switch the core off", powerDown(board, this.#clock));
    if (off) this.#events.log(off.supplyOff ? "info" : "warning", `core off: ${off.how}`);
    this.#sentinel = { ...this.#sentinel, energisedNs: null, coreVoltageSet: null };
  }

  /** One power operation at a time, in order: nothing can switch on what another is switching off. */
  #powering<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#powerTurn.then(work);
    this.#powerTurn = turn.then(
      () => {},
      () => {},
    );
    return turn;
  }

  #stopJobs(): void {
    if (this.#jobTimer) clearInterval(this.#jobTimer);
    this.#jobTimer = null;
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

function refused(what: string, wanted: number, min: number, max: number, unit: string): DriverError {
  return new DriverError(
    "SETPOINT_REFUSED",
    `A ${what} of ${wanted} ${unit} is outside ${min} to ${max} ${unit}.`,
    "Choose a value inside the limits.",
    {
      what,
      wanted,
      min,
      max,
    },
  );
}

function unsafe({ rule, reason }: Decision): DriverError {
  return new DriverError("UNSAFE_TO_ENERGISE", `The board stays off: ${reason}.`, "Check its sensors and cooling, then start again.", {
    rule,
  });
}
