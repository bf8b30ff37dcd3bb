/**
 * What each lane (a chip, or a core of the only chip) did in the last minute: kept in buckets of a second, so that asking costs the same at any rate.
 * The daemon keeps one, so that a page that is opened in the middle of a run begins with what it did not see.
 */
import { STATUS } from "../common/nonce-batch.ts";

/** Buckets of a second. */
export const TALLY_SECONDS = 60;
/** A history's spans: finer ones would make it longer than what else a new viewer gets. */
const SPAN_SECONDS = 5;
const VALID = 0;
const INVALID = 1;
const OTHERS = 2;
const RESIDUALS = 3;
const SUM = 4;
const SQUARES = 5;
const FIELDS = 6;

export interface LaneFigures {
  readonly valid: number;
  readonly invalid: number;
  /** Stale, duplicate and of unknown jobs. */
  readonly others: number;
  /** Valid nonces a second; null before anything was counted. */
  readonly perSecond: number | null;
  /** Invalid of all that were judged; null when none was. */
  readonly errorShare: number | null;
  /** Mean residual of its valid nonces less the median of all lanes' means, with its standard error, ms; null with fewer than two. */
  readonly residual: { readonly ms: number; readonly seMs: number } | null;
}

/** All lanes together, with the nonces that named a lane which is not there: a damaged reply can name any. */
export interface LaneTotals {
  readonly valid: number;
  readonly invalid: number;
  readonly others: number;
  /** How much of the last minute was counted; 0 before anything was. */
  readonly seconds: number;
}

/** The last minute of a tally in few numbers. */
export interface LaneHistory {
  readonly lanes: number;
  /** How much of it was counted. */
  readonly seconds: number;
  readonly spanSeconds: number;
  /**
   * Spans back from now, lane (`lanes` itself: none of them), nonces valid, invalid, other, and of the residuals of the valid ones their number, sum (ms) and
   * sum of squares. Where nothing was counted there is no row.
   */
  readonly rows: readonly (readonly number[])[];
}

export class LaneTally {
  readonly lanes: number;
  /** By second, then lane, of which there is one more for what named none of them. */
  readonly #buckets: Float64Array;
  /** The second that each bucket holds. */
  readonly #seconds = new Float64Array(TALLY_SECONDS).fill(Number.NEGATIVE_INFINITY);
  #startedMs: number | null = null;

  constructor(lanes: number) {
    this.lanes = lanes;
    this.#buckets = new Float64Array(TALLY_SECONDS * this.#size);
  }

  /** As if what a history tells had been counted until `nowMs`: within a span it is taken to have come evenly. */
  static from({ lanes, seconds, spanSeconds, rows }: LaneHistory, nowMs: number): LaneTally {
    const tally = new LaneTally(lanes);
    const now = Math.floor(nowMs / 1000);
    tally.#startedMs = nowMs - 1000 * seconds;
    for (const [spans = 0, lane = 0, ...counts] of rows) {
      for (let i = 0; i < spanSeconds; i++) {
        const at = tally.#bucket(now - spans * spanSeconds - i) + lane * FIELDS;
        for (const [field, count] of counts.entries()) tally.#count(at + field, count / spanSeconds);
      }
    }
    return tally;
  }

  /** A nonce that arrived at `atMs`; times must not run backwards by more than the window. */
  add(lane: number, status: number, residualMs: number, atMs: number): void {
    this.#startedMs ??= atMs;
    const row = lane >= 0 && lane < this.lanes ? lane : this.lanes;
    const at = this.#bucket(Math.floor(atMs / 1000)) + row * FIELDS;
    this.#count(at + (status === STATUS.valid ? VALID : status === STATUS.invalid ? INVALID : OTHERS), 1);
    if (status !== STATUS.valid || !Number.isFinite(residualMs)) return;
    this.#count(at + RESIDUALS, 1);
    this.#count(at + SUM, residualMs);
    this.#count(at + SQUARES, residualMs * residualMs);
  }

  /** Every lane's figures over the window that ends at `nowMs`. */
  figures(nowMs: number): LaneFigures[] {
    const sums = this.#sums(nowMs);
    const seconds = this.#counted(nowMs);
    const means = Array.from({ length: this.lanes }, (_, lane) => {
      const n = sums[lane * FIELDS + RESIDUALS] as number;
      return n === 0 ? Number.NaN : (sums[lane * FIELDS + SUM] as number) / n;
    });
    const middle = medianOf(means.filter(Number.isFinite));
    return means.map((mean, lane) => {
      const sum = (field: number) => sums[lane * FIELDS + field] as number;
      const [valid, invalid, others, n, squares] = [sum(VALID), sum(INVALID), sum(OTHERS), sum(RESIDUALS), sum(SQUARES)];
      const judged = valid + invalid;
      const variance = Math.max(0, squares / n - mean * mean) * (n / (n - 1));
      return {
        valid,
        invalid,
        others,
        perSecond: seconds < 1 ? null : valid / seconds,
        errorShare: judged === 0 ? null : invalid / judged,
        // Parts of a nonce, where a span of a history was spread over its seconds.
        residual: n < 1.5 ? null : { ms: mean - middle, seMs: Math.sqrt(variance / n) },
      };
    });
  }

  totals(nowMs: number): LaneTotals {
    const sums = this.#sums(nowMs);
    const sum = (field: number) => {
      let all = 0;
      for (let at = field; at < sums.length; at += FIELDS) all += sums[at] as number;
      return all;
    };
    return { valid: sum(VALID), invalid: sum(INVALID), others: sum(OTHERS), seconds: this.#counted(nowMs) };
  }

  history(nowMs: number): LaneHistory {
    const now = Math.floor(nowMs / 1000);
    const rows: number[][] = [];
    for (let spans = 0; spans < TALLY_SECONDS / SPAN_SECONDS; spans++) {
      const newest = now - spans * SPAN_SECONDS;
      const sums = this.#sumsOf(newest - SPAN_SECONDS, newest);
      for (let lane = 0; lane <= this.lanes; lane++) {
        const own = [...sums.subarray(lane * FIELDS, (lane + 1) * FIELDS)];
        if (own.some((count) => count > 0)) rows.push([spans, lane, ...own.map((count) => Number(count.toPrecision(9)))]);
      }
    }
    return { lanes: this.lanes, seconds: this.#counted(nowMs), spanSeconds: SPAN_SECONDS, rows };
  }

  get #size(): number {
    return (this.lanes + 1) * FIELDS;
  }

  /** Whole seconds: the bucket under way counts as far as it has come. */
  #counted(nowMs: number): number {
    const started = this.#startedMs;
    return started === null ? 0 : Math.min((nowMs - started) / 1000, TALLY_SECONDS - 1 + (nowMs % 1000) / 1000);
  }

  #bucket(second: number): number {
    const slot = ((second % TALLY_SECONDS) + TALLY_SECONDS) % TALLY_SECONDS;
    const from = slot * this.#size;
    if ((this.#seconds[slot] as number) < second) {
      this.#buckets.fill(0, from, from + this.#size);
      this.#seconds[slot] = second;
    }
    return from;
  }

  #count(at: number, by: number): void {
    this.#buckets[at] = (this.#buckets[at] as number) + by;
  }

  #sums(nowMs: number): Float64Array {
    const now = Math.floor(nowMs / 1000);
    return this.#sumsOf(now - TALLY_SECONDS, now);
  }

  /** Of the seconds after the first up to the last. */
  #sumsOf(after: number, last: number): Float64Array {
    const size = this.#size;
    const sums = new Float64Array(size);
    for (const [slot, second] of this.#seconds.entries()) {
      if (second <= after || second > last) continue;
      for (let i = 0; i < size; i++) sums[i] = (sums[i] as number) + (this.#buckets[slot * size + i] as number);
    }
    return sums;
  }
}

function medianOf(values: number[]): number {
  values.sort((a, b) => a - b);
  const middle = values.length >> 1;
  return values.length % 2 === 1 ? (values[middle] as number) : ((values[middle - 1] as number) + (values[middle] as number)) / 2;
}
