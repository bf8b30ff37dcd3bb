import type { HeaderFields, JobRecord } from "../../common/block-header.ts";
import { type Clock, elapsedMs } from "../../common/clock.ts";
import { DriverError } from "../../common/errors.ts";
import type { NonceBatch } from "../../common/nonce-batch.ts";
import type { ChainDialogueOptions } from "../bm13xx/exchange.ts";
import { FULL_JOB_BYTES } from "../bm13xx/frames.ts";
import { pllMhz } from "../bm13xx/pll.ts";
import type { Register } from "../bm13xx/register.ts";
import type { ChipLink } from "../transport/chip-link.ts";
import { startLinkDialogue } from "../transport/link-dialogue.ts";
import {
  type BringUpPlan,
  bringUpSteps,
  chipAddresses,
  clockStep,
  countingSteps,
  RESET_MHZ,
  rampSteps,
  type Step,
  versionRollingWord,
} from "./bring-up.ts";
import type { RegisterAnswer, Verify } from "./correlate.ts";
import { JobDialogue } from "./dialogue.ts";
import { BM1366 } from "./enumeration.ts";
import { type ChainCounters, Intake } from "./intake.ts";
import { encodeJob } from "./job.ts";
import { RegisterReads } from "./register-reads.ts";
import {
  domainCounts,
  errorCount,
  fastUart,
  hashCountingNumber,
  pll0,
  pllWordFor,
  ticketLog2Of,
  ticketMask,
  totalCount,
  versionRolling,
} from "./registers.ts";
import { READ_TIMEOUT_MS, responseTimeout, runStep } from "./run-step.ts";
import { wireNs } from "./sweep-model.ts";

export const DEFAULT_BAUD = 1_041_667;
export const DEFAULT_VERSION_MASK = 0x1fff_e000;
const JOB_DEADLINE_MS = 500;
/** How long shutting down may take: the ramp from 575 MHz needs 8.4 s. specs/bm1366.md 3.5 */
const SHUT_DOWN_BUDGET_MS = 10_000;

export interface BringUpOptions {
  readonly clock: Clock;
  readonly verify: Verify;
  readonly expectedChips: number;
  readonly frequencyMhz: number;
  /** Rounded down to a power of two. */
  readonly ticketDifficulty: number;
  /** Host and chip rate after bring-up; null stays at 115200. Default 1,041,667. */
  readonly baud?: number | null;
  /** Zero bits a twin leaves out. 0 on hardware (the device refuses anything else there). */
  readonly workScale?: number;
  readonly versionMask?: number;
  /** jobSeq of the first job (default 0): a chain brought up again goes on counting where the former one stopped. */
  readonly firstJobSeq?: number;
  readonly onProgress?: (step: string, done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/** Counters of one chip, in units of 2^32 hashes, 32 bits wrapping; null when the chip did not answer that read. specs/bm1366.md 2.8 */
export interface ChipCounters {
  readonly chip: number;
  readonly address: number;
  readonly errorCount: number | null;
  readonly totalCount: number | null;
  readonly domains: readonly (number | null)[];
}

/** Registers whose value the chain itself relies on: set through its own methods only. */
const OWNED: readonly Register[] = [pll0, hashCountingNumber, ticketMask, versionRolling, fastUart];

/**
 * A chain of BM1366 that was brought up. Every set-point is read back from every chip before its promise resolves; set-points run one at a time,
 * reads, jobs and nonces go on meanwhile. After LINK_LOST every method rejects with it.
 */
export class Bm1366Chain {
  readonly chips: number;
  readonly chipId = BM1366;
  readonly addresses: readonly number[];
  readonly workScale: number;

  readonly #link: ChipLink;
  readonly #clock: Clock;
  readonly #reads: RegisterReads;
  readonly #intake: Intake;
  readonly #unsubscribe: readonly (() => void)[];

  /** The clock last written, on its way to the one asked for. */
  #writtenMhz = RESET_MHZ;
  #pllWord = pll0.reset;
  #hashCountingNumber: number | null = null;
  #ticketLog2 = 0;
  #versionMask: number;
  #setPoints: Promise<unknown> = Promise.resolve();
  #sending: Promise<unknown> = Promise.resolve();
  readonly #verify: Verify;
  #dialogue: JobDialogue | null = null;
  #stopSetPoint = new AbortController();

  private constructor(link: ChipLink, options: BringUpOptions, plan: BringUpPlan) {
    this.#link = link;
    this.#clock = options.clock;
    this.chips = plan.chips;
    this.addresses = chipAddresses(plan.chips);
    this.#versionMask = plan.versionMask;
    this.workScale = options.workScale ?? 0;
    this.#verify = options.verify;
    this.#reads = new RegisterReads(link, options.clock);
    this.#intake = new Intake({
      ...plan,
      firstJobSeq: options.firstJobSeq ?? 0,
      verify: options.verify,
      accept: (answer) => this.#reads.accept(answer),
    });
    this.#unsubscribe = [link.onFrames((batch) => this.#intake.take(batch)), link.onLost((reason) => this.#reads.end(reason))];
  }

  /**
   * Brings up a chain that is powered and out of reset (the board's business), in the order of specs/bm1366.md 3.1. Rejects with CHIP_MISSING,
   * CHAIN_SHORT, CHAIN_LONG, WRONG_CHIP, BAUD_UNSTABLE, READBACK_MISMATCH, RESPONSE_TIMEOUT, SETPOINT_REFUSED (nothing written) or LINK_LOST;
   * the chips are then in between: reset them before another try.
   */
  static async bringUp(link: ChipLink, options: BringUpOptions): Promise<Bm1366Chain> {
    const { expectedChips: chips, frequencyMhz, ticketDifficulty, baud = DEFAULT_BAUD, versionMask = DEFAULT_VERSION_MASK } = options;
    if (!Number.isInteger(chips) || chips < 1 || chips > 256) {
      throw new DriverError("SETPOINT_REFUSED", `A chain has 1 to 256 chips, not ${chips}.`, "Correct the number of chips.", { chips });
    }
    const ticketLog2 = ticketLog2For(ticketDifficulty);
    const plan: BringUpPlan = { chips, frequencyMhz, ticketDifficulty, baud, versionMask: (versionMask & DEFAULT_VERSION_MASK) >>> 0 };
    const steps = bringUpSteps(plan);
    const chain = new Bm1366Chain(link, options, plan);
    try {
      let done = 0;
      for (const step of steps) {
        await chain.#run(step, options.signal);
        done++;
        options.onProgress?.(step.name, done, steps.length);
      }
    } catch (reason) {
      chain.detach();
      throw reason;
    }
    chain.#ticketLog2 = ticketLog2;
    return chain;
  }

  /** Core clock from the dividers in force, MHz; not the one asked for. */
  get frequencyMhz(): number {
    return this.#writtenMhz;
  }

  /** null: never written since reset. */
  get hashCountingNumber(): number | null {
    return this.#hashCountingNumber;
  }

  get ticketDifficulty(): number {
    return 2 ** this.#ticketLog2;
  }

  get ticketLog2(): number {
    return this.#ticketLog2;
  }

  /**
   * Ramps to the clock nearest `mhz`, 100 ms per step, then writes HASH_COUNTING_NUMBER for the clock reached and reads both back; resolves
   * with that clock. Rejects with SETPOINT_REFUSED (nothing written) outside the PLL's range. When aborted it stays at the step it had
   * reached, with HASH_COUNTING_NUMBER for it. specs/bm1366.md 3.5
   */
  setFrequency(
    mhz: number,
    options: { onStep?: (mhz: number, done: number, total: number) => void; signal?: AbortSignal } = {},
  ): Promise<number> {
    return this.#setPoint(options.signal, async (signal) => {
      const steps = this.#rampSteps(mhz);
      const settle = countingSteps(mhz, this.chips);
      try {
        for (const [at, step] of steps.entries()) {
          await this.#run(step, signal);
          options.onStep?.(this.#writtenMhz, at + 1, steps.length);
        }
      } catch (reason) {
        if (signal.aborted)
          for (const step of countingSteps(this.#writtenMhz, this.chips)) if (step.do === "write") await this.#run(step, undefined);
        throw reason;
      }
      for (const step of settle) await this.#run(step, signal);
      return this.#writtenMhz;
    });
  }

  /** Overrides HASH_COUNTING_NUMBER until the next change of clock, to shorten the epoch of a replayed job. specs/bm1366.md 4.7 */
  setHashCountingNumber(count: number, options: { signal?: AbortSignal } = {}): Promise<number> {
    return this.#setPoint(options.signal, async (signal) => {
      await this.#writeAndConfirm(hashCountingNumber, hashCountingNumber.encode({ count }), signal);
      return count;
    });
  }

  /** Version bits the chips roll for the next jobs. */
  get versionMask(): number {
    return this.#versionMask;
  }

  /**
   * Changes the version bits that may be rolled, from the next job on: what a pool's answer to mining.configure asks for. Jobs already out
   * keep theirs. Bits outside BIP 320 are left out; VALUE_REFUSED when none is left, because chips would hash one version again and again.
   */
  setVersionMask(versionMask: number, options: { signal?: AbortSignal } = {}): Promise<number> {
    return this.#setPoint(options.signal, async (signal) => {
      const allowed = (versionMask & DEFAULT_VERSION_MASK) >>> 0;
      if (allowed === 0) {
        const hint = "Ask for at least one of the bits 13 to 28.";
        throw new DriverError("VALUE_REFUSED", "This version mask leaves the chips nothing to roll.", hint, { versionMask });
      }
      const word = versionRollingWord(allowed);
      await this.#writeAndConfirm(versionRolling, word, signal);
      this.#versionMask = allowed;
      return allowed;
    });
  }

  /** Sets the difficulty from which nonces are reported, rounded down to a power of two; resolves with the one in force. specs/bm1366.md 2.2 */
  setTicketDifficulty(difficulty: number, options: { signal?: AbortSignal } = {}): Promise<number> {
    return this.#setPoint(options.signal, async (signal) => {
      const log2 = ticketLog2For(difficulty);
      await this.#writeAndConfirm(ticketMask, ticketMask.encode({ log2Difficulty: log2 }), signal);
      this.#ticketLog2 = log2;
      return this.ticketDifficulty;
    });
  }

  /** Reads a register from one chip or from all; rejects with RESPONSE_TIMEOUT when one of them does not answer. */
  async readRegister(
    register: Register,
    options: { address?: number; timeoutMs?: number; signal?: AbortSignal } = {},
  ): Promise<readonly RegisterAnswer[]> {
    const { address = null, timeoutMs = READ_TIMEOUT_MS, signal } = options;
    const from = address === null ? this.addresses : [address];
    const answers = await this.#reads.read({ register: register.address, to: address, from, timeoutMs, signal });
    if (answers.length < from.length) throw responseTimeout(register.name, from, answers);
    return answers;
  }

  /** Writes a register of one chip or of all. Rejects with VALUE_REFUSED for registers that are read only or that the chain sets itself. */
  async writeRegister(register: Register, word: number, options: { address?: number } = {}): Promise<void> {
    if (register.access === "r" || OWNED.some((owned) => owned.address === register.address)) {
      throw new DriverError(
        "VALUE_REFUSED",
        `${register.name} is ${register.access === "r" ? "read only" : "set by the chain itself"}.`,
        "Use setFrequency, setHashCountingNumber, setTicketDifficulty or bring the chain up anew.",
        { register: register.name },
      );
    }
    const { address = null } = options;
    await this.#run({ name: `write ${register.name}`, do: "write", register, word, address, waitMs: 0 }, undefined);
  }

  /** Reads the work and error counters of all chips; rejects with RESPONSE_TIMEOUT when nothing answers at all. specs/bm1366.md 3.7 */
  async pollCounters(options: { signal?: AbortSignal } = {}): Promise<readonly ChipCounters[]> {
    const polled = [errorCount, ...domainCounts, totalCount];
    const columns: ReadonlyMap<number, number>[] = [];
    for (const register of polled) {
      const answers = await this.#reads.read({
        register: register.address,
        to: null,
        from: this.addresses,
        timeoutMs: READ_TIMEOUT_MS,
        signal: options.signal,
      });
      columns.push(new Map(answers.map((answer) => [answer.address, answer.value])));
    }
    if (columns.every((column) => column.size === 0)) throw responseTimeout("the counters", this.addresses, []);
    return this.addresses.map((address, chip) => {
      const [errors = null, ...rest] = columns.map((column) => column.get(address) ?? null);
      return { chip, address, errorCount: errors, totalCount: rest.at(-1) ?? null, domains: rest.slice(0, -1) };
    });
  }

  /**
   * Sends a job to all chips; it replaces the running one at once. The version goes out without the bits the chips roll (specs/bm1366.md 8.4), and
   * the record says what went out. With `fresh`, late nonces of the job before count as stale.
   */
  sendJob(fields: HeaderFields, options: { fresh?: boolean } = {}): Promise<JobRecord> {
    const turn = this.#sending.then(() => this.#sendJob(fields, options.fresh ?? false));
    this.#sending = turn.catch(() => undefined);
    return turn;
  }

  /**
   * One job at a time from now on, each upon the answer to the one before, until the dialogue is stopped; sendJob rejects with DIALOGUE_OPEN
   * meanwhile. DriverError DIALOGUE_REFUSED.
   */
  startDialogue(options: ChainDialogueOptions): JobDialogue {
    const [link, clock] = [this.#link, this.#clock];
    this.#dialogue = new JobDialogue(
      {
        intake: this.#intake,
        chips: this.chips,
        baud: () => link.baud,
        describe: (fields) => this.#describe(fields),
        versionMask: () => this.#versionMask,
        start: (native) => link.startDialogue?.(native) ?? startLinkDialogue(link, { clock, verify: this.#verify }, native),
        onStop: () => {
          this.#dialogue = null;
        },
      },
      options,
    );
    return this.#dialogue;
  }

  /** Verified nonces as they come, one batch per batch of frames that holds any. Returns what ends the subscription. */
  onNonces(listener: (batch: NonceBatch) => void): () => void {
    this.#intake.nonceListeners.add(listener);
    return () => void this.#intake.nonceListeners.delete(listener);
  }

  /** Every answer with a register the table knows, asked for or not. Returns what ends the subscription. */
  onRegister(listener: (answer: RegisterAnswer) => void): () => void {
    this.#intake.registerListeners.add(listener);
    return () => void this.#intake.registerListeners.delete(listener);
  }

  /**
   * What the chips need before their supply goes: ramp down to 50 MHz and HASH_COUNTING_NUMBER for it. Stops a set-point that is under way. Best
   * effort: never rejects, gives up after `budgetMs`, and says what stopped it. specs/bm1366.md 3.5
   */
  async shutDownSequence(options: { budgetMs?: number } = {}): Promise<{ completed: boolean; frequencyMhz: number; reason: unknown }> {
    const { budgetMs = SHUT_DOWN_BUDGET_MS } = options;
    const startNs = this.#clock.nowNs();
    this.#stopSetPoint.abort(new DriverError("SHUTTING_DOWN", "The chain is shutting down.", "Bring it up again to go on."));
    let reason: unknown = null;
    try {
      await this.#setPoints;
      const steps = [...this.#rampSteps(RESET_MHZ), ...countingSteps(RESET_MHZ, this.chips)];
      for (const step of steps) {
        if (elapsedMs(this.#clock, startNs) >= budgetMs) {
          throw new DriverError("SHUT_DOWN_SLOW", `Shutting down took more than ${budgetMs} ms.`, "Cut the core supply now.", { budgetMs });
        }
        await this.#run(step, undefined);
      }
    } catch (error) {
      reason = error;
    }
    return { completed: reason === null, frequencyMhz: this.#writtenMhz, reason };
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

  /** The ramp from where the clock is; one write when only the dividers differ. */
  #rampSteps(mhz: number): Step[] {
    const steps = rampSteps(this.#writtenMhz, mhz);
    return steps.length === 0 && pllWordFor(mhz) !== this.#pllWord ? [clockStep(mhz)] : steps;
  }

  #setPoint<T>(outer: AbortSignal | undefined, run: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const turn = this.#setPoints.then(() => {
      const signals = [this.#stopSetPoint.signal, ...(outer ? [outer] : [])];
      const signal = AbortSignal.any(signals);
      signal.throwIfAborted();
      return run(signal);
    });
    this.#setPoints = turn.catch(() => undefined);
    return turn;
  }

  async #writeAndConfirm(register: Register, word: number, signal: AbortSignal | undefined): Promise<void> {
    await this.#run({ name: `write ${register.name}`, do: "write", register, word, address: null, waitMs: 0 }, signal);
    await this.#run({ name: `read back ${register.name}`, do: "read-back", register, word }, signal);
  }

  #run(step: Step, signal: AbortSignal | undefined): Promise<void> {
    return runStep(step, {
      link: this.#link,
      clock: this.#clock,
      reads: this.#reads,
      addresses: this.addresses,
      onWrite: (register, word) => this.#note(register, word),
      signal,
    });
  }

  /** Keeps what nonces are judged by in step with what is written. */
  #note(register: Register, word: number): void {
    if (register === pll0) {
      if (word !== this.#pllWord) this.#intake.jobs.disturbSweeps();
      this.#pllWord = word;
      this.#writtenMhz = pllMhz(pll0.decode(word));
    } else if (register === hashCountingNumber) {
      if (word !== this.#hashCountingNumber) this.#intake.jobs.disturbSweeps();
      this.#hashCountingNumber = word;
    } else if (register === ticketMask) {
      // Until the read-back says that the new ticket holds, nonces of either may come.
      const log2 = ticketMask.decode(word).log2Difficulty ?? 0;
      this.#ticketLog2 = Math.min(this.#ticketLog2, log2);
      this.#intake.jobs.lowerTicket(log2);
    }
  }

  /** What a job's record says of the moment. */
  #describe(fields: HeaderFields) {
    return {
      ...fields,
      ticketLog2: this.#ticketLog2,
      workScale: this.workScale,
      frequencyMhz: this.#writtenMhz,
      hashCountingNumber: this.#hashCountingNumber,
    };
  }

  async #sendJob(fields: HeaderFields, fresh: boolean): Promise<JobRecord> {
    if (this.#dialogue)
      throw new DriverError("DIALOGUE_OPEN", "A dialogue has the chain: a job of its own would break it.", "Stop the dialogue first.");
    const { jobSeq, wireId } = this.#intake.jobs.next;
    const sent = { ...fields, version: (fields.version & ~this.#versionMask) >>> 0 };
    const frame = encodeJob(wireId, sent);
    const record: JobRecord = { ...this.#describe(sent), jobSeq, wireId, sentNs: this.#clock.nowNs() };
    this.#intake.hold();
    this.#intake.jobs.put(record, fresh, this.#versionMask);
    try {
      const sentNs = await this.#link.write(frame, JOB_DEADLINE_MS);
      // The job's own bytes, and the one byte of an answer after whose end it is stamped.
      const startNs = sentNs + BigInt(Math.round(wireNs(FULL_JOB_BYTES + 1, this.#link.baud)));
      return this.#intake.jobs.started(record, sentNs, startNs);
    } catch (reason) {
      this.#intake.jobs.withdraw(jobSeq);
      throw reason;
    } finally {
      this.#intake.release();
    }
  }
}

function ticketLog2For(difficulty: number): number {
  if (difficulty >= 1 && difficulty <= 2 ** 32) return ticketLog2Of(difficulty);
  throw new DriverError(
    "SETPOINT_REFUSED",
    `A ticket difficulty of ${difficulty} is not possible.`,
    "Choose one from 1 to 4294967296; it is rounded down to a power of two.",
    { difficulty },
  );
}
