/** Rows handed over and not yet committed, with the rule for what goes first when there are too many. */
import type { JobRecord } from "../../common/block-header.ts";
import { allocateNonces, NONCE_COLUMN_NAMES, type NonceBatch, sliceNonces } from "../../common/nonce-batch.ts";
import type { LogEvent } from "../messages.ts";
import { eventRow, jobRow, type Row, type Rows, sampleRow, setPointRow } from "./rows.ts";
import type { AppliedSetPoint, Sample } from "./store.ts";

export interface StoreCounters {
  /** Rows turned away because too much was waiting for the disk. Events go first, then samples; set-points, jobs and nonces last. */
  readonly shedEvents: number;
  readonly shedSamples: number;
  /** Never silent: onFailure hears of the first of a series. */
  readonly refusedJobs: number;
  readonly refusedSetPoints: number;
  readonly refusedNonces: number;
  /** Rows that violate the schema, such as a second job with the same number. */
  readonly rejectedRows: number;
  /** Handed over and not yet committed, estimated. */
  readonly pendingBytes: number;
  readonly commits: number;
  /** Commits whose oldest row was older than the interval when it was durable, and the age of the oldest of all, ms; null before the first. */
  readonly lateCommits: number;
  readonly worstCommitAgeMs: number | null;
}

export const NONCE_BYTES = NONCE_COLUMN_NAMES.reduce((sum, name) => sum + allocateNonces(0)[name].BYTES_PER_ELEMENT, 0);
/** A row as a small JavaScript array, roughly. */
const ROW_BYTES = 256;
/** What a batch gets room for at first, whatever the last one had. */
const FEWEST_ROWS = 256;
const MOST_ROWS = 32_768;
/** Counts of equal intervals differ. */
const ROOM_PER_ROW = 1.25;
const EVENT_SHARE = 0.25;
const SAMPLE_SHARE = 0.5;

export class Pending {
  readonly #budgetBytes: number;
  readonly #nonces = new Map<number, NonceBatch>();
  /** A little more than the last commit's longest batch had: with room for as many the next one need not grow. */
  #usualRows = FEWEST_ROWS;
  #jobs: Row[] = [];
  #setPoints: Row[] = [];
  #samples: Row[] = [];
  #events: Row[] = [];
  /** Since the start: handed over, and confirmed as committed. What is between them waits. */
  #acceptedBytes = 0;
  #confirmedBytes = 0;
  shedEvents = 0;
  shedSamples = 0;
  refusedJobs = 0;
  refusedSetPoints = 0;
  refusedNonces = 0;

  constructor(budgetBytes: number) {
    this.#budgetBytes = budgetBytes;
  }

  get bytes(): number {
    return this.#acceptedBytes - this.#confirmedBytes;
  }

  /** Rows that were not taken, of all kinds. */
  get turnedAway(): number {
    return this.shedEvents + this.shedSamples + this.refusedJobs + this.refusedSetPoints + this.refusedNonces;
  }

  /** Copies the rows; false when they do not fit. */
  addNonces(runId: number, batch: NonceBatch): boolean {
    if (batch.length === 0) return true;
    if (!this.#claim(batch.length * NONCE_BYTES, 1)) {
      this.refusedNonces += batch.length;
      return false;
    }
    this.#nonces.set(runId, appended(this.#nonces.get(runId), batch, this.#usualRows));
    return true;
  }

  addJobs(runId: number, jobs: readonly JobRecord[]): boolean {
    if (!this.#claim(jobs.length * ROW_BYTES, 1)) {
      this.refusedJobs += jobs.length;
      return false;
    }
    for (const job of jobs) this.#jobs.push(jobRow(runId, job));
    return true;
  }

  addSetPoint(runId: number, setPoint: AppliedSetPoint): boolean {
    if (!this.#claim(ROW_BYTES, 1)) {
      this.refusedSetPoints++;
      return false;
    }
    this.#setPoints.push(setPointRow(runId, setPoint));
    return true;
  }

  /** Sheds in silence, counted; so does addEvent. */
  addSample(runId: number, sample: Sample): true {
    if (this.#claim(ROW_BYTES, SAMPLE_SHARE)) this.#samples.push(sampleRow(runId, sample));
    else this.shedSamples++;
    return true;
  }

  addEvent(runId: number | null, event: LogEvent): true {
    if (this.#claim(ROW_BYTES + 2 * event.text.length, EVENT_SHARE)) this.#events.push(eventRow(runId, event));
    else this.shedEvents++;
    return true;
  }

  /** Everything buffered, for one commit; it counts as waiting until `confirm(upToBytes)`. The caller owns the memory. */
  take(): { rows: Rows; upToBytes: number } {
    const nonces = [...this.#nonces].map(([runId, grown]) => ({ runId, batch: sliceNonces(grown, 0, grown.length) }));
    const rows: Rows = { nonces, jobs: this.#jobs, setPoints: this.#setPoints, samples: this.#samples, events: this.#events };
    const taken = { rows, upToBytes: this.#acceptedBytes };
    const longest = nonces.reduce((most, { batch }) => Math.max(most, batch.length), FEWEST_ROWS);
    this.#usualRows = Math.min(Math.ceil(longest * ROOM_PER_ROW), MOST_ROWS);
    this.#nonces.clear();
    this.#jobs = [];
    this.#setPoints = [];
    this.#samples = [];
    this.#events = [];
    return taken;
  }

  /** A commit holds all that came before it, also what an earlier one could not write. */
  confirm(upToBytes: number): void {
    this.#confirmedBytes = Math.max(this.#confirmedBytes, upToBytes);
  }

  #claim(bytes: number, share: number): boolean {
    if (this.bytes + bytes > this.#budgetBytes * share) return false;
    this.#acceptedBytes += bytes;
    return true;
  }
}

/** `grown` with the batch behind its rows; its columns double when they are too short, so `length` may be less than theirs. */
function appended(grown: NonceBatch | undefined, batch: NonceBatch, usualRows: number): NonceBatch {
  const used = grown?.length ?? 0;
  const length = used + batch.length;
  const roomy = grown !== undefined && grown.tNs.length >= length ? grown : allocateNonces(Math.max(length, 2 * used, usualRows));
  for (const name of NONCE_COLUMN_NAMES) {
    const column = roomy[name] as { set(source: unknown, offset: number): void };
    if (grown !== undefined && roomy !== grown) column.set(grown[name].subarray(0, used), 0);
    // A view costs as much as copying a short batch does.
    const added = batch[name];
    column.set(added.length === batch.length ? added : added.subarray(0, batch.length), used);
  }
  return { ...roomy, length };
}
