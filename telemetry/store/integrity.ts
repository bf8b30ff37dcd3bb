/** Whether the record is what was written: pages, references, and every chunk of nonces with its checksum. Reads beside a running daemon. */
import type { Database } from "better-sqlite3";
import { AsicError } from "../../common/errors.ts";
import { STATUS } from "../../common/nonce-batch.ts";
import { decodeColumns } from "./columns.ts";
import { openReadonly } from "./open-database.ts";

export interface IntegrityReport {
  readonly runs: number;
  readonly chunks: number;
  readonly nonces: number;
  /** Nothing when all is well; each says where. */
  readonly problems: readonly string[];
}

interface ChunkRow {
  run: number;
  seq: number;
  count: number;
  first_ns: string;
  last_ns: string;
  columns: Uint8Array;
}

/** As of one moment. `onProgress` gets chunks done and chunks in all. Throws StoreError when the file cannot be opened. */
export function checkIntegrity(path: string, onProgress?: (done: number, total: number) => void): IntegrityReport {
  const { db, close } = openReadonly(path);
  try {
    return db.transaction(() => {
      const problems = [...pageProblems(db), ...referenceProblems(db), ...jsonProblems(db)];
      const total = count(db, "nonce_chunks");
      const chunks = db.prepare<[], ChunkRow>(
        `SELECT run, seq, count, CAST(t_first_ns AS TEXT) AS first_ns, CAST(t_last_ns AS TEXT) AS last_ns, columns
         FROM nonce_chunks ORDER BY run, seq`,
      );
      let done = 0;
      let nonces = 0;
      let before: ChunkRow | null = null;
      let jobs: ReadonlySet<number> | null = null;
      for (const chunk of chunks.iterate()) {
        if (before?.run === chunk.run && chunk.seq !== before.seq + 1) {
          problems.push(`run ${chunk.run}: chunks between ${before.seq} and ${chunk.seq} are missing`);
        }
        if (before?.run !== chunk.run) jobs = jobsOf(db, chunk.run);
        const problem = chunkProblem(chunk, jobs);
        if (problem !== null) problems.push(`run ${chunk.run}, chunk ${chunk.seq}: ${problem}`);
        nonces += chunk.count;
        before = chunk;
        done++;
        onProgress?.(done, total);
      }
      return { runs: count(db, "runs"), chunks: done, nonces, problems };
    })();
  } finally {
    close();
  }
}

/** null: the size budget took them, and the record says so. */
function jobsOf(db: Database, run: number): ReadonlySet<number> | null {
  const dropped = db.prepare<[number], number>("SELECT count(*) FROM dropped WHERE run = ? AND what = 'jobs'").pluck().get(run);
  return dropped ? null : new Set(db.prepare<[number], number>("SELECT seq FROM jobs WHERE run = ?").pluck().iterate(run));
}

/** `jobs`: those of its run that are stored; null where they need not be. */
function chunkProblem({ count: rows, first_ns: first, last_ns: last, columns }: ChunkRow, jobs: ReadonlySet<number> | null): string | null {
  try {
    const { length, tNs, jobSeq, status } = decodeColumns(columns);
    if (length !== rows) return `${length} rows instead of ${rows}`;
    if (tNs.some((each) => each < BigInt(first) || each > BigInt(last))) return `times outside ${first} to ${last} ns`;
    const lost = jobs === null ? -1 : jobSeq.findIndex((seq, row) => status[row] !== STATUS.unknownJob && !jobs.has(seq));
    return lost < 0 ? null : `row ${lost} is of job ${jobSeq[lost]}, which is not stored`;
  } catch (error) {
    if (error instanceof AsicError) return error.message;
    throw error;
  }
}

function pageProblems(db: Database): string[] {
  try {
    const verdicts = db.prepare<[], string>("PRAGMA integrity_check").pluck().all();
    return verdicts.filter((verdict) => verdict !== "ok").map((verdict) => `pages: ${verdict}`);
  } catch (error) {
    return [`pages: ${error instanceof Error ? error.message : String(error)}`];
  }
}

function referenceProblems(db: Database): string[] {
  const found = db.prepare<[], { table: string; rowid: number | null }>("PRAGMA foreign_key_check").all();
  return found.map(({ table, rowid }) => `${table}, row ${rowid ?? "?"}: its run does not exist`);
}

function jsonProblems(db: Database): string[] {
  const runs = db.prepare<[], number>("SELECT id FROM runs WHERE NOT json_valid(provenance)").pluck().all();
  const results = db.prepare<[], number>("SELECT id FROM results WHERE NOT json_valid(value)").pluck().all();
  return [...runs.map((id) => `run ${id}: its provenance does not parse`), ...results.map((id) => `result ${id} does not parse`)];
}

function count(db: Database, table: string): number {
  return db.prepare<[], number>(`SELECT count(*) FROM ${table}`).pluck().get() ?? 0;
}
