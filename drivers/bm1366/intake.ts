import { countByStatus, NONCE_STATUSES, type NonceBatch, type NonceStatus } from "../../common/nonce-batch.ts";
import { SeenNonces } from "../bm13xx/seen-nonces.ts";
import { type FrameBatch, sliceFrames } from "../transport/chip-link.ts";
import { correlate, type RegisterAnswer, type Verify } from "./correlate.ts";
import { JOB_IDS, JobRegistry } from "./job-registry.ts";
import { registerAt } from "./registers.ts";

export interface ChainCounters {
  readonly frames: number;
  /** Frames that decoded to nothing. */
  readonly damagedFrames: number;
  /** Answers for registers the table does not have. */
  readonly unknownRegisters: number;
  /** Answers nobody had asked for (any more). */
  readonly unsolicitedAnswers: number;
  readonly nonces: Readonly<Record<NonceStatus, number>>;
}

export interface IntakeOptions {
  readonly verify: Verify;
  readonly chips: number;
  readonly firstJobSeq: number;
  /** Offers an answer to whoever asked; false when nobody did. */
  readonly accept: (answer: RegisterAnswer) => boolean;
}

/** Who sends jobs by itself, such as a dialogue: `drain` enters in the registry what was sent so far, in order, with `advance` before each. */
export interface JobSource {
  drain(): void;
}

/** What comes from the chips: frames in, verified nonces and register answers out to their listeners. */
export class Intake {
  readonly jobs: JobRegistry;
  readonly nonceListeners = new Set<(batch: NonceBatch) => void>();
  readonly registerListeners = new Set<(answer: RegisterAnswer) => void>();
  readonly #options: IntakeOptions;
  /** An id keeps its last two jobs; those that are under way may be as many again. */
  readonly #seen = new SeenNonces({ mostJobs: 4 * JOB_IDS });
  readonly #total = { frames: 0, damagedFrames: 0, unknownRegisters: 0, unsolicitedAnswers: 0 };
  readonly #statuses: Record<NonceStatus, number> = { valid: 0, invalid: 0, stale: 0, duplicate: 0, "unknown-job": 0 };
  #held: FrameBatch[] | null = null;
  /** Frames that are not judged yet, because jobs may have left between them. */
  #due: FrameBatch[] = [];
  #source: JobSource | null = null;

  constructor(options: IntakeOptions) {
    this.#options = options;
    this.jobs = new JobRegistry(options.firstJobSeq);
  }

  take(batch: FrameBatch): void {
    if (this.#held) this.#held.push(batch);
    else {
      this.#due.push(batch);
      this.#source?.drain();
      this.advance(null);
    }
  }

  /** Whom to ask for jobs sent meanwhile before frames are judged; null for nobody. */
  feedFrom(source: JobSource | null): void {
    this.#source = source;
  }

  /** Judges what came before `beforeNs` by the jobs as they stand; all there is for null. */
  advance(beforeNs: bigint | null): void {
    for (let batch = this.#due.shift(); batch; batch = this.#due.shift()) {
      const split = beforeNs === null ? batch.count : batch.tNs.findIndex((tNs) => tNs >= beforeNs);
      if (split > 0) this.#process(sliceFrames(batch, 0, split));
      if (split >= 0 && split < batch.count) {
        this.#due.unshift(sliceFrames(batch, split, batch.count));
        return;
      }
      if (split < 0) this.#process(batch);
    }
  }

  /** Keeps frames back while a job is on its way to the line: when its sweep started is not known yet. */
  hold(): void {
    this.#held ??= [];
  }

  release(): void {
    const held = this.#held ?? [];
    this.#held = null;
    for (const batch of held) this.#process(batch);
  }

  counters(): ChainCounters {
    return { ...this.#total, nonces: { ...this.#statuses } };
  }

  #process(batch: FrameBatch): void {
    const { nonces, registers, damagedFrames } = correlate(batch, { ...this.#options, jobs: this.jobs, seen: this.#seen });
    this.#total.frames += batch.count;
    this.#total.damagedFrames += damagedFrames;
    for (const answer of registers) this.#processAnswer(answer);
    if (nonces.length === 0) return;
    const counts = countByStatus(nonces);
    for (const status of NONCE_STATUSES) this.#statuses[status] += counts[status];
    for (const listener of this.nonceListeners) listener(nonces);
  }

  #processAnswer(answer: RegisterAnswer): void {
    if (registerAt(answer.register) === null) {
      this.#total.unknownRegisters++;
      return;
    }
    if (!this.#options.accept(answer)) this.#total.unsolicitedAnswers++;
    for (const listener of this.registerListeners) listener(answer);
  }
}
