/** Everything that changes an open database. Runs on the worker thread. */
import type { Database } from "better-sqlite3";
import SqliteDatabase from "better-sqlite3";
import { StoreError } from "../../common/errors.ts";
import type { Origin } from "../../common/origin.ts";
import type { RunSummary } from "../messages.ts";
import { createChunkWriter } from "./chunk-writer.ts";
import { type FailingDisk, meetTrouble } from "./failing-disk.ts";
import type { Fingerprint } from "./fingerprint.ts";
import { INSERT_EVENT, INSERT_JOB, INSERT_SAMPLE, INSERT_SET_POINT, type Row, type Rows } from "./rows.ts";

export interface RunRow extends Fingerprint {
  readonly kind: string;
  readonly origin: Origin;
  readonly note: string;
  /** JSON. */
  readonly provenance: string;
}

export interface Writer {
  /**
   * Adds `rows` to what earlier commits could not write, and commits all of it in one transaction. When that fails nothing is written and
   * everything is kept for the next call. The running runs keep its number and, with the next transaction, how old its oldest row had become.
   */
  commit(rows: Rows | null, wallMs: number, facts?: CommitFacts): Committed;
  startRun(run: RunRow, wallMs: number): number;
  endRun(runId: number, status: RunSummary["status"], note: string | null, wallMs: number): void;
  putResult(runId: number, kind: string, origin: Origin, json: string, wallMs: number): void;
}

/** What the caller knows of a commit. */
export interface CommitFacts {
  /** Counts a process's commits. */
  readonly number: number;
  /** When the oldest row in it was handed over, on the writer's nowMs; null for none. */
  readonly oldestMs: number | null;
}

export interface Committed {
  /** What the schema refused, in words: such rows are left out, for they would never fit. */
  readonly refused: readonly string[];
  /** When it was on the disk, on the writer's nowMs. */
  readonly durableMs: number;
}

export interface WriterOptions {
  /** Written into each run. */
  readonly commitIntervalMs: number;
  /** What a simulated disk does to each commit. */
  readonly disk?: FailingDisk | null;
  /** Monotonic. */
  nowMs(): number;
}

export function createWriter(db: Database, { commitIntervalMs, disk = null, nowMs }: WriterOptions): Writer {
  const insertJob = db.prepare(INSERT_JOB);
  const insertSetPoint = db.prepare(INSERT_SET_POINT);
  const insertSample = db.prepare(INSERT_SAMPLE);
  const insertEvent = db.prepare(INSERT_EVENT);
  const chunks = createChunkWriter(db);
  const touchRun = db.prepare("UPDATE runs SET last_commit_ms = ? WHERE id = ?");
  const insertRun = db.prepare(
    `INSERT INTO runs (kind, origin, status, started_ms, last_commit_ms, commit_interval_ms, note, provenance, software, config_sha256, commits, late_commits)
     VALUES (?, ?, 'running', ?, ?, ?, ?, ?, ?, ?, 0, 0)`,
  );
  const numberRuns = db.prepare("UPDATE runs SET commit_number = ? WHERE status = 'running'");
  const noteAge = db.prepare(
    `UPDATE runs SET commits = commits + 1, late_commits = late_commits + ?, worst_commit_age_ms = max(coalesce(worst_commit_age_ms, 0), ?)
     WHERE status = 'running'`,
  );
  const finishRun = db.prepare("UPDATE runs SET status = ?, ended_ms = ?, note = coalesce(?, note) WHERE id = ?");
  const insertResult = db.prepare("INSERT INTO results (run, kind, origin, wall_ms, value) VALUES (?, ?, ?, ?, ?)");
  let backlog: Rows[] = [];
  /** How old the last commit's oldest row was when it was durable: known too late to be part of it. */
  let lastAgeMs: number | null = null;

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
    for (const { runId, batch } of rows.nonces) attempt(`${batch.length} nonces`, runId, () => chunks.add(runId, batch, wallMs));
    addEach("a set-point", insertSetPoint, rows.setPoints);
    addEach("a sample", insertSample, rows.samples);
    addEach("an event", insertEvent, rows.events);
    for (const runId of touched) if (runId !== null) touchRun.run(wallMs, runId);
  };

  /** In one transaction, after which the chunk writer knows whether it counted. */
  const transact = <T>(work: () => T): T => {
    try {
      const done = db
        .transaction(() => {
          if (lastAgeMs !== null) noteAge.run(lastAgeMs > commitIntervalMs ? 1 : 0, lastAgeMs);
          const value = work();
          meetTrouble(disk);
          return value;
        })
        .immediate();
      chunks.committed();
      lastAgeMs = null;
      return done;
    } catch (error) {
      chunks.rolledBack();
      throw error;
    }
  };

  return {
    commit(rows, wallMs, facts) {
      if (rows !== null) backlog.push(rows);
      if (backlog.length === 0) return { refused: [], durableMs: nowMs() };
      const refused = transact(() => {
        const refusedRows: string[] = [];
        for (const each of backlog) addRows(each, wallMs, refusedRows);
        if (facts !== undefined) numberRuns.run(facts.number);
        return refusedRows;
      });
      backlog = [];
      const durableMs = nowMs();
      if (facts?.oldestMs != null) lastAgeMs = durableMs - facts.oldestMs;
      return { refused, durableMs };
    },
    startRun: ({ kind, origin, note, provenance, software, configSha256 }, wallMs) =>
      transact(() => {
        const row = [kind, origin, wallMs, wallMs, commitIntervalMs, note, provenance, software, configSha256];
        return Number(insertRun.run(...row).lastInsertRowid);
      }),
    endRun: (runId, status, note, wallMs) =>
      transact(() => {
        if (finishRun.run(status, wallMs, note, runId).changes === 0) throw unknownRun(runId);
        chunks.join(runId);
      }),
    putResult: (runId, kind, origin, json, wallMs) =>
      transact(() => {
        if (touchRun.run(wallMs, runId).changes === 0) throw unknownRun(runId);
        insertResult.run(runId, kind, origin, wallMs, json);
      }),
  };
}

function unknownRun(runId: number): StoreError {
  return new StoreError("RUN_UNKNOWN", `There is no run ${runId}.`, "See `runs list` for those there are.", { runId });
}
