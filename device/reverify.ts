/** Verifies a stored run again from the database alone: every nonce's header is rebuilt from its stored job and hashed. */
import { HEADER_BYTES, headerBytes, type JobRecord } from "../common/block-header.ts";
import { NO_JOB, NONCE_STATUSES, type NonceBatch, type NonceStatus } from "../common/nonce-batch.ts";
import type { Store } from "../telemetry/store/store.ts";

export interface Reverification {
  readonly runId: number;
  readonly nonces: number;
  readonly counts: Record<NonceStatus, number>;
  /** Rows whose stored status the hash contradicts, or whose job is not stored; at most 100 listed. */
  readonly contradictions: readonly { row: number; status: NonceStatus; zeroBits: number | null; expected: number | null }[];
  readonly contradicted: number;
}

export type CountZeroBits = (headers: Uint8Array) => { zeroBits: Uint16Array };

const LISTED = 100;
const CHUNKS_AT_ONCE = 16;

/** Reads the run chunk by chunk, so that its length does not matter. `onProgress` gets rows done. */
export async function reverify(
  store: Store,
  runId: number,
  hash: CountZeroBits,
  onProgress?: (rows: number) => void,
): Promise<Reverification> {
  const jobs = new Map((await store.jobs(runId)).map((job) => [job.jobSeq, job]));
  const counts: Record<NonceStatus, number> = { valid: 0, invalid: 0, stale: 0, duplicate: 0, "unknown-job": 0 };
  const contradictions: Reverification["contradictions"][number][] = [];
  let contradicted = 0;
  let rows = 0;
  for (let from = 0; ; from += CHUNKS_AT_ONCE) {
    const chunks = await store.nonceChunks(runId, from, CHUNKS_AT_ONCE);
    for (const chunk of chunks) {
      const zeroBits = zeroBitsOf(chunk, jobs, hash);
      for (let i = 0; i < chunk.length; i++) {
        const status = NONCE_STATUSES[chunk.status[i] as number] as NonceStatus;
        counts[status]++;
        const job = jobs.get(chunk.jobSeq[i] as number);
        const expected = job ? 32 + job.ticketLog2 - job.workScale : null;
        const found = zeroBits[i] ?? null;
        if (!contradicts(status, found, expected, chunk.jobSeq[i] as number)) continue;
        contradicted++;
        if (contradictions.length < LISTED) contradictions.push({ row: rows + i, status, zeroBits: found, expected });
      }
      rows += chunk.length;
      onProgress?.(rows);
    }
    if (chunks.length < CHUNKS_AT_ONCE) return { runId, nonces: rows, counts, contradictions, contradicted };
  }
}

function contradicts(status: NonceStatus, zeroBits: number | null, expected: number | null, jobSeq: number): boolean {
  if (status === "unknown-job") return jobSeq !== NO_JOB;
  if (zeroBits === null || expected === null) return true;
  if (status === "invalid") return zeroBits >= expected;
  return zeroBits < expected;
}

/** Zero bits of each row's hash; null where the job is not stored. */
function zeroBitsOf(chunk: NonceBatch, jobs: ReadonlyMap<number, JobRecord>, hash: CountZeroBits): (number | null)[] {
  const headers = new Uint8Array(chunk.length * HEADER_BYTES);
  const known = new Array<boolean>(chunk.length).fill(false);
  for (let i = 0; i < chunk.length; i++) {
    const job = jobs.get(chunk.jobSeq[i] as number);
    if (!job) continue;
    known[i] = true;
    const version = (job.version | (chunk.versionBits[i] as number)) >>> 0;
    headerBytes({ ...job, version }, chunk.nonce[i] as number, headers.subarray(i * HEADER_BYTES, (i + 1) * HEADER_BYTES));
  }
  const { zeroBits } = hash(headers);
  return known.map((is, i) => (is ? (zeroBits[i] as number) : null));
}
