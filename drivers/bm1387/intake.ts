import { countByStatus, NONCE_STATUSES, type NonceBatch, type NonceStatus, STATUS } from "../../common/nonce-batch.ts";
import { SeenNonces } from "../bm13xx/seen-nonces.ts";
import type { Verify } from "../bm13xx/verify.ts";
import type { FrameBatch } from "../transport/chip-link.ts";
import { correlate, type ValueAnswer } from "./correlate.ts";
import type { MidstateCount } from "./job.ts";
import { JobRegistry } from "./job-registry.ts";

export interface ChainCounters {
  readonly frames: number;
  /** Frames that decoded to nothing. */
  readonly damagedFrames: number;
  /** Register values nobody had asked for (any more). */
  readonly unsolicitedAnswers: number;
  /** Nonces of the works that opened and tested the cores; not passed on. */
  readonly openingNonces: number;
  /** Nonces of cores that no BM1387 has: damage that the checksum let through. */
  readonly impossibleCores: number;
  readonly nonces: Readonly<Record<NonceStatus, number>>;
}

export interface IntakeOptions {
  readonly verify: Verify;
  readonly chips: number;
  readonly midstates: MidstateCount;
  /** Offers a value to whoever asked; false when nobody did. */
  readonly accept: (answer: ValueAnswer) => boolean;
}

/** Who sends jobs by itself, such as the work pump: `drain` enters in the registry what was sent so far. */
export interface JobSource {
  drain(): void;
}

/** What a chip was seen to do in this run, by its nonces. */
export interface ChipTally {
  /** Work its verified nonces stand for, in units of 2^32 hashes. */
  work: number;
  /** Work its invalid nonces stand for, in the same units. */
  errors: number;
}

const NO_NONCES: Readonly<Record<NonceStatus, number>> = { valid: 0, invalid: 0, stale: 0, duplicate: 0, "unknown-job": 0 };

/** What comes from the chips: frames in, verified nonces and register values out to their listeners. */
export class Intake {
  readonly nonceListeners = new Set<(batch: NonceBatch) => void>();
  readonly tallies: readonly ChipTally[];
  readonly #options: IntakeOptions;
  readonly #total = { frames: 0, damagedFrames: 0, unsolicitedAnswers: 0, openingNonces: 0, impossibleCores: 0 };
  #jobs: JobRegistry;
  #seen = new SeenNonces();
  #statuses = { ...NO_NONCES };
  #held: FrameBatch[] | null = null;
  #ticketLog2 = 0;
  #jobSource: JobSource | null = null;
  /** Jobs being written: frames wait for all of them. */
  #holds = 0;

  constructor(options: IntakeOptions) {
    this.#options = options;
    this.#jobs = new JobRegistry(options.midstates);
    this.tallies = Array.from({ length: options.chips }, () => ({ work: 0, errors: 0 }));
  }

  get jobs(): JobRegistry {
    return this.#jobs;
  }

  /** Whom to ask for jobs sent meanwhile before frames are looked at; null for nobody. */
  feedFrom(source: JobSource | null): void {
    this.#jobSource = source;
  }

  /** The ticket is or is about to be that: jobs already sent may yield easier nonces, and each nonce stands for 2^log2 * 2^32 hashes. */
  set ticketLog2(log2: number) {
    this.#ticketLog2 = log2;
    this.#jobs.lowerTicket(log2);
  }

  /** Begins to count anew, with a first job of that number; nonces of all jobs before belong to nothing any more. */
  beginRun(firstJobSeq: number): void {
    this.#jobs = new JobRegistry(this.#options.midstates, firstJobSeq);
    this.#seen = new SeenNonces();
    this.#statuses = { ...NO_NONCES };
    for (const tally of this.tallies) Object.assign(tally, { work: 0, errors: 0 });
  }

  take(batch: FrameBatch): void {
    if (this.#held) this.#held.push(batch);
    else this.#process(batch);
  }

  /** Keeps frames back while a job is on its way to the line: when its sweep started is not known yet. */
  hold(): void {
    this.#holds++;
    this.#held ??= [];
  }

  release(): void {
    if (--this.#holds > 0) return;
    const held = this.#held ?? [];
    this.#held = null;
    for (const batch of held) this.#process(batch);
  }

  counters(): ChainCounters {
    return { ...this.#total, nonces: { ...this.#statuses } };
  }

  #process(batch: FrameBatch): void {
    this.#jobSource?.drain();
    const { verify, chips, accept } = this.#options;
    const found = correlate(batch, { verify, chips, jobs: this.#jobs, seen: this.#seen });
    const { nonces, values } = found;
    this.#total.frames += batch.count;
    this.#total.damagedFrames += found.damagedFrames;
    this.#total.openingNonces += found.openingNonces;
    this.#total.impossibleCores += found.impossibleCores;
    for (const answer of values) if (!accept(answer)) this.#total.unsolicitedAnswers++;
    if (nonces.length === 0) return;
    const counts = countByStatus(nonces);
    for (const status of NONCE_STATUSES) this.#statuses[status] += counts[status];
    this.#tally(nonces);
    for (const listener of this.nonceListeners) listener(nonces);
  }

  #tally(nonces: NonceBatch): void {
    const work = 2 ** this.#ticketLog2;
    for (let row = 0; row < nonces.length; row++) {
      const tally = this.tallies[nonces.chip[row] as number];
      const status = nonces.status[row];
      if (!tally || status === STATUS.unknownJob || status === STATUS.duplicate) continue;
      if (status === STATUS.invalid) tally.errors += work;
      else tally.work += work;
    }
  }
}
