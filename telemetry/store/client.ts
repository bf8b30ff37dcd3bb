import { type Clock, elapsedMs, hostClock } from "../../common/clock.ts";
import { StoreError } from "../../common/errors.ts";
import { CommitPace } from "./commit-pace.ts";
import type { Engine } from "./engine.ts";
import type { FailingDisk } from "./failing-disk.ts";
import { fingerprint } from "./fingerprint.ts";
import { InProcessEngine } from "./in-process.ts";
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

  const pending = new Pending(pendingBytes);
  const listeners = new Set<(error: Error) => void>();
  /** What went wrong since the last good commit, by code: a full disk fails every interval and is reported once. */
  const failures = new Map<string, StoreError>();
  let rejectedRows = 0;
  let answersDue = 0;
  let closing: Promise<void> | null = null;

  const report = (error: StoreError) => {
    if (failures.has(error.code)) return;
    failures.set(error.code, error);
    for (const listener of listeners) listener(error);
  };

  /** Sends what is pending; resolves when it and all before it is committed. */
  const commit = async (): Promise<void> => {
    const { rows, upToBytes } = pending.take();
    answersDue++;
    try {
      const refused = await thread.call("commit", rows, clock.wallMs());
      pending.confirm(upToBytes);
      failures.clear();
      if (refused.length > 0) {
        rejectedRows += refused.length;
        report(rowsRejected(path, refused));
      }
    } catch (error) {
      report(error as StoreError);
      throw error;
    } finally {
      answersDue--;
    }
  };

  const tick = (): Promise<void> | null => {
    // While the disk is slow rows wait here, where they can be counted, and go out as one larger chunk.
    if (answersDue > 0 || (pending.bytes === 0 && failures.size === 0)) return null;
    return commit();
  };
  const ticking = new AbortController();
  if (!readonly) void commitEvery(clock, commitIntervalMs, ticking.signal, tick);
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
  const keep = (rows: number, add: () => boolean) => {
    const error = unusable();
    if (error !== null) {
      rejectedRows += rows;
      report(error);
    } else if (!add()) {
      const hint = "The disk is too slow or full; nonces are being lost until it recovers. Use a faster disk or raise the difficulty.";
      report(
        new StoreError("STORE_OVERLOADED", `More than ${pendingBytes} bytes wait to be written to ${path}.`, hint, { path, ...counters() }),
      );
    }
  };
  const counters = (): StoreCounters => ({
    shedEvents: pending.shedEvents,
    shedSamples: pending.shedSamples,
    refusedJobs: pending.refusedJobs,
    refusedSetPoints: pending.refusedSetPoints,
    refusedNonces: pending.refusedNonces,
    rejectedRows,
    pendingBytes: pending.bytes,
  });

  return {
    path,
    counters,
    startRun: (run) =>
      writing(() => {
        const { kind, origin, note } = run;
        const provenance = toJson(run.provenance);
        return thread.call("startRun", { kind, origin, note, provenance, ...fingerprint(provenance) }, clock.wallMs());
      }),
    endRun: (runId, status, note) => writing(() => thread.call("endRun", runId, status, note ?? null, clock.wallMs())),
    putResult: (runId, kind, origin, value) => writing(() => thread.call("putResult", runId, kind, origin, toJson(value), clock.wallMs())),
    addJobs: (runId, jobs) => keep(jobs.length, () => pending.addJobs(runId, jobs)),
    addNonces: (runId, batch) => keep(batch.length, () => pending.addNonces(runId, batch)),
    addSetPoint: (runId, setPoint) => keep(1, () => pending.addSetPoint(runId, setPoint)),
    addSample: (runId, sample) => keep(1, () => pending.addSample(runId, sample)),
    addEvent: (runId, event) => keep(1, () => pending.addEvent(runId, event)),
    flush: () => writing(() => Promise.resolve()),
    listRuns: () => thread.call("listRuns"),
    run: (runId) => thread.call("run", runId),
    jobs: (runId) => thread.call("jobs", runId),
    nonceChunks: (runId, from, count) => thread.call("nonceChunks", runId, from, count),
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
    close() {
      if (closing !== null) return closing;
      const lastCommit = readonly ? Promise.resolve() : commit();
      ticking.abort();
      closing = (async () => {
        try {
          await lastCommit;
        } finally {
          // Also after a failed commit: the lock must go, and what was committed stays.
          await thread.call("close").catch(() => undefined);
          await thread.ended;
        }
      })();
      return closing;
    },
  };
}

/** Until the signal aborts. `tick` begins a commit, if there is anything to commit, and says when it is durable. */
async function commitEvery(clock: Clock, intervalMs: number, signal: AbortSignal, tick: () => Promise<void> | null): Promise<void> {
  const pace = new CommitPace(intervalMs);
  while (!signal.aborted) {
    const beganNs = clock.nowNs();
    const { periodMs } = pace;
    await clock.sleep(periodMs, signal).catch(() => undefined);
    if (signal.aborted) return;
    tick()?.then(
      () => pace.note(elapsedMs(clock, beganNs) - periodMs),
      () => undefined, // reported by the commit itself
    );
  }
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
