/**
 * Brings the write-ahead log home beside the commits instead of inside them: SQLite's own way is a checkpoint in the commit that makes the log 1000
 * pages long, which then waits for the database's pages and a second synchronisation, and holds up the commit after it.
 */
import type { Worker } from "node:worker_threads";
import type { Database } from "better-sqlite3";
import { spawnWorker } from "./spawn-worker.ts";
import { isDiskTrouble } from "./sqlite-error.ts";

/** As SQLite's own: 4 MB of pages. */
const CHECKPOINT_FRAMES = 1000;
/** Commits that leave no pause let the log grow; from here on (64 MB) they wait. */
const MOST_FRAMES = 16_000;
/** How long closing waits for a checkpoint that is under way. */
const CLOSE_PATIENCE_MS = 30_000;

/** What the thread is at, in memory both sides see. */
export const CHECKPOINTER = { idle: 0, busy: 1, closed: 2 } as const;

export interface CheckpointerInput {
  readonly path: string;
  readonly state: Int32Array;
}

export interface Checkpoints {
  /** A commit has ended. */
  committed(): void;
  /** Before the connection is closed. */
  close(): void;
}

export interface CheckpointLimits {
  /** From so many frames (pages) in the log on, the thread is asked. */
  readonly frames: number;
  /** From so many on, the writer does it itself. */
  readonly mostFrames: number;
}

/** Frames in the log, and how many of them are in the database too. */
export interface LogLength {
  readonly log: number;
  readonly checkpointed: number;
}

/** Asks without doing anything. */
export function logOf(db: Database): LogLength {
  return (db.pragma("wal_checkpoint(NOOP)") as LogLength[])[0] ?? { log: 0, checkpointed: 0 };
}

const LIMITS: CheckpointLimits = { frames: CHECKPOINT_FRAMES, mostFrames: MOST_FRAMES };

/** What a full or broken disk does to a checkpoint is no fault of the commit before it, which is durable; the log stays, and the next commit meets the disk itself. */
function unlessTheDiskRefuses(work: () => void): void {
  try {
    work();
  } catch (error) {
    if (!isDiskTrouble(error)) throw error;
  }
}

/** From here on `db`, the one writer of `path`, checkpoints no more by itself; a thread with a connection of its own does, once there is something to do. */
export function startCheckpoints(db: Database, path: string, limits: CheckpointLimits = LIMITS): Checkpoints {
  const state = new Int32Array(new SharedArrayBuffer(4));
  let thread: Worker | null = null;
  let own = false;
  db.pragma("wal_autocheckpoint = 0");

  const start = (): Worker => {
    const input: CheckpointerInput = { path, state };
    const started = spawnWorker(input, "./checkpointer");
    started.on("error", () => {
      // Without the thread it is as it is everywhere with SQLite.
      own = true;
      thread = null;
      db.pragma(`wal_autocheckpoint = ${limits.frames}`);
    });
    return started;
  };

  return {
    committed: () =>
      unlessTheDiskRefuses(() => {
        if (own) return;
        const { log: frames } = logOf(db);
        if (frames < limits.frames || Atomics.load(state, 0) !== CHECKPOINTER.idle) return;
        if (frames >= limits.mostFrames) {
          // Nobody writes meanwhile: this one ends with the whole log at home, and the next commit begins it anew.
          db.pragma("wal_checkpoint(PASSIVE)");
          return;
        }
        Atomics.store(state, 0, CHECKPOINTER.busy);
        thread ??= start();
        thread.postMessage("checkpoint");
      }),
    close() {
      if (thread !== null) {
        thread.postMessage("close");
        const giveUpAt = performance.now() + CLOSE_PATIENCE_MS;
        for (let now = Atomics.load(state, 0); now !== CHECKPOINTER.closed && performance.now() < giveUpAt; now = Atomics.load(state, 0))
          Atomics.wait(state, 0, now, giveUpAt - performance.now());
      }
    },
  };
}
