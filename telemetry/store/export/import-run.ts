/** An exported run into the record of another database. It keeps its origin and provenance, and is marked as imported. */
import { join } from "node:path";
import type { Database } from "better-sqlite3";
import { NONCE_STATUSES } from "../../../common/nonce-batch.ts";
import { createChunkWriter } from "../chunk-writer.ts";
import { openWritable } from "../open-database.ts";
import { toStoreError } from "../sqlite-error.ts";
import { readCsv } from "./csv.ts";
import { checkedManifest, damaged, type ExportFormat, type Manifest } from "./files.ts";
import { noncesOf } from "./nonce-table.ts";
import { readParquet } from "./parquet.ts";
import { type Batch, EXPORT_TABLES, type ExportTable } from "./tables.ts";

const READERS: Record<ExportFormat, (file: string, table: ExportTable) => AsyncIterable<Batch>> = { csv: readCsv, parquet: readParquet };

export interface ImportRequest {
  /** The database; made if it does not exist. No daemon may be writing to it. */
  readonly path: string;
  readonly folder: string;
  readonly wallMs: number;
}

/** All of it or nothing; resolves with the run's new number. Rejects with StoreError EXPORT_MISSING, _NEWER, _DAMAGED and what opening rejects with. */
export async function importRun({ path, folder, wallMs }: ImportRequest): Promise<number> {
  const manifest = checkedManifest(folder);
  const { db, close } = openWritable(path, { maxBytes: null, wallMs });
  try {
    db.exec("BEGIN IMMEDIATE");
    const runId = insertRun(db, manifest, wallMs);
    for (const table of EXPORT_TABLES) {
      const name = `${table.name}.${manifest.format}`;
      const expected = manifest.files[name]?.rows;
      if (expected === undefined) throw damaged(folder, `${name} is not listed`);
      const put = table.orderBy === null ? nonceInserter(db, runId, manifest.run.lastCommitMs) : rowInserter(db, table, runId);
      let rows = 0;
      for await (const batch of READERS[manifest.format](join(folder, name), table)) {
        put(batch);
        rows += batch[0]?.length ?? 0;
      }
      if (rows !== expected) throw damaged(folder, `${name} has ${rows} rows instead of ${expected}`);
    }
    db.exec("COMMIT");
    return runId;
  } catch (error) {
    if (db.inTransaction) db.exec("ROLLBACK");
    throw toStoreError(error, path);
  } finally {
    close();
  }
}

function insertRun(db: Database, { run, format, exportedMs }: Manifest, wallMs: number): number {
  // Whoever was still writing it is not writing here.
  const [status, endedMs] = run.status === "running" ? ["interrupted", run.lastCommitMs] : [run.status, run.endedMs];
  const from = { run: run.id, exportedMs, format, imported: run.imported };
  const insert = db.prepare(
    `INSERT INTO runs (kind, origin, status, started_ms, ended_ms, last_commit_ms, commit_interval_ms, note, provenance, software, config_sha256,
       imported_ms, imported_from, commits, late_commits, worst_commit_age_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const { kind, origin, startedMs, lastCommitMs, commitIntervalMs, commits, note, provenance, software, configSha256 } = run;
  const { count = null, late = null, worstAgeMs = null } = commits ?? {};
  const described = [note, JSON.stringify(provenance), software, configSha256, wallMs, JSON.stringify(from)];
  return Number(
    insert.run(kind, origin, status, startedMs, endedMs, lastCommitMs, commitIntervalMs, ...described, count, late, worstAgeMs)
      .lastInsertRowid,
  );
}

function rowInserter(db: Database, { name, columns }: ExportTable, runId: number): (batch: Batch) => void {
  const names = columns.map((column) => column.name);
  const insert = db.prepare(`INSERT INTO ${name} (run, ${names.join(", ")}) VALUES (?, ${names.map(() => "?").join(", ")})`);
  return (batch) => {
    const rows = batch[0]?.length ?? 0;
    for (let row = 0; row < rows; row++) insert.run(runId, ...batch.map((cells) => cells[row]));
  };
}

function nonceInserter(db: Database, runId: number, committedMs: number): (batch: Batch) => void {
  const chunks = createChunkWriter(db);
  return (batch) => {
    const nonces = noncesOf(batch);
    if (nonces.status.some((status) => status >= NONCE_STATUSES.length)) throw new RangeError("a nonce has a status that does not exist");
    chunks.add(runId, nonces, committedMs);
  };
}
