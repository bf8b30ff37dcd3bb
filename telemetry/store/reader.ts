/** Everything that reads an open database. Sees committed rows only. Runs on the worker thread. */
import type { Database } from "better-sqlite3";
import type { JobRecord } from "../../common/block-header.ts";
import { concatNonces, type NonceBatch, sliceNonces } from "../../common/nonce-batch.ts";
import type { Origin } from "../../common/origin.ts";
import type { LogEvent, RunSummary } from "../messages.ts";
import { decodeColumns } from "./columns.ts";
import {
  jobOf,
  minuteOf,
  runOf,
  type StoredJobRow,
  type StoredMinuteRow,
  type StoredRunRow,
  type StoredSampleRow,
  type StoredSetPointRow,
  sampleOf,
  setPointOf,
} from "./rows.ts";
import { corrupt } from "./sqlite-error.ts";
import type { AppliedSetPoint, Dropped, NonceMinute, Sample, StoredResult, StoredRun } from "./store.ts";

export interface Reader {
  listRuns(): RunSummary[];
  run(runId: number): StoredRun | null;
  jobs(runId: number): JobRecord[];
  nonceChunks(runId: number, from: number, count: number): NonceBatch[];
  nonceRows(runId: number, from: number, count: number): NonceBatch;
  nonceMinutes(runId: number): NonceMinute[];
  setPoints(runId: number): AppliedSetPoint[];
  samples(runId: number): Sample[];
  results(runId: number): StoredResult[];
  events(runId: number | null, limit: number): LogEvent[];
  /** How many lines of the log lie between runs, the record's own left out. */
  logLines(): number;
}

interface StoredResultRow {
  kind: string;
  origin: Origin;
  wall_ms: number;
  value: string;
}

export function createReader(db: Database): Reader {
  const allRuns = db.prepare<[], StoredRunRow>("SELECT * FROM runs ORDER BY id");
  const oneRun = db.prepare<[number], StoredRunRow>("SELECT * FROM runs WHERE id = ?");
  const sizes = db.prepare<[number], Pick<StoredRun, "nonces" | "jobs" | "setPoints" | "samples" | "chunks">>(
    `SELECT (SELECT coalesce(sum(count), 0) FROM nonce_chunks WHERE run = r.id) AS nonces,
            (SELECT count(*) FROM jobs WHERE run = r.id) AS jobs,
            (SELECT count(*) FROM set_points WHERE run = r.id) AS setPoints,
            (SELECT count(*) FROM samples WHERE run = r.id) AS samples,
            (SELECT count(*) FROM nonce_chunks WHERE run = r.id) AS chunks
     FROM runs r WHERE id = ?`,
  );
  const jobs = db.prepare<[number], StoredJobRow>("SELECT *, CAST(sent_ns AS TEXT) AS sent_ns_text FROM jobs WHERE run = ? ORDER BY seq");
  const chunks = db.prepare<[{ runId: number; from: number; count: number }], { columns: Uint8Array }>(
    // Numbers of chunks have no gaps; the first ones may have been dropped.
    `SELECT columns FROM nonce_chunks WHERE run = @runId AND seq >= (SELECT min(seq) FROM nonce_chunks WHERE run = @runId) + @from
     ORDER BY seq LIMIT @count`,
  );
  const chunksWithRows = db.prepare<[{ runId: number; from: number; upTo: number }], { before: number; columns: Uint8Array }>(
    `SELECT before, columns FROM nonce_chunks c JOIN (
       SELECT id, count, sum(count) OVER (ORDER BY seq) - count AS before FROM nonce_chunks WHERE run = @runId
     ) n ON c.id = n.id WHERE before < @upTo AND before + n.count > @from ORDER BY before`,
  );
  const minutes = db.prepare<[number], StoredMinuteRow>(
    "SELECT *, CAST(minute_ns AS TEXT) AS minute_ns_text FROM nonce_minutes WHERE run = ? ORDER BY minute_ns, chip",
  );
  const setPoints = db.prepare<[number], StoredSetPointRow>(
    "SELECT *, CAST(t_ns AS TEXT) AS t_ns_text FROM set_points WHERE run = ? ORDER BY id",
  );
  const dropped = db.prepare<[number], Dropped>(
    `SELECT what, count, first_wall_ms AS firstWallMs, last_wall_ms AS lastWallMs, reason FROM dropped WHERE run = ? ORDER BY what`,
  );
  const samples = db.prepare<[number], StoredSampleRow>("SELECT *, CAST(t_ns AS TEXT) AS t_ns_text FROM samples WHERE run = ? ORDER BY id");
  const results = db.prepare<[number], StoredResultRow>("SELECT * FROM results WHERE run = ? ORDER BY id");
  const lastEvents = db.prepare<[number | null, number], LogEvent>(
    "SELECT wall_ms AS wallMs, level, source, text FROM events WHERE run IS ? ORDER BY id DESC LIMIT ?",
  );

  const logLines = db.prepare<[], number>("SELECT count(*) FROM events WHERE run IS NULL AND source <> 'record'").pluck();

  const parse = (json: string): unknown => {
    try {
      return JSON.parse(json);
    } catch (error) {
      throw corrupt(db.name, "a stored JSON value does not parse", error);
    }
  };

  return {
    listRuns: () => allRuns.all().map(runOf),
    run(runId) {
      const row = oneRun.get(runId);
      const size = sizes.get(runId);
      if (row === undefined || size === undefined) return null;
      const { imported_ms: importedMs, imported_from: from } = row;
      return {
        ...runOf(row),
        provenance: parse(row.provenance) as Record<string, unknown>,
        software: row.software,
        configSha256: row.config_sha256,
        commitIntervalMs: row.commit_interval_ms,
        lastCommitWallMs: row.last_commit_ms,
        commits: row.commits === null ? null : { count: row.commits, late: row.late_commits ?? 0, worstAgeMs: row.worst_commit_age_ms },
        imported: importedMs === null ? null : { wallMs: importedMs, from: parse(from ?? "{}") as Record<string, unknown> },
        ...size,
        dropped: dropped.all(runId),
      };
    },
    jobs: (runId) => jobs.all(runId).map(jobOf),
    nonceChunks: (runId, from, count) => chunks.all({ runId, from, count }).map((row) => decodeColumns(row.columns)),
    nonceRows(runId, from, count) {
      const upTo = from + count;
      const parts = chunksWithRows.all({ runId, from, upTo }).map(({ before, columns }) => {
        const chunk = decodeColumns(columns);
        return sliceNonces(chunk, Math.max(0, from - before), Math.min(chunk.length, upTo - before));
      });
      return concatNonces(parts);
    },
    nonceMinutes: (runId) => minutes.all(runId).map(minuteOf),
    setPoints: (runId) => setPoints.all(runId).map(setPointOf),
    samples: (runId) => samples.all(runId).map(sampleOf),
    results: (runId) =>
      results.all(runId).map((row) => ({ runId, kind: row.kind, origin: row.origin, wallMs: row.wall_ms, value: parse(row.value) })),
    logLines: () => logLines.get() as number,
    events: (runId, limit) => lastEvents.all(runId, limit).reverse(),
  };
}
