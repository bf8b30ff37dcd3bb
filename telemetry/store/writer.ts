/** Everything that changes an open database. Runs on the worker thread. */
import type { Database } from "better-sqlite3";
import SqliteDatabase from "better-sqlite3";
import { StoreError } from "../../common/errors.ts";
import { type NonceBatch, sliceNonces } from "../../common/nonce-batch.ts";
import type { Origin } from "../../common/origin.ts";
import type { RunSummary } from "../messages.ts";
import { encodeColumns } from "./columns.ts";
import { type FailingDisk, meetTrouble } from "./failing-disk.ts";
import { INSERT_EVENT, INSERT_JOB, INSERT_SAMPLE, type Row, type Rows } from "./rows.ts";

/** Where the byte per event stops falling (specs/stack.md: a chunk only when full writes least, but a commit must not wait for it). */
export const CHUNK_ROWS = 4096;

export interface RunRow {
  readonly kind: string;
  readonly origin: Origin;
  readonly note: string;
  /** JSON. */
  readonly provenance: string;
}

export interface Writer {
  /**
   * Adds `rows` to what earlier commits could not write, and commits all of it in one transaction. When that fails nothing is written and
   * everything is kept for the next call. Returns what the schema refused, in words: such rows are left out, for they would never fit.
   */
  commit(rows: Rows | null, wallMs: number): string[];
  startRun(run: RunRow, wallMs: number): number;
  endRun(runId: number, status: RunSummary["status"], note: string | null, wallMs: number): void;
  putResult(runId: number, kind: string, origin: Origin, json: string, wallMs: number): void;
}

/** `disk`: what a simulated disk does to each commit. */
export function createWriter(db: Database, disk: FailingDisk | null = null): Writer {
  const insertJob = db.prepare(INSERT_JOB);
  const insertSample = db.prepare(INSERT_SAMPLE);
  const insertEvent = db.prepare(INSERT_EVENT);
  const insertChunk = db.prepare(
    `INSERT INTO nonce_chunks (run, seq, count, t_first_ns, t_last_ns, committed_ms, columns)
     SELECT ?, coalesce(max(seq) + 1, 0), ?, ?, ?, ?, ? FROM nonce_chunks WHERE run = ?`,
  );
  const touchRun = db.prepare("UPDATE runs SET last_commit_ms = ? WHERE id = ?");
  const insertRun = db.prepare(
    `INSERT INTO runs (kind, origin, status, started_ms, last_commit_ms, note, provenance) VALUES (?, ?, 'running', ?, ?, ?, ?)`,
  );
  const finishRun = db.prepare("UPDATE runs SET status = ?, ended_ms = ?, note = coalesce(?, note) WHERE id = ?");
  const insertResult = db.prepare("INSERT INTO results (run, kind, origin, wall_ms, value) VALUES (?, ?, ?, ?, ?)");
  let backlog: Rows[] = [];

  const addNonces = (runId: number, batch: NonceBatch, wallMs: number) => {
    for (let from = 0; from < batch.length; from += CHUNK_ROWS) {
      const part = sliceNonces(batch, from, Math.min(from + CHUNK_ROWS, batch.length));
      let first = part.tNs[0] as bigint;
      let last = first;
      for (const tNs of part.tNs) {
        if (tNs < first) first = tNs;
        if (tNs > last) last = tNs;
      }
      insertChunk.run(runId, part.length, first, last, wallMs, encodeColumns(part), runId);
    }
  };

  const addRows = (rows: Rows, wallMs: number, refused: string[]) => {
    const touched = new Set<unknown>();
    const attempt = (what: string, runId: unknown, add: () => void) => {
      try {
        add();
        touched.add(runId);
      } catch (error) {
        // A full or broken disk concerns the whole transaction; a violated constraint only this row, and it would fail again.
        if (!(error instanceof SqliteDatabase.SqliteError && error.code.startsWith("SQLITE_CONSTRAINT"))) throw error;
        refused.push(`${what} of run ${runId}: ${error.message}`);
      }
    };
    const addEach = (what: string, statement: { run(...row: unknown[]): unknown }, list: readonly Row[]) => {
      for (const row of list) attempt(what, row[0], () => statement.run(...row));
    };
    addEach("a job", insertJob, rows.jobs);
    for (const { runId, batch } of rows.nonces) attempt(`${batch.length} nonces`, runId, () => addNonces(runId, batch, wallMs));
    addEach("a sample", insertSample, rows.samples);
    addEach("an event", insertEvent, rows.events);
    for (const runId of touched) if (runId !== null) touchRun.run(wallMs, runId);
  };

  const commitBacklog = db.transaction((wallMs: number) => {
    const refused: string[] = [];
    for (const rows of backlog) addRows(rows, wallMs, refused);
    meetTrouble(disk);
    return refused;
  });

  return {
    commit(rows, wallMs) {
      if (rows !== null) backlog.push(rows);
      if (backlog.length === 0) return [];
      const refused = commitBacklog.immediate(wallMs);
      backlog = [];
      return refused;
    },
    startRun(run, wallMs) {
      meetTrouble(disk);
      return Number(insertRun.run(run.kind, run.origin, wallMs, wallMs, run.note, run.provenance).lastInsertRowid);
    },
    endRun(runId, status, note, wallMs) {
      meetTrouble(disk);
      if (finishRun.run(status, wallMs, note, runId).changes === 0) throw unknownRun(runId);
    },
    putResult(runId, kind, origin, json, wallMs) {
      meetTrouble(disk);
      if (touchRun.run(wallMs, runId).changes === 0) throw unknownRun(runId);
      insertResult.run(runId, kind, origin, wallMs, json);
    },
  };
}

function unknownRun(runId: number): StoreError {
  return new StoreError("RUN_UNKNOWN", `There is no run ${runId}.`, "See `runs list` for those there are.", { runId });
}
