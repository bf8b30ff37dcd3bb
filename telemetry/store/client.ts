import { type Clock, hostClock } from "../../common/clock.ts";
import { StoreError } from "../../common/errors.ts";
import type { LogEvent } from "../messages.ts";
import { CommitSchedule } from "./commit-schedule.ts";
import type { Engine } from "./engine.ts";
import type { FailingDisk } from "./failing-disk.ts";
import { fingerprint } from "./fingerprint.ts";
import { HandedFile } from "./handed-file.ts";
import { HandedOver, type RowKind } from "./handed-over.ts";
import { InProcessEngine } from "./in-process.ts";
import { type LateEpisode, LateEpisodes } from "./late-episode.ts";
import { IN_MEMORY } from "./open-database.ts";
import { Pending, type StoreCounters } from "./pending.ts";
import type { Store } from "./store.ts";
import { StoreThread } from "./store-thread.ts";

export interface StoreOptions {
  readonly path: string;
  /** What was handed over is durable within that time, ms, unless the disk needs more than half of it for a commit. */
  readonly commitIntervalMs?: number;
  /** Reads, also beside a running daemon; anything that writes fails with READ_ONLY. */
  readonly readonly?: boolean;
  /** What may wait in memory for a slow or full disk. Above a quarter of it events are shed, above half samples, above all of it jobs and nonces. */
  readonly pendingBytes?: number;
  /** The file grows no further than this; beyond it writing fails with DISK_FULL. null: as far as the disk allows. */
  readonly maxBytes?: number | null;
  /** Above this the raw nonces of the oldest finished runs become summaries by minute; null: never. See retention.ts. */
  readonly budgetBytes?: number | null;
  /** Whose time commits keep and rows get. */
  readonly clock?: Clock;
  /** Without a thread, for simulations: the same code and the same order of everything, at the injected clock's times; SQLite blocks the caller. */
  readonly inProcess?: true;
  /** What the disk does, in process only; change it while the store is open. */
  readonly failing?: FailingDisk;
}

/** The Store with its counters, for the metrics. */
export interface CountedStore extends Store {
  counters(): StoreCounters;
}

/**
 * Opens or creates the database on its own thread. Rejects with StoreError DATABASE_BUSY, DATABASE_CORRUPT, DATABASE_DENIED, DATABASE_FOREIGN or
 * DATABASE_NEWER; for reading also DATABASE_MISSING or DATABASE_OLDER. Reads see what was committed. A commit that fails (DISK_FULL, DISK_IO)
 * is reported once through onFailure, keeps its rows in memory and is tried again every interval.
 */
export async function openStore(options: StoreOptions): Promise<CountedStore> {
  const { path, commitIntervalMs = 1000, readonly = false, pendingBytes = 64 * 2 ** 20, maxBytes = null, clock = hostClock() } = options;
  const input = { path, readonly, maxBytes, budgetBytes: options.budgetBytes ?? null, commitIntervalMs, wallMs: clock.wallMs() };
  const thread: Engine = options.inProcess ? new InProcessEngine(input, clock, options.failing) : new StoreThread(input);
  await thread.opened;

  const nowMs = () => thread.nowMs();
  const kept = readonly || path === IN_MEMORY ? null : new HandedFile(path);
  const handed = new HandedOver({
    nowMs,
    wallMs: () => clock.wallMs(),
    logLinesBefore: readonly ? 0 : await thread.call("logLines"),
    keep: (record) => kept?.write(record),
  });
  const pending = new Pending(pendingBytes);
  const listeners = new Set<(error: Error) => void>();
  /** What went wrong since the last good commit, by code: a full disk fails every interval and is reported once. */
  const failures = new Map<string, StoreError>();
  let rejectedRows = 0;
  let commits = 0;
  let lateCommits = 0;
  let worstCommitAgeMs: number | null = null;
  let closing: Promise<void> | null = null;
  const lateListeners = new Set<(statedMs: number) => void>();
  const lateOverListeners = new Set<(episode: LateEpisode) => void>();
  const episodes = new LateEpisodes(commitIntervalMs);

  /** While it is so, and not only when the disk is done. */
  const sayWhenLate = async (oldestMs: number, over: AbortSignal) => {
    await clock.sleep(Math.max(0, oldestMs + commitIntervalMs - nowMs()), over);
    if (!episodes.late(nowMs())) return;
    for (const listener of lateListeners) listener(commitIntervalMs);
  };

  const report = (error: StoreError) => {
    if (failures.has(error.code)) return;
    failures.set(error.code, error);
    for (const listener of listeners) listener(error);
  };

  /** How old the oldest row of a commit was when it was durable. */
  const noteAge = (ageMs: number, durableMs: number) => {
    if (ageMs > commitIntervalMs) {
      lateCommits++;
      if (ageMs > (worstCommitAgeMs ?? 0)) addEvent(null, lateCommit(clock.wallMs(), ageMs, commitIntervalMs));
    }
    const over = episodes.committed(ageMs, durableMs);
    if (over !== null) for (const listener of lateOverListeners) listener(over);
    worstCommitAgeMs = Math.max(worstCommitAgeMs ?? 0, ageMs);
  };

  /** Sends what is pending; resolves when it and all before it is committed. */
  const commit = async (): Promise<void> => {
    const { rows, upToBytes } = pending.take();
    const number = ++commits;
    const oldestMs = handed.begun(number);
    const begunMs = nowMs();
    const dueMs = oldestMs === null ? begunMs : Math.min(begunMs, schedule.dueMs(oldestMs));
    schedule.began();
    let overrunMs: number | null = null;
    const over = new AbortController();
    if (oldestMs !== null) sayWhenLate(oldestMs, over.signal).catch(() => undefined);
    try {
      const { refused, durableMs } = await thread.call("commit", rows, clock.wallMs(), { number, oldestMs });
      overrunMs = durableMs - dueMs;
      handed.committed(number);
      pending.confirm(upToBytes);
      failures.clear();
      if (oldestMs !== null) noteAge(durableMs - oldestMs, durableMs);
      if (refused.length > 0) {
        rejectedRows += refused.length;
        report(rowsRejected(path, refused));
      }
    } catch (error) {
      handed.failed(number);
      report(error as StoreError);
      throw error;
    } finally {
      over.abort();
      schedule.ended(overrunMs);
    }
  };

  // While the disk is slow rows wait here, where they can be counted, and go out as one larger chunk.
  const schedule = new CommitSchedule({
    clock,
    intervalMs: commitIntervalMs,
    nowMs,
    oldestMs: () => handed.oldestMs,
    begin: () => void commit().catch(() => undefined), // reported by the commit itself
  });
  const ticking = new AbortController();
  if (!readonly) void schedule.keep(ticking.signal);
  void thread.ended.then((lost) => {
    ticking.abort();
    if (closing === null) report(lost);
  });

  const unusable = (): StoreError | null => {
    if (closing !== null) return new StoreError("STORE_CLOSED", `${path} is closed.`, "Open it again.", { path });
    if (readonly) return new StoreError("READ_ONLY", `${path} was opened for reading.`, "Open it for writing.", { path });
    return null;
  };
  const writing = async <T>(write: () => Promise<T>): Promise<T> => {
    const error = unusable();
    if (error !== null) throw error;
    await commit();
    return write();
  };
  /** Nonces and jobs are never dropped in silence: an add that cannot be kept is counted and reported. */
  const keep = (runId: number | null, kind: RowKind, rows: number, add: () => boolean, lastNonceNs: bigint | null = null) => {
    const error = unusable();
    if (error !== null) {
      rejectedRows += rows;
      report(error);
      return;
    }
    const turnedAway = pending.turnedAway;
    if (!add()) {
      const hint = "The disk is too slow or full; nonces are being lost until it recovers. Use a faster disk or raise the difficulty.";
      report(
        new StoreError("STORE_OVERLOADED", `More than ${pendingBytes} bytes wait to be written to ${path}.`, hint, { path, ...counters() }),
      );
    }
    if (pending.turnedAway > turnedAway) handed.turnedAway(pending.turnedAway - turnedAway);
    else if (rows > 0) {
      handed.accepted(runId, kind, rows, lastNonceNs);
      schedule.handedOver();
    }
  };
  const addEvent = (runId: number | null, event: LogEvent) => keep(runId, "events", 1, () => pending.addEvent(runId, event));
  const counters = (): StoreCounters => ({
    shedEvents: pending.shedEvents,
    shedSamples: pending.shedSamples,
    refusedJobs: pending.refusedJobs,
    refusedSetPoints: pending.refusedSetPoints,
    refusedNonces: pending.refusedNonces,
    rejectedRows,
    pendingBytes: pending.bytes,
    commits,
    lateCommits,
    worstCommitAgeMs,
  });

  return {
    path,
    counters,
    startRun: (run) =>
      writing(async () => {
        const { kind, origin, note } = run;
        const provenance = toJson(run.provenance);
        const beganMs = nowMs();
        const row = { kind, origin, note, provenance, ...fingerprint(provenance) };
        const runId = await thread.call("startRun", row, clock.wallMs());
        // What the first commit of rows goes by.
        schedule.took(nowMs() - beganMs);
        return runId;
      }),
    endRun: (runId, status, note) =>
      writing(async () => {
        await thread.call("endRun", runId, status, note ?? null, clock.wallMs());
        handed.ended(runId);
      }),
    putResult: (runId, kind, origin, value) => writing(() => thread.call("putResult", runId, kind, origin, toJson(value), clock.wallMs())),
    addJobs: (runId, jobs) => keep(runId, "jobs", jobs.length, () => pending.addJobs(runId, jobs)),
    addNonces: (runId, batch) =>
      keep(runId, "nonces", batch.length, () => pending.addNonces(runId, batch), batch.tNs[batch.length - 1] ?? null),
    betweenRuns: (nonces, lastNonceNs) => handed.betweenRuns(nonces, lastNonceNs),
    addSetPoint: (runId, setPoint) => keep(runId, "setPoints", 1, () => pending.addSetPoint(runId, setPoint)),
    addSample: (runId, sample) => keep(runId, "samples", 1, () => pending.addSample(runId, sample)),
    addEvent,
    setBudget: (budgetBytes) => writing(() => thread.call("setBudget", budgetBytes)),
    flush: () => writing(() => Promise.resolve()),
    listRuns: () => thread.call("listRuns"),
    run: (runId) => thread.call("run", runId),
    jobs: (runId) => thread.call("jobs", runId),
    nonceChunks: (runId, from, count) => thread.call("nonceChunks", runId, from, count),
    nonceRows: (runId, from, count) => thread.call("nonceRows", runId, from, count),
    nonceMinutes: (runId) => thread.call("nonceMinutes", runId),
    setPoints: (runId) => thread.call("setPoints", runId),
    samples: (runId) => thread.call("samples", runId),
    results: (runId) => thread.call("results", runId),
    events: (runId, limit) => thread.call("events", runId, limit),
    onFailure(listener) {
      listeners.add(listener);
      const already = [...failures.values()];
      queueMicrotask(() => {
        if (listeners.has(listener)) for (const error of already) listener(error);
      });
      return () => {
        listeners.delete(listener);
      };
    },
    onLate(listener) {
      lateListeners.add(listener);
      return () => void lateListeners.delete(listener);
    },
    onLateOver(listener) {
      lateOverListeners.add(listener);
      return () => void lateOverListeners.delete(listener);
    },
    close() {
      if (closing !== null) return closing;
      const lastCommit = readonly ? Promise.resolve() : commit();
      ticking.abort();
      closing = (async () => {
        try {
          await lastCommit;
          kept?.remove();
        } finally {
          kept?.close();
          // Also after a failed commit: the lock must go, and what was committed stays.
          await thread.call("close").catch(() => undefined);
          await thread.ended;
        }
      })();
      return closing;
    },
  };
}

function lateCommit(wallMs: number, ageMs: number, intervalMs: number): LogEvent {
  const text = `A commit was late: its oldest row was ${ageMs.toFixed(0)} ms old when it was durable, and ${intervalMs} ms are stated.`;
  return { wallMs, level: "warning", source: "store", text };
}

function toJson(value: unknown): string {
  try {
    return JSON.stringify(value) ?? "null";
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new StoreError("NOT_JSON", `A value cannot be stored as JSON: ${reason}.`, "Write 64-bit integers as decimal text.", {}, error);
  }
}

function rowsRejected(path: string, refused: readonly string[]): StoreError {
  const message = `${refused.length} rows do not fit the schema of ${path} and were left out, first: ${refused[0]}.`;
  const hint = "This is a defect of the program that handed them over: please report it.";
  return new StoreError("ROWS_REJECTED", message, hint, { path, refused: refused.slice(0, 10) });
}
