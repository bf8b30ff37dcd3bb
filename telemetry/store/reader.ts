/** Everything that reads an open database. Sees committed rows only. Runs on the worker thread. */
import type { Database } from "better-sqlite3";
import type { JobRecord } from "../../common/block-header.ts";
import type { NonceBatch } from "../../common/nonce-batch.ts";
import type { Origin } from "../../common/origin.ts";
import type { LogEvent, RunSummary } from "../messages.ts";
import { decodeColumns } from "./columns.ts";
import { jobOf, runOf, type StoredJobRow, type StoredRunRow, type StoredSampleRow, sampleOf } from "./rows.ts";
import { corrupt } from "./sqlite-error.ts";
import type { Sample, StoredResult, StoredRun } from "./store.ts";

export interface Reader {
  listRuns(): RunSummary[];
  run(runId: number): StoredRun | null;
  jobs(runId: number): JobRecord[];
  nonceChunks(runId: number, from: number, count: number): NonceBatch[];
  samples(runId: number): Sample[];
  results(runId: number): StoredResult[];
  events(runId: number | null, limit: number): LogEvent[];
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
  const sizes = db.prepare<[number], Pick<StoredRun, "nonces" | "jobs" | "samples" | "chunks">>(
    `SELECT (SELECT coalesce(sum(count), 0) FROM nonce_chunks WHERE run = r.id) AS nonces,
            (SELECT count(*) FROM jobs WHERE run = r.id) AS jobs,
            (SELECT count(*) FROM samples WHERE run = r.id) AS samples,
            (SELECT count(*) FROM nonce_chunks WHERE run = r.id) AS chunks
     FROM runs r WHERE id = ?`,
  );
  const jobs = db.prepare<[number], StoredJobRow>("SELECT *, CAST(sent_ns AS TEXT) AS sent_ns_text FROM jobs WHERE run = ? ORDER BY seq");
  const chunks = db.prepare<[number, number, number], { columns: Uint8Array }>(
    "SELECT columns FROM nonce_chunks WHERE run = ? AND seq >= ? ORDER BY seq LIMIT ?",
  );
  const samples = db.prepare<[number], StoredSampleRow>("SELECT *, CAST(t_ns AS TEXT) AS t_ns_text FROM samples WHERE run = ? ORDER BY id");
  const results = db.prepare<[number], StoredResultRow>("SELECT * FROM results WHERE run = ? ORDER BY id");
  const lastEvents = db.prepare<[number | null, number], LogEvent>(
    "SELECT wall_ms AS wallMs, level, source, text FROM events WHERE run IS ? ORDER BY id DESC LIMIT ?",
  );

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
      return { ...runOf(row), provenance: parse(row.provenance) as Record<string, unknown>, ...size };
    },
    jobs: (runId) => jobs.all(runId).map(jobOf),
    nonceChunks: (runId, from, count) => chunks.all(runId, from, count).map((row) => decodeColumns(row.columns)),
    samples: (runId) => samples.all(runId).map(sampleOf),
    results: (runId) =>
      results.all(runId).map((row) => ({ runId, kind: row.kind, origin: row.origin, wallMs: row.wall_ms, value: parse(row.value) })),
    events: (runId, limit) => lastEvents.all(runId, limit).reverse(),
  };
}
