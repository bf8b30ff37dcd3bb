/** Puts nonces into chunks. Runs on the worker thread, inside the writer's transactions. */
import type { Database } from "better-sqlite3";
import { concatNonces, type NonceBatch, sliceNonces } from "../../common/nonce-batch.ts";
import { encodeColumns } from "./columns.ts";
import { packed } from "./packed-batches.ts";

/** Where the byte per event stops falling (specs/stack.md: a chunk only when full writes least, but a commit must not wait for it). */
export const CHUNK_ROWS = 4096;
/** A chunk of fewer rows wastes much of its pages: such ones are joined when they make a whole chunk, or when the run ends. */
export const SMALL_ROWS = 1024;

/** Small chunks at the end of a run, as they are in the file. */
interface Tail {
  readonly firstSeq: number;
  readonly chunks: number;
  /** Their rows, packed: at a rate of one nonce a second it is an hour until they are a whole chunk. */
  readonly batches: readonly NonceBatch[];
  readonly rows: number;
  readonly committedMs: number;
}

export interface ChunkWriter {
  /** Within a transaction; `committed` or `rolledBack` must follow it. */
  add(runId: number, batch: NonceBatch, wallMs: number): void;
  /** Joins the small chunks at the end of a run. */
  join(runId: number): void;
  committed(): void;
  rolledBack(): void;
}

export function createChunkWriter(db: Database): ChunkWriter {
  const nextSeq = db.prepare<[number], number>("SELECT coalesce(max(seq) + 1, 0) FROM nonce_chunks WHERE run = ?").pluck();
  const insert = db.prepare(
    "INSERT INTO nonce_chunks (run, seq, count, t_first_ns, t_last_ns, committed_ms, columns) VALUES (?, ?, ?, ?, ?, ?, ?)",
  );
  const removeFrom = db.prepare("DELETE FROM nonce_chunks WHERE run = ? AND seq >= ?");
  /** As of the last commit, and as this transaction leaves it. */
  let tails = new Map<number, Tail>();
  let staged = new Map(tails);

  const write = (runId: number, batch: NonceBatch, fromSeq: number, wallMs: number) => {
    // In equal pieces of at least CHUNK_ROWS: a short one at the end would waste its pages.
    const pieces = Math.max(1, Math.floor(batch.length / CHUNK_ROWS));
    const rows = Math.ceil(batch.length / pieces);
    for (let from = 0, seq = fromSeq; from < batch.length; from += rows, seq++) {
      const part = sliceNonces(batch, from, Math.min(from + rows, batch.length));
      const [first, last] = timesOf(part);
      insert.run(runId, seq, part.length, first, last, wallMs, encodeColumns(part));
    }
  };
  const next = (runId: number) => nextSeq.get(runId) as number;

  const join = (runId: number) => {
    const tail = staged.get(runId);
    staged.delete(runId);
    if (tail === undefined || tail.chunks < 2) return;
    removeFrom.run(runId, tail.firstSeq);
    write(runId, concatNonces(tail.batches), tail.firstSeq, tail.committedMs);
  };

  return {
    add(runId, batch, wallMs) {
      const tail = staged.get(runId);
      if (batch.length >= SMALL_ROWS) {
        join(runId);
        write(runId, batch, next(runId), wallMs);
        return;
      }
      const rows = (tail?.rows ?? 0) + batch.length;
      const seq = next(runId);
      const whole = rows >= CHUNK_ROWS;
      if (!whole) write(runId, batch, seq, wallMs);
      const batches = packed(tail?.batches ?? [], batch);
      staged.set(runId, { firstSeq: tail?.firstSeq ?? seq, chunks: (tail?.chunks ?? 0) + 1, batches, rows, committedMs: wallMs });
      if (whole) join(runId);
    },
    join,
    committed() {
      tails = new Map(staged);
    },
    rolledBack() {
      staged = new Map(tails);
    },
  };
}

/** Earliest and latest: rows are in order of arrival, which is not always that of their times. By halves, since a BigInt a row costs more than the rest. */
function timesOf({ tNs }: NonceBatch): [bigint, bigint] {
  const halves = new Int32Array(tNs.buffer, tNs.byteOffset, 2 * tNs.length);
  let first = 0;
  let last = 0;
  for (let row = 1; row < tNs.length; row++) {
    if (isEarlier(halves, row, first)) first = row;
    if (isEarlier(halves, last, row)) last = row;
  }
  return [tNs[first] as bigint, tNs[last] as bigint];
}

function isEarlier(halves: Int32Array, a: number, b: number): boolean {
  const highA = halves[2 * a + 1] as number;
  const highB = halves[2 * b + 1] as number;
  if (highA !== highB) return highA < highB;
  return (halves[2 * a] as number) >>> 0 < (halves[2 * b] as number) >>> 0;
}
