import { existsSync } from "node:fs";
import { join } from "node:path";
import SqliteDatabase from "better-sqlite3";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { type CheckpointLimits, logOf, startCheckpoints } from "./checkpoints.ts";
import { newRun, numberedNonces } from "./rows.test-support.ts";
import { openForTest, temporaryFolder } from "./store.test-support.ts";

const PAGE_BYTES = 4096;

/** A database with a table, who checkpoints it, and what commits so many pages. */
function logged(limits: CheckpointLimits) {
  const path = join(temporaryFolder(), "t.db");
  const db = new SqliteDatabase(path);
  db.pragma("journal_mode = WAL");
  db.exec("CREATE TABLE t (b BLOB)");
  const checkpoints = startCheckpoints(db, path, limits);
  const close = () => {
    if (!db.open) return;
    checkpoints.close();
    db.close();
  };
  onTestFinished(close);
  const insert = db.prepare("INSERT INTO t VALUES (zeroblob(?))");
  const write = (pages: number) => {
    insert.run(pages * PAGE_BYTES);
    checkpoints.committed();
  };
  return { path, db, write, close };
}

describe("checkpoints beside the commits", () => {
  test("no commit brings the log home, however long it is; the thread does, and the next commit begins the log anew", async () => {
    const { db, write } = logged({ frames: 2000, mostFrames: 1e9 });
    write(1500);
    expect(logOf(db)).toMatchObject({ checkpointed: 0 });
    write(1000);
    await vi.waitFor(() => expect(logOf(db).checkpointed).toBe(logOf(db).log), 20_000);
    write(1);
    expect(logOf(db).log).toBeLessThan(20);
  });

  test("a log that outgrew every pause is brought home by the writer", () => {
    const { db, write } = logged({ frames: 10, mostFrames: 20 });
    write(100);
    expect(logOf(db).checkpointed).toBe(logOf(db).log);
    write(1);
    expect(logOf(db).log).toBeLessThan(20);
  });

  test("closing waits for the thread, so that the log goes with the last connection", () => {
    const { path, write, close } = logged({ frames: 10, mostFrames: 1e9 });
    write(100);
    close();
    expect(existsSync(`${path}-wal`)).toBe(false);
    const db = new SqliteDatabase(path, { readonly: true });
    expect(db.pragma("integrity_check", { simple: true })).toBe("ok");
    expect(db.prepare("SELECT count(*) FROM t").pluck().get()).toBe(1);
    db.close();
  });

  test("a reader that needs the log keeps it from beginning anew only while it reads", async () => {
    const { db, write } = logged({ frames: 10, mostFrames: 1e9 });
    const reader = new SqliteDatabase(db.name, { readonly: true });
    onTestFinished(() => void reader.close());
    reader.exec("BEGIN");
    reader.prepare("SELECT count(*) FROM t").get();
    for (let i = 0; i < 20; i++) write(10);
    expect(logOf(db).log).toBeGreaterThan(150);
    reader.exec("COMMIT");
    await vi.waitFor(() => {
      write(10);
      expect(logOf(db).log).toBeLessThan(150);
    }, 20_000);
  });
});

test("a full disk refuses the checkpoint and not the commit before it", () => {
  const { db, write } = logged({ frames: 10, mostFrames: 20 });
  const pragma = db.pragma.bind(db);
  let refusal: Error = new SqliteDatabase.SqliteError("database or disk is full", "SQLITE_FULL");
  db.pragma = (source, options) => {
    if (source === "wal_checkpoint(PASSIVE)") throw refusal;
    return pragma(source, options);
  };
  write(100);
  expect(logOf(db)).toMatchObject({ checkpointed: 0 });
  refusal = new Error("something else");
  expect(() => write(1)).toThrow("something else");
});

test("a store's log stays short while rows come, and is gone when it is closed", async () => {
  const path = join(temporaryFolder(), "t.db");
  const store = await openForTest({ path });
  const runId = await store.startRun(newRun);
  for (let i = 0; i < 8; i++) {
    store.addNonces(runId, numberedNonces(i * 50_000, 50_000));
    await store.flush();
  }
  const db = new SqliteDatabase(path, { readonly: true });
  await vi.waitFor(async () => {
    store.addNonces(runId, numberedNonces(0, 1));
    await store.flush();
    expect(logOf(db).log).toBeLessThan(1000);
  }, 20_000);
  db.close();
  await store.close();
  expect(existsSync(`${path}-wal`)).toBe(false);
});
