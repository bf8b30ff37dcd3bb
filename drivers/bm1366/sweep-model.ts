import { COUNTER_STEPS } from "./nonce.ts";

export { wireNs } from "../bm13xx/wire-time.ts";

/** One HASH_COUNTING_NUMBER count, two ticks of the 25 MHz crystal. specs/bm1366.md 4.7 */
const COUNT_NS = 80;
/** What each batch takes beyond its counts. specs/bm1366.md 4.7 */
const BATCH_OVERHEAD_NS = 5400;
/** Versions hashed side by side, one per small core. specs/bm1366.md 4.7 */
const LANES = 8;

/** What the ideal time of a nonce depends on, besides the nonce. */
export interface Sweep {
  /** null: never written since reset. */
  readonly hashCountingNumber: number | null;
  readonly frequencyMhz: number;
  /** Chip address: where each small core's counter starts. */
  readonly address: number;
  /** The version bits the chip rolls. */
  readonly versionMask: number;
}

/** Length of a batch; null when the first batch never ends (HASH_COUNTING_NUMBER never written, specs/bm1366.md 9). */
export function batchNs(hashCountingNumber: number | null): number | null {
  return hashCountingNumber === null ? null : hashCountingNumber * COUNT_NS + BATCH_OVERHEAD_NS;
}

/** Batches until every version was swept and the same nonces come again. specs/bm1366.md 4.7 */
export function batchesPerEpoch(versionMask: number): number {
  let rolled = 0;
  for (let bit = 13; bit <= 28; bit++) rolled += (versionMask >>> bit) & 1;
  return Math.max(1, 2 ** rolled / LANES);
}

/** The how-many-th rolled version a field is, counting through the mask's bits; null when it has bits outside the mask. specs/bm1366.md 2.9 */
function versionIndex(versionField: number, versionMask: number): number | null {
  const fieldMask = (versionMask >>> 13) & 0xffff;
  if ((versionField & ~fieldMask) !== 0) return null;
  let index = 0;
  let place = 0;
  for (let bit = 0; bit < 16; bit++) {
    if ((fieldMask >> bit) & 1) index |= ((versionField >> bit) & 1) << place++;
  }
  return index;
}

/**
 * Ideal time from the start of a job to the moment a nonce is found, ns: whole batches, then one counter position per core clock. The job starts
 * at the end of its frame's last stop bit at the chip. null where the model says the nonce cannot occur: HASH_COUNTING_NUMBER written as 0,
 * a position beyond the batch, a version outside the mask, a later batch while the first never ends. specs/bm1366.md 4.7, 9
 */
export function idealOffsetNs(counter: number, versionField: number, sweep: Sweep): number | null {
  if (sweep.hashCountingNumber === 0) return null;
  const index = versionIndex(versionField, sweep.versionMask);
  if (index === null) return null;
  const batch = Math.floor(index / LANES);
  const position = (counter - sweep.address * 2 ** 17 + COUNTER_STEPS) % COUNTER_STEPS;
  const inBatchNs = (position * 1000) / sweep.frequencyMhz;
  const durationNs = batchNs(sweep.hashCountingNumber);
  if (durationNs === null) return batch === 0 ? inBatchNs : null;
  return inBatchNs < durationNs ? batch * durationNs + inBatchNs : null;
}

/**
 * Observed minus ideal time, ns, for a nonce found `observedNs` after its job started; NaN where the model does not apply. After a whole epoch the
 * chip finds the same nonces again, so whole epochs are taken off. specs/bm1366.md 4.7
 */
export function residualNs(observedNs: number, counter: number, versionField: number, sweep: Sweep): number {
  const idealNs = idealOffsetNs(counter, versionField, sweep);
  if (idealNs === null) return Number.NaN;
  const duration = batchNs(sweep.hashCountingNumber);
  const lateNs = observedNs - idealNs;
  if (duration === null) return lateNs;
  const epochNs = duration * batchesPerEpoch(sweep.versionMask);
  return lateNs - Math.round(lateNs / epochNs) * epochNs;
}
