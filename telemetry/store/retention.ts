/**
 * Keeps the record within its budget. The oldest finished runs give first: their raw nonces, and the jobs that verify them, become summaries by minute
 * and chip. When no finished run has nonces left, samples and log of the oldest go. Never touched: a running run, results, set-points, summaries, and
 * the runs themselves. Table `dropped` says what went.
 */
import type { Database } from "better-sqlite3";
import { decodeColumns } from "./columns.ts";
import { MinuteRollUp } from "./roll-up.ts";
import { INSERT_EVENT } from "./rows.ts";
import { isDiskTrouble } from "./sqlite-error.ts";

/** Chunks a step rolls up: it takes tens of ms, so that no commit waits for long. */
const CHUNKS_A_STEP = 64;

export interface Retention {
  /** One step, if the record is above its budget. Called after each commit. */
  enforce(wallMs: number): void;
}

type What = "nonces" | "jobs" | "samples" | "events";

export function createRetention(db: Database, budgetBytes: number | null): Retention {
  if (budgetBytes === null) return { enforce: () => {} };
  const pageBytes = db.pragma("page_size", { simple: true }) as number;
  const usedBytes = () =>
    ((db.pragma("page_count", { simple: true }) as number) - (db.pragma("freelist_count", { simple: true }) as number)) * pageBytes;
  const oldestWith = (table: string) =>
    db
      .prepare<[], number>(
        `SELECT id FROM runs WHERE status <> 'running' AND EXISTS (SELECT 1 FROM ${table} WHERE run = runs.id) ORDER BY id LIMIT 1`,
      )
      .pluck();
  const withNonces = oldestWith("nonce_chunks");
  const withSamples = oldestWith("samples");
  const withEvents = oldestWith("events");
  const chunks = db.prepare<[number, number], { id: number; count: number; columns: Uint8Array }>(
    "SELECT id, count, columns FROM nonce_chunks WHERE run = ? ORDER BY seq LIMIT ?",
  );
  const removeChunk = db.prepare("DELETE FROM nonce_chunks WHERE id = ?");
  const remove = {
    jobs: db.prepare("DELETE FROM jobs WHERE run = ?"),
    samples: db.prepare("DELETE FROM samples WHERE run = ?"),
    events: db.prepare("DELETE FROM events WHERE run = ?"),
  };
  const note = db.prepare(
    `INSERT INTO dropped (run, what, count, first_wall_ms, last_wall_ms, reason) VALUES (@runId, @what, @count, @wallMs, @wallMs, @reason)
     ON CONFLICT (run, what) DO UPDATE SET count = count + @count, last_wall_ms = @wallMs`,
  );
  const logEvent = db.prepare(INSERT_EVENT);
  const reason = `size budget of ${budgetBytes} bytes`;
  let saidHelpless = false;

  const write = (runId: number, what: What, count: number, wallMs: number) => note.run({ runId, what, count, wallMs, reason });
  const dropAll = (what: Exclude<What, "nonces">, runId: number, wallMs: number) =>
    write(runId, what, remove[what].run(runId).changes, wallMs);

  const rollUp = (runId: number, wallMs: number) => {
    const minutes = new MinuteRollUp(db, runId);
    let nonces = 0;
    const oldest = chunks.all(runId, CHUNKS_A_STEP);
    for (const chunk of oldest) {
      minutes.add(decodeColumns(chunk.columns));
      removeChunk.run(chunk.id);
      nonces += chunk.count;
    }
    minutes.store();
    write(runId, "nonces", nonces, wallMs);
    // Without nonces they verify nothing any more.
    if (oldest.length < CHUNKS_A_STEP) dropAll("jobs", runId, wallMs);
  };

  const step = db.transaction((wallMs: number) => {
    const nonces = withNonces.get();
    if (nonces !== undefined) return rollUp(nonces, wallMs);
    const samples = withSamples.get();
    if (samples !== undefined) return dropAll("samples", samples, wallMs);
    const events = withEvents.get();
    if (events !== undefined) return dropAll("events", events, wallMs);
    if (saidHelpless) return;
    saidHelpless = true;
    const text = `The record is larger than its ${reason}, and only running runs, results and summaries are left: it goes on growing.`;
    logEvent.run(null, wallMs, "warning", "record", text);
  });

  return {
    enforce(wallMs) {
      if (usedBytes() <= budgetBytes) return;
      try {
        step.immediate(wallMs);
      } catch (error) {
        // Freeing room needs some. What the disk lacks, the next commit says by itself; here it is tried again after it.
        if (!isDiskTrouble(error)) throw error;
      }
    },
  };
}
