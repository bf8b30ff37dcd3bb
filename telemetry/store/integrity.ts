/** Whether the record is what was written: pages, references, and every chunk of nonces with its checksum. Reads beside a running daemon. */
import type { Database } from "better-sqlite3";
import { AsicError } from "../../common/errors.ts";
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
      for (const chunk of chunks.iterate()) {
        if (before?.run === chunk.run && chunk.seq !== before.seq + 1) {
          problems.push(`run ${chunk.run}: chunks between ${before.seq} and ${chunk.seq} are missing`);
        }
        const problem = chunkProblem(chunk);
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

function chunkProblem({ count: rows, first_ns: first, last_ns: last, columns }: ChunkRow): string | null {
  try {
    const { length, tNs } = decodeColumns(columns);
    if (length !== rows) return `${length} rows instead of ${rows}`;
    const outside = tNs.some((each) => each < BigInt(first) || each > BigInt(last));
    return outside ? `times outside ${first} to ${last} ns` : null;
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
