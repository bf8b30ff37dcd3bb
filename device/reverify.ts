/** Verifies a stored run again from the database alone: every nonce's header is rebuilt from its stored job and hashed. */
import { HEADER_BYTES, headerBytes, type JobRecord } from "../common/block-header.ts";
import { NO_JOB, NONCE_STATUSES, type NonceBatch, type NonceStatus } from "../common/nonce-batch.ts";
import { LBRY_DIFFICULTY_ONE_BITS, lbryHeader, verifyLbry } from "../drivers/stratum/lbry.ts";
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

/** Zero bits of difficulty 1. */
const DIFFICULTY_ONE_BITS = 32;

/** Reads the run chunk by chunk, so that its length does not matter. `hash`: of Bitcoin's headers. `onProgress` gets rows done. */
export async function reverify(
  store: Pick<Store, "jobs" | "nonceChunks">,
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
        const expected = job ? expectedBits(job) : null;
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

function expectedBits({ claimTrieRoot, ticketLog2, workScale }: JobRecord): number {
  return (claimTrieRoot === undefined ? DIFFICULTY_ONE_BITS : LBRY_DIFFICULTY_ONE_BITS) + ticketLog2 - workScale;
}

/** Zero bits of each row's hash; null where the job is not stored. Rows of LBRY's jobs have headers and a hash of their own. */
function zeroBitsOf(chunk: NonceBatch, jobs: ReadonlyMap<number, JobRecord>, hash: CountZeroBits): (number | null)[] {
  const bits = new Array<number | null>(chunk.length).fill(null);
  const headers = new Uint8Array(chunk.length * HEADER_BYTES);
  const rows: number[] = [];
  for (let row = 0; row < chunk.length; row++) {
    const job = jobs.get(chunk.jobSeq[row] as number);
    if (!job) continue;
    const fields = { ...job, version: (job.version | (chunk.versionBits[row] as number)) >>> 0 };
    const nonce = chunk.nonce[row] as number;
    if (job.claimTrieRoot !== undefined) {
      bits[row] = verifyLbry(lbryHeader(fields, job.claimTrieRoot, nonce)).zeroBits[0] as number;
      continue;
    }
    headerBytes(fields, nonce, headers.subarray(rows.length * HEADER_BYTES, (rows.length + 1) * HEADER_BYTES));
    rows.push(row);
  }
  const { zeroBits } = hash(headers.subarray(0, rows.length * HEADER_BYTES));
  for (const [i, row] of rows.entries()) bits[row] = zeroBits[i] as number;
  return bits;
}
