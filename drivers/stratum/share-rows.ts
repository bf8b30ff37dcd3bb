import type { JobRecord } from "../../common/block-header.ts";
import { allocateNonces, NONCE_STATUSES, type NonceBatch } from "../../common/nonce-batch.ts";
import { type JudgedShare, STATUS_OF } from "./judge.ts";

export interface ShareRow {
  readonly judged: JudgedShare;
  readonly nonce: number;
  readonly extranonce2: string;
  /** CLOCK_MONOTONIC_RAW when the kernel gave us the bytes. */
  readonly tNs: bigint;
  /** Number of the connection. */
  readonly connection: number;
  /** When it came, the miner had been told to drop its job. A stale share without that is one that any pool would take. */
  readonly dropped: boolean;
}

/**
 * Shares as rows of the record. `chip` is the connection's number (a share does not say which chip found it), `core` is 0, and there is no sweep model, so
 * no residual. `sigmaNs`: what the network adds to the time-stamps.
 */
export function batchOf(rows: readonly ShareRow[], sigmaNs: number): { batch: NonceBatch; jobs: JobRecord[] } {
  const kept = rows.filter(({ judged }) => judged.verdict !== "refused");
  const batch = allocateNonces(kept.length);
  const jobs: JobRecord[] = [];
  for (const [i, { judged, nonce, tNs, connection }] of kept.entries()) {
    if (judged.verdict === "refused") continue;
    if (judged.record !== null && judged.isNewRecord) jobs.push(judged.record);
    batch.tNs[i] = tNs;
    batch.sigmaNs[i] = sigmaNs;
    batch.chip[i] = connection & 0xffff;
    batch.nonce[i] = nonce;
    batch.versionBits[i] = judged.versionBits;
    batch.jobSeq[i] = judged.jobSeq;
    batch.status[i] = NONCE_STATUSES.indexOf(STATUS_OF[judged.verdict]);
    batch.difficultyLog2[i] = judged.difficultyLog2;
    batch.residualNs[i] = Number.NaN;
  }
  return { batch, jobs };
}
