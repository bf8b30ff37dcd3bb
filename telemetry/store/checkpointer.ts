/** The thread of checkpoints.ts: a connection of its own, so that the writer's commits go on meanwhile. */
import { parentPort, workerData } from "node:worker_threads";
import SqliteDatabase from "better-sqlite3";
import { CHECKPOINTER, type CheckpointerInput } from "./checkpoints.ts";

/** A commit that came meanwhile left frames behind; each round has fewer of them. */
const MOST_ROUNDS = 4;

const { path, state } = workerData as CheckpointerInput;
const db = new SqliteDatabase(path);
db.pragma("synchronous = FULL");

const become = (next: number) => {
  Atomics.store(state, 0, next);
  Atomics.notify(state, 0);
};

function checkpoint(): void {
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const [done] = db.pragma("wal_checkpoint(PASSIVE)") as { busy: number; log: number; checkpointed: number }[];
    if (done === undefined || done.busy !== 0 || done.checkpointed >= done.log) return;
  }
}

parentPort?.on("message", (what: "checkpoint" | "close") => {
  if (what === "close") {
    db.close();
    parentPort?.close();
    become(CHECKPOINTER.closed);
    return;
  }
  try {
    checkpoint();
  } catch {
    // A disk that is full or broken refuses the commits too, and they say so; the log stays, and this is tried after each of them.
  }
  become(CHECKPOINTER.idle);
});
