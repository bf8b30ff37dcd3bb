import { type NativeBatchSearch, native } from "../native-addon.ts";
import { batchCount, type ChipJob, depositBits, rolledVersion } from "./job.ts";

/** Small cores of one chip. specs/bm1366.md 4.9 */
export const SMALL_CORES = 894;
/** Positions of a small core's counter. specs/bm1366.md 4.7 */
export const POSITIONS = 2 ** 25;
const LANES = 8;
/** Numbers of one row of the native search. */
const HIT_ROW = 4;
/** One step of HASH_COUNTING_NUMBER: two ticks of 25 MHz. specs/bm1366.md 4.7 */
const COUNTING_TICK_NS = 80;
/** Between two batches nothing is hashed. specs/bm1366.md 4.7: "about 5.4 us" */
const BATCH_GAP_NS = 5400;
/** Candidates hashed at a time, beyond what is due: fewer calls, full SHA-256 streams. A new job wastes no more than these. */
const AHEAD_BLOCKS = 2048;

/** A candidate with enough zero bits, at the time the sweep reaches it. */
export interface Find {
  readonly tNs: number;
  readonly jobId: number;
  /** Header bytes 76..79 as a big-endian word. */
  readonly nonceBe: number;
  readonly core: number;
  readonly smallCore: number;
  /** The 16 rolled bits as the response carries them. */
  readonly versionField: number;
  readonly zeroBits: number;
  /** No solution, but where a core in error would report one (twin/native/search.h). */
  readonly decoy: boolean;
}

interface RunningBatch {
  readonly number: number;
  readonly startNs: number;
  /** When hashing stops, and when the next batch starts; Infinity when HCN was never written. */
  readonly hashEndNs: number;
  readonly endNs: number;
  readonly fields: readonly number[];
}

interface SweptHit {
  readonly index: number;
  readonly nonceBe: number;
  readonly zeroBits: number;
  readonly decoy: boolean;
}

/**
 * The order and the time in which one chip tries its candidates (specs/bm1366.md 4.7, 4.10, 9). Times are ns on the twin's
 * clock and never go back. Nothing depends on how often `advance` is called.
 */
export class Sweep {
  readonly #search: NativeBatchSearch = new native.BatchSearch();
  readonly #workScale: number;
  /** How fast this chip's crystal runs, 1 = as marked. */
  #crystal: number;
  readonly #address: () => number;

  #job: ChipJob | null = null;
  #batch: RunningBatch | null = null;
  #nextBatch = 0;
  #mask = 0xffff;
  #countingNumber: number | null = null;
  #clockHz = 0;
  #zeroBits = 32;
  /** Where the counter was at a known time: moved only by events, so that rounding does not depend on the ticks. */
  #anchorNs = 0;
  #anchorPosition = 0;
  #searchedBlocks = 0;
  /** Found, and not yet due, in sweep order. */
  #hits: SweptHit[] = [];
  /** What is searched once more was due by then. */
  #releasedNs = Number.NEGATIVE_INFINITY;
  #finishedPositions = 0;

  constructor(workScale: number, crystalPpm: number, address: () => number) {
    this.#workScale = workScale;
    this.#crystal = 1 + crystalPpm * 1e-6;
    this.#address = address;
  }

  /** Zero bits a hash needs to be reported; never negative. What was searched ahead for other ones is searched again. */
  setTicket(tNs: number, ticketLog2: number): void {
    this.#zeroBits = Math.max(0, 32 + ticketLog2 - this.#workScale);
    this.#hits = [];
    this.#searchedBlocks = this.#blockOf(Math.floor(this.#positionAt(tNs)));
    this.#releasedNs = tNs;
  }

  get requiredZeroBits(): number {
    return this.#zeroBits;
  }

  /** Rolled version bits; the batch that runs keeps its versions. */
  setVersionMask(mask: number): void {
    this.#mask = mask & 0xffff;
  }

  /** At once, with the counters running on. */
  setClockHz(tNs: number, clockHz: number): void {
    const position = this.#positionAt(tNs);
    this.#anchorPosition = position;
    this.#anchorNs = this.#batch === null ? tNs : Math.min(tNs, this.#batch.hashEndNs);
    this.#clockHz = clockHz * this.#crystal;
  }

  /** From now on; the batch that runs ends when it would have. */
  setCrystalPpm(tNs: number, ppm: number): void {
    const markedHz = this.#clockHz / this.#crystal;
    this.#crystal = 1 + ppm * 1e-6;
    this.setClockHz(tNs, markedHz);
  }

  /** From the next batch on; 0 stops hashing there. */
  setCountingNumber(tNs: number, value: number): void {
    this.#countingNumber = value;
    if (this.#job !== null && this.#batch === null) this.#startBatch(this.#nextBatch, tNs);
  }

  startJob(tNs: number, job: ChipJob): void {
    this.#finishedPositions += this.#positionAt(tNs);
    this.#job = job;
    this.#startBatch(0, tNs);
  }

  /** Appends what was found up to and including `toNs`, in time order. */
  advance(toNs: number, finds: Find[]): void {
    while (this.#batch !== null) {
      const batch = this.#batch;
      this.#searchTo(this.#positionAt(toNs), batch);
      this.#release(batch, toNs, finds);
      if (toNs < batch.endNs) return;
      this.#finishedPositions += this.#positionAt(batch.hashEndNs);
      this.#startBatch((batch.number + 1) % batchCount(this.#mask), batch.endNs);
    }
  }

  /** Positions every small core has swept since power-up. */
  sweptPositions(tNs: number): number {
    return this.#finishedPositions + this.#positionAt(tNs);
  }

  #startBatch(number: number, tNs: number): void {
    this.#hits = [];
    this.#searchedBlocks = 0;
    this.#releasedNs = Number.NEGATIVE_INFINITY;
    this.#anchorNs = tNs;
    this.#anchorPosition = 0;
    this.#nextBatch = number;
    this.#batch = null;
    if (this.#job === null || this.#countingNumber === 0) return;
    const hashNs = this.#countingNumber === null ? Number.POSITIVE_INFINITY : (this.#countingNumber * COUNTING_TICK_NS) / this.#crystal;
    const fields = Array.from({ length: LANES }, (_, lane) => depositBits(number * LANES + lane, this.#mask));
    const hashEndNs = tNs + hashNs;
    this.#batch = { number, startNs: tNs, hashEndNs, endNs: hashEndNs + BATCH_GAP_NS / this.#crystal, fields };
    this.#loadSearch(this.#job, this.#batch);
  }

  #loadSearch(job: ChipJob, batch: RunningBatch): void {
    const first64 = new Uint8Array(LANES * 64);
    const view = new DataView(first64.buffer);
    batch.fields.forEach((field, lane) => {
      view.setUint32(lane * 64, rolledVersion(job.version, this.#mask, field), true);
      first64.set(job.headerRest.subarray(0, 60), lane * 64 + 4);
    });
    this.#search.load(first64, job.headerRest.subarray(60, 72), batch.number, this.#address(), this.#workScale);
  }

  #positionAt(tNs: number): number {
    if (this.#batch === null) return 0;
    const elapsedNs = Math.min(tNs, this.#batch.hashEndNs) - this.#anchorNs;
    return Math.min(POSITIONS, this.#anchorPosition + (elapsedNs * this.#clockHz) / 1e9);
  }

  #timeOf(position: number): number {
    return this.#anchorNs + ((position - this.#anchorPosition) * 1e9) / this.#clockHz;
  }

  /** The block of the first candidate of a position. */
  #blockOf(position: number): number {
    return Math.floor((position * SMALL_CORES) / 2 ** this.#workScale);
  }

  #searchTo(position: number, batch: RunningBatch): void {
    const dueBlock = this.#blockOf(position) + 1;
    if (dueBlock <= this.#searchedBlocks || !(this.#clockHz > 0)) return;
    const lastBlock = this.#blockOf(this.#positionAt(batch.hashEndNs)) + 1;
    const toBlock = Math.max(dueBlock, Math.min(lastBlock, this.#searchedBlocks + AHEAD_BLOCKS));
    const rows = this.#search.run(this.#searchedBlocks, toBlock, this.#zeroBits);
    this.#searchedBlocks = toBlock;
    if (rows === null) return;
    for (let at = 0; at < rows.length; at += HIT_ROW) {
      this.#hits.push({
        index: rows[at] as number,
        nonceBe: rows[at + 1] as number,
        zeroBits: rows[at + 2] as number,
        decoy: rows[at + 3] === 1,
      });
    }
  }

  #release(batch: RunningBatch, toNs: number, finds: Find[]): void {
    let released = 0;
    for (const hit of this.#hits) {
      const tNs = this.#timeOf(Math.floor(hit.index / SMALL_CORES));
      if (!(tNs <= toNs && tNs < batch.hashEndNs)) break;
      released++;
      if (tNs <= this.#releasedNs) continue;
      const lane = hit.index % SMALL_CORES;
      const smallCore = lane % LANES;
      finds.push({
        tNs,
        jobId: this.#job?.id ?? 0,
        nonceBe: hit.nonceBe,
        core: Math.floor(lane / LANES),
        smallCore,
        versionField: batch.fields[smallCore] as number,
        zeroBits: hit.zeroBits,
        decoy: hit.decoy,
      });
    }
    if (released > 0) this.#hits.splice(0, released);
  }
}
