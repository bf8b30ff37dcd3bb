import type { JobRecord } from "../../common/block-header.ts";
import { DriverError } from "../../common/errors.ts";
import type { MidstateCount } from "./job.ts";

/** Ids on the wire have 7 bits, of which the chip needs the lowest for the midstate. specs/bm1387.md 1.6 */
const ID_MODULUS = 128;
/**
 * How many of the last jobs under one id are kept, those still waiting to be sent among them: on a line that is never idle, those of the last four seconds, for a thread
 * that is blocked as long.
 */
const GENERATIONS = 128;
/** Of those, how many may wait. */
const WAITING_GENERATIONS = 4;
/**
 * By how much the time a job is known to have started may be late: on a line that is never idle an id returns after 31 ms at the least, so
 * this cannot mix up two jobs under one id.
 */
const START_TOLERANCE_NS = 20_000_000n;

/**
 * How late an answer may come. Works last 1 to 3 ms, so that any answer is to one that was replaced: a chip's queue holds it for as long, and a
 * busy machine hands it over 0.3 s later. GUESS: three times that. Whose it is says its hash, not its time.
 */
const LATE_NS = 1_000_000_000n;

/** The id a run whose first job has that number uses last: late answers to what ran before go under it, until it comes round. */
export function idBefore(firstSeq: number, midstates: MidstateCount): number {
  return (firstSeq * midstates + ID_MODULUS - midstates) % ID_MODULUS;
}

/** A job the chips may answer for. */
export interface SentJob {
  readonly record: JobRecord;
  /** Rolled version bits of each midstate, in place: the header's version is record.version | versionBits[i]. */
  readonly versionBits: readonly number[];
  /** When an answer found at the very start of its sweep would be stamped; null until the line has taken the job. */
  readonly startNs: bigint | null;
  /** When the next job started; null while there is none. */
  readonly endNs: bigint | null;
  /** Core clock of each chip when it started. */
  readonly frequenciesMhz: readonly number[];
  /** The lowest ticket in force since it was entered: a nonce need not reach more. */
  readonly lowestTicketLog2: number;
  /** false once a clock changed under it: its nonces have no ideal time any more. */
  readonly steady: boolean;
}

interface Entry extends SentJob {
  record: JobRecord;
  startNs: bigint | null;
  endNs: bigint | null;
  frequenciesMhz: readonly number[];
  lowestTicketLog2: number;
  steady: boolean;
  /** The line has it. */
  taken: boolean;
  /** Replaced by a fresh job: what it still yields is stale. */
  retired: boolean;
}

/** What is known of a job once the line has taken it. */
export interface Start {
  readonly sentNs: bigint;
  readonly startNs: bigint;
  readonly frequenciesMhz: readonly number[];
}

/**
 * Which job an id on the wire stands for, and when. With 4 midstates 32 ids circulate and one returns after 47 ms at full speed, so each
 * keeps several generations, and a nonce finds its own by the time it was seen and by its hash. `jobSeq` never comes round; the id is
 * jobSeq * midstates modulo 128, as the work pump counts. specs/bm1387.md 1.6
 */
export class JobRegistry {
  readonly midstates: MidstateCount;
  readonly #slots = new Map<number, Entry[]>();
  readonly #bySeq = new Map<number, Entry>();
  /** Jobs the line has taken, oldest first. */
  readonly #started: Entry[] = [];
  #nextSeq: number;
  #waiting = 0;

  constructor(midstates: MidstateCount, firstSeq = 0) {
    this.midstates = midstates;
    this.#nextSeq = firstSeq;
  }

  /** How many jobs are out before an id returns. */
  get cycle(): number {
    return ID_MODULUS / this.midstates;
  }

  /** Number and wire id of the next job. */
  get next(): { readonly jobSeq: number; readonly wireId: number } {
    return { jobSeq: this.#nextSeq, wireId: (this.#nextSeq * this.midstates) % ID_MODULUS };
  }

  /**
   * Enters a job that is to be sent. With `fresh`, what the jobs before it still yield counts as stale at once. Throws DriverError
   * JOB_QUEUE_FULL when so many wait to be sent that ids would lose their history.
   */
  put(record: JobRecord, versionBits: readonly number[], fresh: boolean): SentJob {
    if (this.#waiting >= this.cycle * WAITING_GENERATIONS) {
      throw new DriverError("JOB_QUEUE_FULL", `${this.#waiting} jobs wait to be sent.`, "Report jobs as sent or withdraw them first.", {
        waiting: this.#waiting,
      });
    }
    if (fresh) this.retireAll();
    const entry: Entry = {
      record,
      versionBits,
      startNs: null,
      endNs: null,
      frequenciesMhz: [],
      lowestTicketLog2: record.ticketLog2,
      steady: true,
      taken: false,
      retired: false,
    };
    this.#nextSeq = record.jobSeq + 1;
    this.#waiting++;
    this.#bySeq.set(record.jobSeq, entry);
    const slot = this.#slots.get(record.wireId) ?? [];
    this.#slots.set(record.wireId, slot);
    slot.push(entry);
    if (slot.length > GENERATIONS) this.#forget(slot);
    return entry;
  }

  /** Enters when the line took a job and when its sweep started; returns the completed record, or null for a job that is not known (any more). */
  started(jobSeq: number, { sentNs, startNs, frequenciesMhz }: Start): JobRecord | null {
    const entry = this.#bySeq.get(jobSeq);
    if (!entry || entry.taken) return null;
    const before = this.#started.at(-1);
    if (before) before.endNs = startNs;
    entry.record = { ...entry.record, sentNs, frequencyMhz: Math.max(...frequenciesMhz) };
    entry.startNs = startNs;
    entry.frequenciesMhz = frequenciesMhz;
    entry.taken = true;
    this.#waiting--;
    this.#started.push(entry);
    if (this.#started.length > this.cycle * GENERATIONS) this.#started.shift();
    return entry.record;
  }

  /** Takes back a job that will not reach the line; its number is not used again. */
  withdraw(jobSeq: number): void {
    const entry = this.#bySeq.get(jobSeq);
    if (!entry || entry.taken) return;
    this.#waiting--;
    this.#bySeq.delete(jobSeq);
    const slot = this.#slots.get(entry.record.wireId) ?? [];
    slot.splice(slot.indexOf(entry), 1);
    if (slot.length === 0) this.#slots.delete(entry.record.wireId);
  }

  /**
   * The jobs a nonce under `wireId` that was seen at `tNs` may belong to, likeliest first; none when the id was not in use. All that are kept: a
   * host that is late itself sees a nonce after its id has come round, or knows too late a time of a job's start, and the hash tells whose
   * it is. specs/bm1387.md 1.6
   */
  candidates(wireId: number, tNs: bigint): readonly SentJob[] {
    const slot = this.#slots.get(wireId) ?? [];
    const at = slot.findIndex((entry) => entry.startNs === null || entry.startNs > tNs + START_TOLERANCE_NS);
    if (at < 0) return slot.toReversed();
    return [...slot.slice(0, at).reverse(), ...slot.slice(at)];
  }

  /** Whether a job of that number was entered and is still known. */
  has(jobSeq: number): boolean {
    return this.#bySeq.has(jobSeq);
  }

  /** What the jobs before yield counts as stale from now on: a pool's work has changed. */
  retireAll(): void {
    for (const entry of this.#bySeq.values()) entry.retired = true;
  }

  /** Whether an id was in use at all. */
  knows(wireId: number): boolean {
    return this.#slots.has(wireId);
  }

  /** Whether answers for a job still count at `tNs`: no fresh job came since, and the chips had it at most LATE_NS before. */
  isLive(job: SentJob, tNs: bigint): boolean {
    const entry = this.#bySeq.get(job.record.jobSeq);
    if (!entry || entry.retired) return false;
    return entry.endNs === null || tNs <= entry.endNs + LATE_NS;
  }

  /** The ticket is or is about to be `log2`: from now on jobs already sent may yield nonces of that difficulty. */
  lowerTicket(log2: number): void {
    for (const entry of this.#bySeq.values()) entry.lowestTicketLog2 = Math.min(entry.lowestTicketLog2, log2);
  }

  /** A clock changes: jobs already sent lose their ideal times. */
  disturbSweeps(): void {
    for (const entry of this.#started) entry.steady = false;
  }

  #forget(slot: Entry[]): void {
    const oldest = slot.shift();
    if (!oldest) return;
    this.#bySeq.delete(oldest.record.jobSeq);
    if (!oldest.taken) this.#waiting--;
  }
}
