import type { HeaderFields, JobRecord } from "../../common/block-header.ts";
import type { Clock } from "../../common/clock.ts";
import { DriverError } from "../../common/errors.ts";
import type { NonceBatch } from "../../common/nonce-batch.ts";
import type { ChainDialogueOptions } from "../bm13xx/exchange.ts";
import { pllMhz } from "../bm13xx/pll.ts";
import { refuseOwned } from "../bm13xx/refuse-owned.ts";
import type { Register } from "../bm13xx/register.ts";
import { SetPointTurns } from "../bm13xx/set-point-turns.ts";
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
import { type BringUpOptions, DEFAULT_BAUD, DEFAULT_VERSION_MASK } from "./chain-options.ts";
import { type ChipCounters, pollChipCounters } from "./chip-counters.ts";
import type { RegisterAnswer, Verify } from "./correlate.ts";
import { JobDialogue } from "./dialogue.ts";
import { BM1366 } from "./enumeration.ts";
import { type ChainCounters, Intake } from "./intake.ts";
import { type Described, JobSender } from "./job-sender.ts";
import { RegisterReads } from "./register-reads.ts";
import { fastUart, hashCountingNumber, pll0, pllWordFor, ticketLog2Of, ticketMask, versionRolling } from "./registers.ts";
import { READ_TIMEOUT_MS, responseTimeout, runStep } from "./run-step.ts";

export { type BringUpOptions, DEFAULT_BAUD, DEFAULT_VERSION_MASK } from "./chain-options.ts";
export type { ChipCounters } from "./chip-counters.ts";

/** How long shutting down may take: the ramp from 575 MHz needs 8.4 s. specs/bm1366.md 3.5 */
const SHUT_DOWN_BUDGET_MS = 10_000;

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
  readonly #turns = new SetPointTurns();
  readonly #sender: JobSender;
  readonly #verify: Verify;
  #dialogue: JobDialogue | null = null;

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
    this.#sender = new JobSender({
      link,
      clock: options.clock,
      intake: this.#intake,
      versionMask: () => this.#versionMask,
      describe: (fields) => this.#describe(fields),
      requireFree: () => this.#requireNoDialogue(),
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
    return this.#turns.take(options.signal, async (signal) => {
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
    return this.#turns.take(options.signal, async (signal) => {
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
    return this.#turns.take(options.signal, async (signal) => {
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
    return this.#turns.take(options.signal, async (signal) => {
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
    refuseOwned(register, OWNED, "setFrequency, setHashCountingNumber, setTicketDifficulty");
    const { address = null } = options;
    await this.#run({ name: `write ${register.name}`, do: "write", register, word, address, waitMs: 0 }, undefined);
  }

  /** Reads the work and error counters of all chips; rejects with RESPONSE_TIMEOUT when nothing answers at all. specs/bm1366.md 3.7 */
  pollCounters(options: { signal?: AbortSignal } = {}): Promise<readonly ChipCounters[]> {
    return pollChipCounters(this.#reads, this.addresses, options.signal);
  }

  /**
   * Sends a job to all chips; it replaces the running one at once. The version goes out without the bits the chips roll (specs/bm1366.md 8.4), and
   * the record says what went out. With `fresh`, late nonces of the job before count as stale.
   */
  sendJob(fields: HeaderFields, options: { fresh?: boolean } = {}): Promise<JobRecord> {
    return this.#sender.send(fields, options.fresh ?? false);
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
    const reason = await this.#turns.shutDown(() => {
      const steps = [...this.#rampSteps(RESET_MHZ), ...countingSteps(RESET_MHZ, this.chips)];
      return { steps: steps.map((step) => () => this.#run(step, undefined)), budgetMs, slowHint: "Cut the core supply now." };
    }, this.#clock);
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
  #describe(fields: HeaderFields): Described {
    return {
      ...fields,
      ticketLog2: this.#ticketLog2,
      workScale: this.workScale,
      frequencyMhz: this.#writtenMhz,
      hashCountingNumber: this.#hashCountingNumber,
    };
  }

  #requireNoDialogue(): void {
    if (this.#dialogue)
      throw new DriverError("DIALOGUE_OPEN", "A dialogue has the chain: a job of its own would break it.", "Stop the dialogue first.");
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
