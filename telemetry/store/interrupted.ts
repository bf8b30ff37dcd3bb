/** What a process that did not close its record leaves behind. */
import type { Database } from "better-sqlite3";
import { INSERT_EVENT } from "./rows.ts";

interface LeftRunning {
  id: number;
  last_commit_ms: number;
  commit_interval_ms: number | null;
  nonces: number;
  jobs: number;
  samples: number;
  last_ns: string | null;
}

/** Runs that say they are running, though nobody writes them: they ended with their last commit. Each gets an event that says what is there and what is not. */
export function markInterrupted(db: Database, wallMs: number): void {
  const left = db.prepare<[], LeftRunning>(
    `SELECT id, last_commit_ms, commit_interval_ms,
            (SELECT coalesce(sum(count), 0) FROM nonce_chunks WHERE run = runs.id) AS nonces,
            (SELECT count(*) FROM jobs WHERE run = runs.id) AS jobs,
            (SELECT count(*) FROM samples WHERE run = runs.id) AS samples,
            (SELECT CAST(max(t_last_ns) AS TEXT) FROM nonce_chunks WHERE run = runs.id) AS last_ns
     FROM runs WHERE status = 'running'`,
  );
  const mark = db.prepare("UPDATE runs SET status = 'interrupted', ended_ms = last_commit_ms WHERE id = ?");
  const log = db.prepare(INSERT_EVENT);
  db.transaction(() => {
    for (const run of left.all()) {
      mark.run(run.id);
      log.run(run.id, wallMs, "warning", "store", wordsFor(run));
    }
  }).immediate();
}

function wordsFor({ last_commit_ms: lastMs, commit_interval_ms: intervalMs, nonces, jobs, samples, last_ns: lastNs }: LeftRunning): string {
  const held = `${nonces} nonces${lastNs === null ? "" : ` (the last at ${lastNs} ns)`}, ${jobs} jobs and ${samples} samples`;
  const bound = intervalMs === null ? "the commit interval of that process" : `${intervalMs} ms`;
  return (
    `Interrupted: the process ended without closing this run. All that was handed over until its last commit, at ` +
    `${new Date(lastMs).toISOString()}, is here: ${held}. What came after it is lost, at most ${bound} of it unless the disk was slow.`
  );
}
