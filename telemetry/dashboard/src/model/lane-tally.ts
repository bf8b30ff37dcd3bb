/** What each lane (a chip, or a core of the only chip) did in the last minute: kept in buckets of a second, so that asking costs the same at any rate. */
import { STATUS } from "../../../../common/nonce-batch.ts";

/** Buckets of a second. */
export const TALLY_SECONDS = 60;
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

export class LaneTally {
  readonly lanes: number;
  readonly #buckets: Float64Array;
  /** The second that each bucket holds. */
  readonly #seconds = new Float64Array(TALLY_SECONDS).fill(Number.NEGATIVE_INFINITY);
  #startedMs: number | null = null;
  #outside = 0;

  constructor(lanes: number) {
    this.lanes = lanes;
    this.#buckets = new Float64Array(TALLY_SECONDS * lanes * FIELDS);
  }

  /** Nonces that named a lane which is not there: a damaged reply can name any. */
  get outside(): number {
    return this.#outside;
  }

  /** A nonce that arrived at `atMs`; times must not run backwards by more than the window. */
  add(lane: number, status: number, residualMs: number, atMs: number): void {
    this.#startedMs ??= atMs;
    if (!(lane >= 0 && lane < this.lanes)) {
      this.#outside++;
      return;
    }
    const at = this.#bucket(Math.floor(atMs / 1000)) + lane * FIELDS;
    this.#count(at + (status === STATUS.valid ? VALID : status === STATUS.invalid ? INVALID : OTHERS), 1);
    if (status !== STATUS.valid || !Number.isFinite(residualMs)) return;
    this.#count(at + RESIDUALS, 1);
    this.#count(at + SUM, residualMs);
    this.#count(at + SQUARES, residualMs * residualMs);
  }

  /** Every lane's figures over the window that ends at `nowMs`. */
  figures(nowMs: number): LaneFigures[] {
    const sums = this.#sums(nowMs);
    const started = this.#startedMs;
    // Whole seconds: the bucket under way counts as far as it has come.
    const seconds = started === null ? 0 : Math.min((nowMs - started) / 1000, TALLY_SECONDS - 1 + (nowMs % 1000) / 1000);
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
        residual: n < 2 ? null : { ms: mean - middle, seMs: Math.sqrt(variance / n) },
      };
    });
  }

  #bucket(second: number): number {
    const slot = ((second % TALLY_SECONDS) + TALLY_SECONDS) % TALLY_SECONDS;
    const from = slot * this.lanes * FIELDS;
    if ((this.#seconds[slot] as number) < second) {
      this.#buckets.fill(0, from, from + this.lanes * FIELDS);
      this.#seconds[slot] = second;
    }
    return from;
  }

  #count(at: number, by: number): void {
    this.#buckets[at] = (this.#buckets[at] as number) + by;
  }

  #sums(nowMs: number): Float64Array {
    const size = this.lanes * FIELDS;
    const sums = new Float64Array(size);
    const now = Math.floor(nowMs / 1000);
    for (const [slot, second] of this.#seconds.entries()) {
      if (second <= now - TALLY_SECONDS || second > now) continue;
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
