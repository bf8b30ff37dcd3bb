import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import SqliteDatabase from "better-sqlite3";
import { describe, expect, test } from "vitest";
import { concatNonces, NO_JOB, STATUS } from "../../common/nonce-batch.ts";
import { backupDatabase } from "./backup.ts";
import { openStore } from "./client.ts";
import { checkIntegrity } from "./integrity.ts";
import { job, newRun, numberedNonces } from "./rows.test-support.ts";
import { openForTest, temporaryFolder } from "./store.test-support.ts";

async function recorded(path: string): Promise<void> {
  const store = await openStore({ path, inProcess: true });
  const runId = await store.startRun(newRun);
  store.addJobs(runId, [job(0)]);
  for (let i = 0; i < 3; i++) {
    store.addNonces(runId, numberedNonces(i * 2000, 2000));
    await store.flush();
  }
  await store.putResult(runId, "x", "twin", { a: 1 });
  await store.close();
}

function harm(path: string, sql: string): void {
  const db = new SqliteDatabase(path).unsafeMode(true);
  db.pragma("foreign_keys = OFF");
  db.exec(sql);
  db.close();
}

describe("integrity", () => {
  test("a sound record has no problems, also while it is written", async () => {
    const path = join(temporaryFolder(), "t.db");
    await recorded(path);
    const sound = { runs: 1, chunks: 3, nonces: 6000, problems: [] };
    expect(checkIntegrity(path)).toEqual(sound);
    const store = await openForTest({ path });
    const runId = await store.startRun(newRun);
    store.addJobs(runId, [job(0)]);
    store.addNonces(runId, numberedNonces(0, 5));
    expect(checkIntegrity(path)).toEqual({ ...sound, runs: 2 });
    await store.flush();
    expect(checkIntegrity(path)).toEqual({ ...sound, runs: 2, chunks: 4, nonces: 6005 });
  });

  test.each([
    [
      "UPDATE nonce_chunks SET columns = CAST(substr(columns, 1, 500) || x'ff' || substr(columns, 502) AS BLOB) WHERE seq = 1",
      "run 1, chunk 1: .*checksum",
    ],
    ["DELETE FROM nonce_chunks WHERE seq = 1", "chunks between 0 and 2 are missing"],
    ["UPDATE nonce_chunks SET count = 1999 WHERE seq = 2", "chunk 2: 2000 rows instead of 1999"],
    ["UPDATE nonce_chunks SET t_last_ns = t_first_ns WHERE seq = 0", "chunk 0: times outside"],
    ["DELETE FROM jobs", "run 1, chunk 0: row 0 is of job 0, which is not stored"],
    ["UPDATE results SET run = 9", "results, row 1: its run does not exist"],
    ["UPDATE results SET value = '{'", "result 1 does not parse"],
    ["UPDATE runs SET provenance = ''", "run 1: its provenance does not parse"],
    [
      "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET rootpage = (SELECT rootpage FROM sqlite_schema WHERE name = 'samples_run') WHERE name = 'events_run'",
      "pages: ",
    ],
  ])("%s is found", async (sql, problem) => {
    const path = join(temporaryFolder(), "t.db");
    await recorded(path);
    harm(path, sql);
    expect(checkIntegrity(path).problems).toEqual(expect.arrayContaining([expect.stringMatching(problem)]));
  });
});

test("nonces whose jobs the size budget took, or that name none, are sound without them", async () => {
  const path = join(temporaryFolder(), "t.db");
  const store = await openStore({ path, inProcess: true });
  const batch = numberedNonces(0, 4);
  batch.status.fill(STATUS.unknownJob);
  batch.jobSeq.fill(NO_JOB);
  store.addNonces(await store.startRun(newRun), batch);
  await store.close();
  await recorded(path);
  harm(path, "DELETE FROM jobs; INSERT INTO dropped VALUES (2, 'jobs', 1, 0, 0, 'size budget')");
  expect(checkIntegrity(path)).toMatchObject({ runs: 2, problems: [] });
});

describe("backup", () => {
  test("holds what was committed when it began, while commits go on, and is a record of its own", async () => {
    const folder = temporaryFolder();
    const path = join(folder, "t.db");
    const file = join(folder, "backup.db");
    await recorded(path);
    const store = await openForTest({ path });
    const runId = await store.startRun(newRun);
    store.addJobs(runId, [job(0)]);
    store.addNonces(runId, numberedNonces(0, 10));
    await store.flush();
    store.addNonces(runId, numberedNonces(10, 10));
    const bytes = backupDatabase(path, file);
    await store.flush();
    expect(bytes).toBeGreaterThan(50_000);
    expect(checkIntegrity(file)).toEqual({ runs: 2, chunks: 4, nonces: 6010, problems: [] });
    expect((await store.run(runId))?.nonces).toBe(20);
    const copy = await openForTest({ path: file });
    expect(concatNonces(await copy.nonceChunks(1, 0, 10))).toEqual(numberedNonces(0, 6000));
    expect(await copy.run(runId)).toMatchObject({ status: "interrupted" });
  });

  test("never overwrites, and leaves nothing behind when it fails", async () => {
    const folder = temporaryFolder();
    const path = join(folder, "t.db");
    await recorded(path);
    writeFileSync(join(folder, "there.db"), "precious");
    expect(() => backupDatabase(path, join(folder, "there.db"))).toThrow(expect.objectContaining({ code: "BACKUP_EXISTS" }));
    mkdirSync(join(folder, "empty"));
    expect(() => backupDatabase(path, join(folder, "missing", "b.db"))).toThrow(expect.objectContaining({ code: "DATABASE_DENIED" }));
    expect(readdirSync(folder).filter((name) => name.includes("unfinished"))).toEqual([]);
  });
});
