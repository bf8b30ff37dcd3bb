import type { JobRecord } from "../../common/block-header.ts";

/** Ids step by 8, because the chip uses the low three bits; 16 of them, as the vendor firmware. specs/bm1366.md 4.3 */
const ID_STEP = 8;
const ID_MODULUS = 128;

/** How many ids there are. */
export const JOB_IDS = ID_MODULUS / ID_STEP;

/** What may be rolled at all (BIP 320). */
const ALL_VERSION_BITS = 0x1fff_e000;

/** A job the chips may still answer for. */
export interface SentJob {
  readonly record: JobRecord;
  /** When an answer found at the very start of its sweep would be stamped; null until the line has taken the job. specs/bm1366.md 9 */
  readonly startNs: bigint | null;
  /** The lowest ticket in force since it was sent: a nonce need not reach more. */
  readonly lowestTicketLog2: number;
  /** Version bits the chips rolled for it. specs/bm1366.md 2.9 */
  readonly versionMask: number;
  /** false once clock or HASH_COUNTING_NUMBER changed under it: its nonces have no ideal time any more. */
  readonly steady: boolean;
}

interface Slot {
  current: SentJob;
  previous: SentJob | null;
}

/**
 * Which job an id on the wire stands for. Ids come round after 16 jobs, so a slot keeps its last two jobs and a late nonce can
 * find its own; `jobSeq` never comes round. specs/bm1366.md 4.3, 8.15
 */
export class JobRegistry {
  readonly #slots = new Map<number, Slot>();
  #nextSeq: number;
  #wireId = 0;
  #newest: SentJob | null = null;
  #beforeNewest: SentJob | null = null;

  /** `firstSeq`: where jobs start to count, for a chain brought up again within one record. */
  constructor(firstSeq = 0) {
    this.#nextSeq = firstSeq;
  }

  /** Number and wire id of the next job to be put. */
  get next(): { readonly jobSeq: number; readonly wireId: number } {
    return { jobSeq: this.#nextSeq, wireId: (this.#wireId + ID_STEP) % ID_MODULUS };
  }

  /** The wire id of a job that is to be put when those before it have been. */
  wireIdOf(jobSeq: number): number {
    return (this.#wireId + ID_STEP * (jobSeq - this.#nextSeq + 1)) % ID_MODULUS;
  }

  /** Enters a job under the ids of `next`. With `fresh`, what the jobs before it still yield counts as stale at once. */
  put(record: JobRecord, fresh: boolean, versionMask = ALL_VERSION_BITS): void {
    const job: SentJob = { record, versionMask, startNs: null, lowestTicketLog2: record.ticketLog2, steady: true };
    this.#nextSeq = record.jobSeq + 1;
    this.#wireId = record.wireId;
    this.#slots.set(record.wireId, { current: job, previous: this.#slots.get(record.wireId)?.current ?? null });
    this.#beforeNewest = fresh ? null : this.#newest;
    this.#newest = job;
  }

  /** Enters when the line took the newest job and when its sweep started; returns the completed record. */
  started(record: JobRecord, sentNs: bigint, startNs: bigint): JobRecord {
    const complete = { ...record, sentNs };
    this.#update((job) => (job.record.jobSeq === record.jobSeq ? { ...job, record: complete, startNs } : job));
    return complete;
  }

  /** Takes back a job that did not reach the line; its number is not used again. */
  withdraw(jobSeq: number): void {
    for (const [wireId, slot] of this.#slots) {
      if (slot.current.record.jobSeq !== jobSeq) continue;
      if (slot.previous) this.#slots.set(wireId, { current: slot.previous, previous: null });
      else this.#slots.delete(wireId);
    }
    if (this.#newest?.record.jobSeq !== jobSeq) return;
    this.#newest = this.#beforeNewest;
    this.#beforeNewest = null;
  }

  /** The jobs that were last sent under an id, newest first; none when the id was never used. */
  sentUnder(wireId: number): readonly SentJob[] {
    const slot = this.#slots.get(wireId);
    if (!slot) return [];
    return slot.previous ? [slot.current, slot.previous] : [slot.current];
  }

  /** The job running now, or the one just before it, whose last nonces are still on their way. */
  isLive(job: SentJob): boolean {
    const { jobSeq } = job.record;
    return jobSeq === this.#newest?.record.jobSeq || jobSeq === this.#beforeNewest?.record.jobSeq;
  }

  /** The ticket is or is about to be `log2`: from now on jobs already sent may yield nonces of that difficulty. */
  lowerTicket(log2: number): void {
    this.#update((job) => ({ ...job, lowestTicketLog2: Math.min(job.lowestTicketLog2, log2) }));
  }

  /** Clock or HASH_COUNTING_NUMBER changes: jobs already sent lose their ideal times. */
  disturbSweeps(): void {
    this.#update((job) => ({ ...job, steady: false }));
  }

  #update(change: (job: SentJob) => SentJob): void {
    for (const slot of this.#slots.values()) {
      slot.current = change(slot.current);
      slot.previous = slot.previous && change(slot.previous);
    }
    this.#newest = this.#newest && change(this.#newest);
    this.#beforeNewest = this.#beforeNewest && change(this.#beforeNewest);
  }
}
