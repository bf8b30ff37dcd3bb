/** What a process that did not close its record leaves behind. */
import type { Database } from "better-sqlite3";
import type { readHanded } from "./handed-file.ts";
import { type HandedRecord, type Missing, missingOf, oldestMissing, type StoredCounts, type Waiting } from "./handed-over.ts";
import { INSERT_EVENT } from "./rows.ts";

interface LeftRunning extends StoredCounts {
  readonly id: number;
  readonly last_commit_ms: number;
  readonly commit_interval_ms: number | null;
  readonly commit_number: number | null;
}

const NONE = { nonces: 0, jobs: 0, setPoints: 0, samples: 0, events: 0, lastNonceNs: null } as const;

/**
 * Runs that say they are running, though nobody writes them: they ended with their last commit. Each gets an event that says what is there and what is not,
 * to the row where `handed` tells.
 */
export function markInterrupted(db: Database, wallMs: number, handed: ReturnType<typeof readHanded>): void {
  const left = db
    .prepare<[], LeftRunning>(
      `SELECT id, last_commit_ms, commit_interval_ms, commit_number,
              (SELECT coalesce(sum(count), 0) FROM nonce_chunks WHERE run = runs.id) AS nonces,
              (SELECT count(*) FROM jobs WHERE run = runs.id) AS jobs,
              (SELECT count(*) FROM set_points WHERE run = runs.id) AS setPoints,
              (SELECT count(*) FROM samples WHERE run = runs.id) AS samples,
              (SELECT count(*) FROM events WHERE run = runs.id AND source <> 'record') AS events,
              (SELECT CAST(max(t_last_ns) AS TEXT) FROM nonce_chunks WHERE run = runs.id) AS lastNonceNs
       FROM runs WHERE status = 'running'`,
    )
    .all();
  const logLines = db.prepare<[], number>("SELECT count(*) FROM events WHERE run IS NULL AND source <> 'record'").pluck();
  const mark = db.prepare("UPDATE runs SET status = 'interrupted', ended_ms = last_commit_ms WHERE id = ?");
  const log = db.prepare(INSERT_EVENT);
  db.transaction(() => {
    const durable = Math.max(0, ...left.map(({ commit_number: number }) => number ?? 0));
    const between = handed?.record.runs.find(({ run }) => run === null);
    const lines = handed === null || between === undefined ? 0 : handed.record.logLinesBefore + between.events - (logLines.get() as number);
    for (const run of left) {
      mark.run(run.id);
      log.run(run.id, wallMs, "warning", "store", wordsFor(run, handed, durable));
    }
    const unplaced = handed?.record.betweenRuns ?? null;
    if (handed !== null && unplaced !== null) {
      const least = handed.sameBoot ? "" : "at least ";
      const text = `Interrupted: ${least}${unplaced.nonces} nonces are missing that came when one run had ended and before the next had begun, up to ${unplaced.lastNonceNs} ns.`;
      // With the run that they were to go to, where it had come into the record.
      log.run(left.at(-1)?.id ?? null, wallMs, "warning", "store", text);
    }
    if (lines > 0) log.run(null, wallMs, "warning", "store", `Interrupted: ${lines} lines of the log between runs are missing.`);
  }).immediate();
}

function wordsFor(run: LeftRunning, handed: ReturnType<typeof readHanded>, durable: number): string {
  const { last_commit_ms: lastMs, commit_interval_ms: intervalMs, nonces, jobs, samples, lastNonceNs } = run;
  const held = `${nonces} nonces${lastNonceNs === null ? "" : ` (the last at ${lastNonceNs} ns)`}, ${jobs} jobs and ${samples} samples`;
  const here = `Interrupted: the process ended without closing this run. Its last commit, at ${iso(lastMs)}, is here: ${held}.`;
  const stated = intervalMs === null ? "the commit interval of that process" : `${intervalMs} ms`;
  if (handed === null)
    return `${here} What was handed over after that commit began is lost; how much, nothing tells (${stated} were stated).`;
  const { record, sameBoot } = handed;
  const ofRun = record.runs.find((each) => each.run === run.id) ?? { run: run.id, ...NONE };
  const missing = missingOf(ofRun, run);
  const oldest = oldestMissing(record, durable);
  const least = sameBoot ? "" : " at least (the machine was restarted since, and what was counted last may be older)";
  const turnedAway =
    record.turnedAway === 0 ? "" : ` Before that ${record.turnedAway} rows had been turned away, because too much waited for the disk.`;
  if (missing === null || oldest === null) return `${here} Missing${least}: nothing that was handed over.${turnedAway}`;
  return `${here} Missing${least}: ${wordsForMissing(missing)}, ${wordsForTime(record, oldest, stated)}${turnedAway}`;
}

function wordsForMissing({ nonces, jobs, setPoints, samples, events, afterNs, lastNs }: Missing): string {
  const span = nonces === 0 ? "" : ` (${afterNs === null ? "from the first" : `after ${afterNs} ns`} to ${lastNs} ns)`;
  return `${nonces} nonces${span}, ${jobs} jobs, ${setPoints} set-points, ${samples} samples and ${events} lines of the log`;
}

function wordsForTime({ atMs, atWallMs }: HandedRecord, oldest: Waiting, stated: string): string {
  const { sinceMs, sinceWallMs, begunMs, heldMs, silentMs } = oldest;
  const ms = (value: number) => `${value.toFixed(1)} ms`;
  const begun =
    begunMs === null
      ? "no commit had been begun for it"
      : `its commit was begun after ${ms(begunMs - sinceMs)} and under way for ${ms(atMs - begunMs)}`;
  return (
    `handed over from ${iso(sinceWallMs)} to ${iso(atWallMs)}, the last sign of life. Then the oldest of them had waited for ${ms(atMs - sinceMs)} ` +
    `(stated: ${stated}): ${begun}; it waited for the commit before for ${ms(heldMs)}, and for a sign of life for ${ms(silentMs)} at the most.`
  );
}

function iso(wallMs: number): string {
  return new Date(wallMs).toISOString();
}
