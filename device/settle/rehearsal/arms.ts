/** Arms of a rehearsal, one after the other on one twin: recorded, and read back from the database with the times at which each held. */
import { concatNonces, type NonceBatch, STATUS, sliceNonces } from "../../../common/nonce-batch.ts";
import type { Evidence } from "../claim.ts";
import type { EvidenceBook } from "../evidence/book.ts";
import type { Telemetry, TwinBench } from "./bench.ts";
import type { RehearsalRecord } from "./record.ts";

export interface RehearsalContext {
  readonly record: RehearsalRecord;
  readonly seed: number;
  readonly evidence: EvidenceBook;
  /** Whatever was recorded before is recorded again. */
  readonly fresh: boolean;
  readonly progress: (label: string, done: number, total: number) => void;
}

export interface ArmPlan {
  readonly label: string;
  readonly set: (bench: TwinBench) => void;
  /** Until it counts: ramps, lock, temperature. What comes meanwhile is not kept. */
  readonly settleS: number;
  /** It ends with the first of these. */
  readonly shares: number;
  readonly mostS: number;
}

export interface Arm {
  readonly label: string;
  readonly seconds: number;
  readonly nonces: NonceBatch;
  readonly telemetry: Telemetry;
}

interface StoredArm {
  readonly label: string;
  readonly fromNs: number;
  readonly toNs: number;
  readonly telemetry: Telemetry;
}

export interface RecordedArms {
  readonly arms: readonly Arm[];
  readonly evidence: readonly Evidence[];
}

const SLICE_MS = 10_000;
const ARMS = "arms";
export const isValid = (batch: NonceBatch, i: number) => batch.status[i] === STATUS.valid;

/** A run of the very same making that is in the record is taken as it is: twins do the same again. */
export async function recordArms(
  { record, seed, fresh, progress }: RehearsalContext,
  note: string,
  bench: TwinBench,
  plans: readonly ArmPlan[],
): Promise<RecordedArms> {
  const provenance = { seed, bench: bench.made, arms: plans.map(({ set: _, ...plan }) => plan) };
  const before = fresh ? null : await record.finished(note, provenance);
  if (before !== null) {
    const kept = (await record.resultOf(before, ARMS)) as StoredArm[];
    return { arms: await armsOf(record, before, kept), evidence: record.rowsOf(before) };
  }
  const run = await record.begin(note, provenance);
  const stored: StoredArm[] = [];
  for (const [i, { label, set, settleS, shares, mostS }] of plans.entries()) {
    set(bench);
    bench.run(1000 * settleS);
    bench.takeJobs();
    const fromNs = bench.nowNs;
    let valid = 0;
    const kept: NonceBatch[] = [];
    while (valid < shares && bench.nowNs - fromNs < mostS * 1e9) {
      progress(`${note}: ${label}`, i + Math.min(1, Math.max(valid / shares, (bench.nowNs - fromNs) / (mostS * 1e9))), plans.length);
      const batch = bench.run(Math.min(SLICE_MS, (mostS * 1e9 - (bench.nowNs - fromNs)) / 1e6));
      for (let row = 0; row < batch.length; row++) if (isValid(batch, row)) valid++;
      kept.push(batch);
    }
    record.nonces(concatNonces(kept), bench.takeJobs());
    stored.push({ label, fromNs, toNs: bench.nowNs, telemetry: bench.telemetry() });
  }
  await record.result(ARMS, stored);
  const evidence = await record.end();
  return { arms: await armsOf(record, run, stored), evidence };
}

/** From the database: what is judged is what was stored. */
async function armsOf(record: RehearsalRecord, run: number, stored: readonly StoredArm[]): Promise<Arm[]> {
  const all = await record.noncesOf(run);
  let at = 0;
  return stored.map(({ label, fromNs, toNs, telemetry }) => {
    const from = at;
    while (at < all.length && Number(all.tNs[at]) <= toNs) at++;
    return { label, seconds: (toNs - fromNs) / 1e9, nonces: sliceNonces(all, from, at), telemetry };
  });
}

/** Times of verified answers, s; of those with so many more bits than the ticket asks for. */
export function validTimes(batch: NonceBatch, leastLog2 = Number.NEGATIVE_INFINITY): Float64Array {
  const times: number[] = [];
  for (let i = 0; i < batch.length; i++)
    if (isValid(batch, i) && (batch.difficultyLog2[i] as number) >= leastLog2) times.push(Number(batch.tNs[i]) / 1e9);
  return Float64Array.from(times);
}

export function countOf(batch: NonceBatch, status: number): number {
  return batch.status.reduce((sum, one) => sum + (one === status ? 1 : 0), 0);
}
