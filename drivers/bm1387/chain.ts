import type { HeaderFields, JobRecord } from "../../common/block-header.ts";
import type { Clock } from "../../common/clock.ts";
import { DriverError } from "../../common/errors.ts";
import type { NonceBatch } from "../../common/nonce-batch.ts";
import { chipAddresses } from "../bm13xx/addresses.ts";
import type { ChainDialogueOptions } from "../bm13xx/exchange.ts";
import { refuseOwned } from "../bm13xx/refuse-owned.ts";
import type { Register } from "../bm13xx/register.ts";
import type { RegisterAnswer } from "../bm13xx/register-answer.ts";
import { SetPointTurns } from "../bm13xx/set-point-turns.ts";
import type { PumpedJobs } from "../native/work-pump.ts";
import type { ChipLink } from "../transport/chip-link.ts";
import type { I2cBus } from "../transport/i2c.ts";
import { type BringUpPlan, bringUpSteps, clockSteps, rampWords, readBackStep, type Step, writeStep } from "./bring-up.ts";
import { type BringUpOptions, type ChipCounters, DEFAULT_BAUD, S9_CHIPS } from "./chain-options.ts";
import { ChipBuses } from "./chip-buses.ts";
import { pollChipCounters } from "./chip-counters.ts";
import { WordDialogue } from "./dialogue.ts";
import { BM1387 } from "./enumeration.ts";
import { type ChainCounters, Intake, type JobSource } from "./intake.ts";
import type { MidstateCount } from "./job.ts";
import { JobFeed, type ReservedJob, type SendOptions } from "./job-feed.ts";
import { idBefore } from "./job-registry.ts";
import { type OpenCores, openCores } from "./open-cores.ts";
import { LOWEST_MHZ } from "./pll.ts";
import { RAMP_STEP_MS } from "./ramp.ts";
import { RegisterReads } from "./register-reads.ts";
import { generalI2c, mhzOfPllWord, miscControl, pll, pllWordFor, ticketMask } from "./registers.ts";
import { confirmReadBackOf, READ_TIMEOUT_MS, readEach, readOne, responseTimeout, runStep, type Wire } from "./run-step.ts";
import { checkChips, clocksFor, ticketLog2For } from "./set-points.ts";
import { workPeriodNs } from "./sweep-model.ts";
import { VERSION_MASK } from "./versions.ts";

export type { BringUpOptions, ChipCounters } from "./chain-options.ts";

/** How long shutting down may take. */
const SHUT_DOWN_BUDGET_MS = 10_000;

/** Told of each step of a ramp: the fastest chip's clock, and how many steps are done of how many. */
type OnStep = (mhz: number, done: number, total: number) => void;

/** Registers whose value the chain itself relies on: set through its own methods only. */
const OWNED: readonly Register[] = [pll, ticketMask, miscControl, generalI2c];

/**
 * A chain of BM1387 that was brought up. Every set-point is read back from every chip it concerns before its promise resolves; set-points run one at a
 * time, reads, jobs and nonces go on meanwhile. After LINK_LOST every method rejects with it. Same shape as Bm1366Chain, but: no
 * HASH_COUNTING_NUMBER to set, counters are the host's, chips may have different clocks, and new work is due every workPeriodNs.
 */
export class Bm1387Chain {
  readonly chips: number;
  readonly chipId = BM1387;
  readonly addresses: readonly number[];
  readonly versionMask: number;
  readonly workScale: number;
  readonly midstates: MidstateCount;
  /** The chip has no such set-point. */
  readonly hashCountingNumber = null;

  readonly #link: ChipLink;
  readonly #clock: Clock;
  readonly #reads: RegisterReads;
  readonly #intake: Intake;
  readonly #unsubscribe: readonly (() => void)[];
  readonly #feed: JobFeed;
  readonly #firstJobSeq: number;
  readonly #registerListeners = new Set<(answer: RegisterAnswer) => void>();
  readonly #buses: ChipBuses;

  /** By position. */
  #pllWords: readonly number[];
  #clocksMhz: readonly number[];
  #ticketLog2 = 0;
  #dialogue: WordDialogue | null = null;
  readonly #turns = new SetPointTurns();

  private constructor(link: ChipLink, options: BringUpOptions, plan: BringUpPlan, versionMask: number) {
    this.#link = link;
    this.#clock = options.clock;
    this.chips = plan.chips;
    this.addresses = chipAddresses(plan.chips);
    this.versionMask = versionMask;
    this.workScale = options.workScale ?? 0;
    this.midstates = plan.midstates;
    this.#firstJobSeq = options.firstJobSeq ?? 0;
    this.#pllWords = Array(plan.chips).fill(pll.reset);
    this.#clocksMhz = this.#pllWords.map(mhzOfPllWord);
    this.#reads = new RegisterReads(link, options.clock);
    this.#intake = new Intake({ ...plan, verify: options.verify, accept: (answer) => this.#reads.accept(answer) });
    this.#buses = new ChipBuses(
      {
        read: async (register, chip) =>
          ((await this.readRegister(register, { address: this.addresses[chip] as number }))[0] as RegisterAnswer).value,
        write: (register, word, chip) => this.#run(writeStep(register, word, { chip }), undefined),
        confirm: (register, word, chip) => confirmReadBackOf(register, chip, word, this.#wire(undefined)),
      },
      options.clock,
    );
    this.#feed = new JobFeed({
      link,
      clock: options.clock,
      intake: this.#intake,
      midstates: plan.midstates,
      versionMask,
      workScale: this.workScale,
      setPoint: () => ({ frequenciesMhz: this.#clocksMhz, ticketLog2: this.#ticketLog2 }),
    });
    this.#unsubscribe = [link.onFrames((batch) => this.#intake.take(batch)), link.onLost((reason) => this.#reads.end(reason))];
  }

  /**
   * Brings up a chain that is powered (9.4 V, so that cores open) and out of reset, which is the board's business, in the order of specs/bm1387.md 3.2.
   * Rejects with CHIP_MISSING, CHAIN_SHORT, CHAIN_LONG, WRONG_CHIP, ADDRESS_COLLISION, BAUD_UNSTABLE, READBACK_MISMATCH, RESPONSE_TIMEOUT,
   * CORES_CLOSED, SETPOINT_REFUSED or VALUE_REFUSED (nothing written) or LINK_LOST; the chips are then in between: reset them before another try.
   */
  static async bringUp(link: ChipLink, options: BringUpOptions): Promise<Bm1387Chain> {
    const { expectedChips: chips = S9_CHIPS, ticketDifficulty, baud = DEFAULT_BAUD, midstates = 4, checkCores = true } = options;
    checkChips(chips);
    ticketLog2For(ticketDifficulty);
    const frequenciesMhz = clocksFor(options.frequencyMhz, chips);
    const versionMask = ((options.versionMask ?? VERSION_MASK) & VERSION_MASK) >>> 0;
    const plan: BringUpPlan = { chips, frequenciesMhz, ticketDifficulty, baud, midstates, checkCores };
    const steps = bringUpSteps(plan);
    const chain = new Bm1387Chain(link, options, plan, versionMask);
    try {
      for (const [at, step] of steps.entries()) {
        await chain.#run(step, options.signal);
        options.onProgress?.(step.name, at + 1, steps.length);
      }
    } catch (reason) {
      chain.detach();
      throw reason;
    }
    chain.#ticketLog2 = ticketLog2For(ticketDifficulty);
    chain.#intake.beginRun(chain.#firstJobSeq);
    chain.#intake.ticketLog2 = chain.#ticketLog2;
    return chain;
  }

  /** Core clock from the dividers in force, MHz; where chips differ, that of the fastest, which sets the pace of works. */
  get frequencyMhz(): number {
    return Math.max(...this.#clocksMhz);
  }

  /** Core clock of each chip, in chain order, from the dividers in force. */
  get frequenciesMhz(): readonly number[] {
    return this.#clocksMhz;
  }

  /** New work is due after so long, or chips run into their neighbours' range. specs/bm1387.md 3.6 */
  get workPeriodNs(): number {
    return workPeriodNs({ frequenciesMhz: this.#clocksMhz, midstates: this.midstates });
  }

  get ticketDifficulty(): number {
    return 2 ** this.#ticketLog2;
  }

  get ticketLog2(): number {
    return this.#ticketLog2;
  }

  /**
   * Ramps one chip or all to the clock nearest `mhz` in steps of 25 MHz, and reads it back with the PLL's lock; resolves with that clock. Rejects with
   * SETPOINT_REFUSED (nothing written) outside the PLL's range. When aborted it stays at the step it had reached.
   */
  async setFrequency(mhz: number, options: { chip?: number; onStep?: OnStep; signal?: AbortSignal } = {}): Promise<number> {
    const { chip } = options;
    if (chip === undefined) return Math.max(...(await this.setFrequencies(clocksFor(mhz, this.chips), options)));
    this.#checkChip(chip);
    return this.#turns.take(options.signal, async (signal) => {
      const word = pllWordFor(mhz);
      const ramp = rampWords([this.#pllWords[chip] as number], [mhz]).map(([next]) => this.#pllWords.with(chip, next as number));
      await this.#ramp(ramp, options.onStep, signal);
      await confirmReadBackOf(pll, chip, word, this.#wire(signal));
      return this.#clocksMhz[chip] as number;
    });
  }

  /** As setFrequency, each chip to its own clock; resolves with the clocks. */
  setFrequencies(mhz: readonly number[], options: { onStep?: OnStep; signal?: AbortSignal } = {}): Promise<readonly number[]> {
    return this.#turns.take(options.signal, async (signal) => {
      const clocks = clocksFor(mhz, this.chips);
      await this.#ramp(rampWords(this.#pllWords, clocks), options.onStep, signal);
      await this.#run(readBackStep(pll, clocks.map(pllWordFor)), signal);
      return this.#clocksMhz;
    });
  }

  async #ramp(turns: readonly (readonly number[])[], onStep: OnStep | undefined, signal: AbortSignal | undefined): Promise<void> {
    for (const [at, words] of turns.entries()) {
      for (const step of clockSteps(this.#pllWords, words, RAMP_STEP_MS)) await this.#run(step, signal);
      onStep?.(this.frequencyMhz, at + 1, turns.length);
    }
  }

  /** Sets the difficulty from which nonces are reported, rounded down to a power of two; resolves with the one in force. specs/bm1387.md 2.2 */
  setTicketDifficulty(difficulty: number, options: { signal?: AbortSignal } = {}): Promise<number> {
    return this.#turns.take(options.signal, async (signal) => {
      const log2 = ticketLog2For(difficulty);
      const word = ticketMask.encode({ log2Difficulty: log2 });
      await this.#run(writeStep(ticketMask, word), signal);
      await this.#run(readBackStep(ticketMask, Array(this.chips).fill(word)), signal);
      this.#ticketLog2 = log2;
      this.#intake.ticketLog2 = log2;
      return this.ticketDifficulty;
    });
  }

  /**
   * Reads a register from one chip or from all, in chain order; rejects with RESPONSE_TIMEOUT when one of them does not answer, with ADDRESS_COLLISION when
   * two answer under one address. Answers do not say whose they are: the order of the chain does. specs/bm1387.md 1.4
   */
  async readRegister(
    register: Register,
    options: { address?: number; timeoutMs?: number; signal?: AbortSignal } = {},
  ): Promise<readonly RegisterAnswer[]> {
    const { address, timeoutMs = READ_TIMEOUT_MS, signal } = options;
    const wire = this.#wire(signal);
    const answer = (value: { tNs: bigint; value: number }, chip: number): RegisterAnswer => {
      const whole = { ...value, address: this.addresses[chip] as number, register: register.address };
      for (const listener of this.#registerListeners) listener(whole);
      return whole;
    };
    if (address === undefined) return (await readEach(register, wire, timeoutMs)).map(answer);
    const chip = this.#chipAt(address);
    const found = await readOne(register, chip, wire, timeoutMs);
    if (found === null) throw responseTimeout(register.name, [chip], 1);
    return [answer(found, chip)];
  }

  /** Writes a register of one chip or of all. Rejects with VALUE_REFUSED for registers that are read only or that the chain sets itself. */
  async writeRegister(register: Register, word: number, options: { address?: number } = {}): Promise<void> {
    refuseOwned(register, OWNED, "setFrequency, setTicketDifficulty, i2c");
    const { address } = options;
    await this.#run(writeStep(register, word, address === undefined ? {} : { chip: this.#chipAt(address) }), undefined);
  }

  /** The I2C bus on the pins of one chip, by position: S9 boards have their temperature sensor behind chip 61. specs/bm1387.md 2.4, 4.4 */
  i2c(chip: number): I2cBus {
    this.#checkChip(chip);
    return this.#buses.of(chip);
  }

  /** Reads every chip's hash rate, and adds what its nonces say; rejects with RESPONSE_TIMEOUT when nothing answers at all. */
  pollCounters(options: { signal?: AbortSignal } = {}): Promise<readonly ChipCounters[]> {
    return pollChipCounters(this.#wire(options.signal), this.#intake.tallies);
  }

  /**
   * Sends a job to all chips; it replaces the running one at once. The record's version is without the bits a miner may change; those of the midstate that
   * hit are in each nonce's versionBits, so that version | versionBits is the header's. Rejects with VALUE_REFUSED for a malformed one.
   */
  sendJob(fields: HeaderFields, options: SendOptions = {}): Promise<JobRecord> {
    return this.#feed.send(fields, options);
  }

  /** The next job's number, id and frame, for someone else to write in that order; then comes jobSent or withdrawJob. Throws JOB_QUEUE_FULL, VALUE_REFUSED. */
  reserveJob(fields: HeaderFields, options: SendOptions = {}): ReservedJob {
    return this.#feed.reserve(fields, options);
  }

  /** A reserved job has been written: `sentNs` is when the kernel had all of it. Returns the completed record, null for a job that is not waiting. */
  jobSent(jobSeq: number, sentNs: bigint): JobRecord | null {
    return this.#feed.sent(jobSeq, sentNs);
  }

  /** A reserved job will not be written; its number is not used again. */
  withdrawJob(jobSeq: number): void {
    this.#feed.withdraw(jobSeq);
  }

  /** Number of the next job: where a work pump has to begin. */
  get nextJobSeq(): number {
    return this.#feed.nextJobSeq;
  }

  /** Enters jobs the work pump built and sent by itself (its onJobs); returns the records of those now sent. */
  adoptJobs(jobs: PumpedJobs): JobRecord[] {
    return this.#feed.adopt(jobs);
  }

  /** Whose jobs to take in before nonces are looked at: the work pump. null for nobody. */
  feedFrom(source: JobSource | null): void {
    this.#intake.feedFrom(source);
  }

  /**
   * One word at a time from now on, each upon an answer to the one before, until the dialogue is stopped; nobody else may feed the chain meanwhile.
   * DriverError DIALOGUE_REFUSED.
   */
  startDialogue(options: ChainDialogueOptions): WordDialogue {
    const link = this.#link;
    const { startDialogue } = link;
    if (!startDialogue || this.#dialogue) {
      const why = this.#dialogue ? "This chain is in a dialogue already." : `${link.path} cannot carry a dialogue.`;
      throw new DriverError("DIALOGUE_REFUSED", why, "Use a serial port, one dialogue at a time.");
    }
    this.#dialogue = new WordDialogue(
      {
        intake: this.#intake,
        chips: this.chips,
        midstates: this.midstates,
        versionMask: this.versionMask,
        workScale: this.workScale,
        baud: () => link.baud,
        setPoint: () => ({ frequenciesMhz: this.#clocksMhz, ticketLog2: this.#ticketLog2, workPeriodNs: this.workPeriodNs }),
        start: (native) => startDialogue.call(link, native),
        onStop: () => {
          this.#dialogue = null;
        },
      },
      options,
    );
    return this.#dialogue;
  }

  /** What jobs sent so far still yield counts as stale: the pool's work has changed. */
  retireJobs(): void {
    this.#intake.jobs.retireAll();
  }

  /** Verified nonces as they come, one batch per batch of frames that holds any. Returns what ends the subscription. */
  onNonces(listener: (batch: NonceBatch) => void): () => void {
    this.#intake.nonceListeners.add(listener);
    return () => void this.#intake.nonceListeners.delete(listener);
  }

  /** Every answer to readRegister. Returns what ends the subscription. */
  onRegister(listener: (answer: RegisterAnswer) => void): () => void {
    this.#registerListeners.add(listener);
    return () => void this.#registerListeners.delete(listener);
  }

  /**
   * What the chips need before their supply goes: ramp down to 100 MHz. Stops a set-point that is under way. Best effort: never rejects, gives up after
   * `budgetMs`, and says what stopped it.
   */
  async shutDownSequence(options: { budgetMs?: number } = {}): Promise<{ completed: boolean; frequencyMhz: number; reason: unknown }> {
    const { budgetMs = SHUT_DOWN_BUDGET_MS } = options;
    const reason = await this.#turns.shutDown(() => {
      const ramp = rampWords(this.#pllWords, clocksFor(LOWEST_MHZ, this.chips));
      const down = ramp.map((words) => () => this.#ramp([words], undefined, undefined));
      const confirm = () => this.#run(readBackStep(pll, Array(this.chips).fill(pllWordFor(LOWEST_MHZ))), undefined);
      return { steps: [...down, confirm], budgetMs, slowHint: "Cut the board's power now." };
    }, this.#clock);
    return { completed: reason === null, frequencyMhz: this.frequencyMhz, reason };
  }

  counters(): ChainCounters {
    return this.#intake.counters();
  }

  /** Stops listening to the link; the chips go on as they are. */
  detach(): void {
    this.#dialogue?.stop();
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    this.#reads.end(new DriverError("CHAIN_DETACHED", "The chain is no longer listened to.", "Bring it up again to go on."));
  }

  /** Stops listening and gives the port back; the chips go on as they are. */
  async close(): Promise<void> {
    this.detach();
    await this.#link.close();
  }

  #checkChip(chip: number): void {
    if (this.addresses[chip] !== undefined) return;
    throw new DriverError("SETPOINT_REFUSED", `There is no chip ${chip}.`, `Chips are counted from 0 to ${this.chips - 1}.`, { chip });
  }

  #chipAt(address: number): number {
    const chip = this.addresses.indexOf(address);
    if (chip >= 0) return chip;
    throw new DriverError("VALUE_REFUSED", `No chip has the address ${address}.`, "Use one of `addresses`.", { address });
  }

  #run(step: Step, signal: AbortSignal | undefined): Promise<void> {
    return runStep(step, this.#wire(signal));
  }

  #wire(signal: AbortSignal | undefined): Wire {
    return {
      link: this.#link,
      clock: this.#clock,
      reads: this.#reads,
      addresses: this.addresses,
      onWrite: (register, word, chip) => this.#note(register, word, chip),
      openCores: (step) => openCores(step, this.#wire(signal), this.#opening()),
      signal,
    };
  }

  #opening(): OpenCores {
    const wireId = idBefore(this.#firstJobSeq, this.midstates);
    return { intake: this.#intake, feed: this.#feed, midstates: this.midstates, clocksMhz: this.#clocksMhz, wireId };
  }

  /** Keeps what nonces are judged by in step with what is written. */
  #note(register: Register, word: number, chip: number | null): void {
    if (register === pll) {
      if (this.#pllWords.some((before, at) => before !== word && (chip === null || at === chip))) this.#intake.jobs.disturbSweeps();
      this.#pllWords = this.#pllWords.map((before, at) => (chip === null || at === chip ? word : before));
      this.#clocksMhz = this.#pllWords.map(mhzOfPllWord);
    } else if (register === ticketMask) {
      // Until the read-back says that the new ticket holds, nonces of either may come.
      this.#ticketLog2 = Math.min(this.#ticketLog2, ticketMask.decode(word).log2Difficulty ?? 0);
      this.#intake.ticketLog2 = this.#ticketLog2;
    }
  }
}
