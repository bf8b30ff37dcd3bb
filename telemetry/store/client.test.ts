import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import SqliteDatabase from "better-sqlite3";
import { describe, expect, test } from "vitest";
import { allocateNonces, concatNonces, NO_JOB } from "../../common/nonce-batch.ts";
import { encodeColumnsV1 } from "./columns-v1.test-support.ts";
import { migrate } from "./migrations.ts";
import { appliedSetPoint, job, newRun, numberedNonces, sample } from "./rows.test-support.ts";
import { MIGRATIONS } from "./schema.ts";
import { openForTest, temporaryFolder } from "./store.test-support.ts";

const coded = (code: string) => expect.objectContaining({ code });

describe("what is put in comes out", () => {
  test("a run with jobs, nonces, samples, results and events, read by a second opening", async () => {
    const path = join(temporaryFolder(), "made", "on", "opening", "telemetry.db");
    const store = await openForTest({ path });
    const runId = await store.startRun(newRun);
    const jobs = [job(0), job(1, { version: 0xffff_ffff, nbits: 0xffff_ffff, sentNs: 2n ** 63n - 1n, hashCountingNumber: 0x151c })];
    const batch = numberedNonces(0, 3);
    batch.tNs.set([-(2n ** 63n), 2n ** 53n + 1n, 2n ** 63n - 1n]);
    batch.jobSeq.set([0, 1, NO_JOB]);
    batch.difficultyLog2.set([Number.NaN, 8.5, 20]);
    const samples = [sample(), sample({ setPoint: null, tNs: -1n })];
    store.addJobs(runId, jobs);
    store.addNonces(runId, batch);
    for (const one of samples) store.addSample(runId, one);
    const setPoints = [appliedSetPoint(), appliedSetPoint({ asked: null, tNs: -(2n ** 62n) })];
    for (const one of setPoints) store.addSetPoint(runId, one);
    store.addEvent(runId, { wallMs: 1, level: "warning", source: "sentinel", text: "hot" });
    store.addEvent(null, { wallMs: 2, level: "info", source: "daemon", text: "started" });
    await store.putResult(runId, "narma10", "twin", { nrmse: 0.25, list: [1, null, "x"] });
    await store.endRun(runId, "finished", "went well");
    await store.close();

    const again = await openForTest({ path });
    expect(await again.run(runId)).toMatchObject({
      ...newRun,
      status: "finished",
      note: "went well",
      nonces: 3,
      jobs: 2,
      setPoints: 2,
      samples: 2,
      chunks: 1,
      software: null,
      commitIntervalMs: 3_600_000,
    });
    expect(await again.jobs(runId)).toEqual(jobs);
    expect(await again.nonceChunks(runId, 0, 10)).toEqual([batch]);
    expect(await again.samples(runId)).toEqual(samples);
    expect(await again.setPoints(runId)).toEqual(setPoints);
    expect(await again.results(runId)).toMatchObject([
      { runId, kind: "narma10", origin: "twin", value: { nrmse: 0.25, list: [1, null, "x"] } },
    ]);
    expect(await again.events(runId, 10)).toEqual([{ wallMs: 1, level: "warning", source: "sentinel", text: "hot" }]);
    expect(await again.events(null, 10)).toEqual([{ wallMs: 2, level: "info", source: "daemon", text: "started" }]);
    expect(await again.listRuns()).toMatchObject([{ id: runId, status: "finished" }]);
    expect(await again.run(99)).toBeNull();
  });

  test("batches of one interval become one chunk; more rows than a chunk takes are cut", async () => {
    const store = await openForTest({ path: join(temporaryFolder(), "t.db") });
    const runId = await store.startRun(newRun);
    for (let i = 0; i < 5; i++) store.addNonces(runId, numberedNonces(i * 100, 100));
    await store.flush();
    for (let i = 0; i < 5; i++) store.addNonces(runId, numberedNonces(500 + i * 2000, 2000));
    await store.flush();
    const chunks = await store.nonceChunks(runId, 0, 10);
    expect(chunks.map((chunk) => chunk.length)).toEqual([500, 5000, 5000]);
    expect(concatNonces(chunks)).toEqual(numberedNonces(0, 10_500));
    expect(await store.nonceChunks(runId, 1, 1)).toEqual([chunks[1]]);
  });

  test("rows are copied when handed over: the caller may reuse its memory at once", async () => {
    const store = await openForTest({ path: join(temporaryFolder(), "t.db") });
    const runId = await store.startRun(newRun);
    const batch = numberedNonces(0, 10);
    const prevHash = new Uint8Array(32).fill(1);
    store.addNonces(runId, batch);
    store.addJobs(runId, [job(0, { prevHash })]);
    batch.nonce.fill(0);
    prevHash.fill(2);
    await store.flush();
    expect(await store.nonceChunks(runId, 0, 1)).toEqual([numberedNonces(0, 10)]);
    expect((await store.jobs(runId))[0]?.prevHash).toEqual(new Uint8Array(32).fill(1));
  });

  test("commits by itself at the interval", async () => {
    const path = join(temporaryFolder(), "t.db");
    const store = await openForTest({ path, commitIntervalMs: 20 });
    const runId = await store.startRun(newRun);
    store.addNonces(runId, numberedNonces(0, 5));
    await expect.poll(async () => (await store.run(runId))?.nonces).toBe(5);
  });

  test("closing commits what was handed over", async () => {
    const path = join(temporaryFolder(), "t.db");
    const store = await openForTest({ path });
    const runId = await store.startRun(newRun);
    store.addNonces(runId, numberedNonces(0, 5));
    await store.close();
    const again = await openForTest({ path, readonly: true });
    expect((await again.run(runId))?.nonces).toBe(5);
  });

  test("a file written by schema 1 opens and keeps its rows", async () => {
    const path = join(temporaryFolder(), "t.db");
    const db = new SqliteDatabase(path);
    migrate(db, path, MIGRATIONS.slice(0, 1));
    db.exec(
      `INSERT INTO runs (kind, origin, status, started_ms, last_commit_ms, note, provenance)
       VALUES ('old', 'hardware', 'stopped', 1, 2, 'n', '{"software":"asic-reservoir 0.1.0"}')`,
    );
    const chunk = encodeColumnsV1(numberedNonces(0, 7));
    db.prepare("INSERT INTO nonce_chunks (run, seq, count, t_first_ns, t_last_ns, committed_ms, columns) VALUES (1, 0, 7, 0, 1, 2, ?)").run(
      chunk,
    );
    db.close();
    await expect(openForTest({ path, readonly: true })).rejects.toThrow(coded("DATABASE_OLDER"));
    const store = await openForTest({ path });
    expect(await store.nonceChunks(1, 0, 9)).toEqual([numberedNonces(0, 7)]);
    const unknown = { configSha256: null, commitIntervalMs: null, imported: null, dropped: [], setPoints: 0 };
    expect(await store.run(1)).toMatchObject({ software: "asic-reservoir 0.1.0", ...unknown });
    expect(await store.listRuns()).toEqual([
      { id: 1, kind: "old", origin: "hardware", status: "stopped", startedWallMs: 1, endedWallMs: null, note: "n" },
    ]);
  });
});

describe("what is wrong is said", () => {
  test("a row that violates the schema is left out and reported; its neighbours are kept", async () => {
    const store = await openForTest({ path: join(temporaryFolder(), "t.db") });
    const failures: Error[] = [];
    store.onFailure((error) => failures.push(error));
    const runId = await store.startRun(newRun);
    store.addJobs(runId, [job(0), job(0), job(1)]);
    store.addNonces(4711, numberedNonces(0, 2));
    store.addNonces(runId, numberedNonces(0, 2));
    await store.flush();
    expect((await store.jobs(runId)).map((one) => one.jobSeq)).toEqual([0, 1]);
    expect((await store.run(runId))?.nonces).toBe(2);
    expect(failures).toEqual([coded("ROWS_REJECTED")]);
    expect(store.counters().rejectedRows).toBe(2);
  });

  test("an unknown run cannot be ended or given a result", async () => {
    const store = await openForTest({ path: join(temporaryFolder(), "t.db") });
    await expect(store.endRun(5, "finished")).rejects.toThrow(coded("RUN_UNKNOWN"));
    await expect(store.putResult(5, "x", "twin", 1)).rejects.toThrow(coded("RUN_UNKNOWN"));
  });

  test("a value JSON cannot hold is refused with a hint", async () => {
    const store = await openForTest({ path: join(temporaryFolder(), "t.db") });
    const runId = await store.startRun(newRun);
    await expect(store.putResult(runId, "x", "twin", { tNs: 1n })).rejects.toThrow(coded("NOT_JSON"));
  });

  test("nonces that come after closing are reported, not lost in silence", async () => {
    const store = await openForTest({ path: join(temporaryFolder(), "t.db") });
    const runId = await store.startRun(newRun);
    const failures: Error[] = [];
    store.onFailure((error) => failures.push(error));
    await store.close();
    store.addNonces(runId, numberedNonces(0, 3));
    expect(failures).toEqual([coded("STORE_CLOSED")]);
    expect(store.counters().rejectedRows).toBe(3);
    await expect(store.flush()).rejects.toThrow(coded("STORE_CLOSED"));
  });
});

describe("files that cannot be opened", () => {
  test("a newer schema is refused and left as it is", async () => {
    const path = join(temporaryFolder(), "t.db");
    await (await openForTest({ path })).close();
    const db = new SqliteDatabase(path);
    db.pragma("user_version = 7");
    db.close();
    await expect(openForTest({ path })).rejects.toThrow(coded("DATABASE_NEWER"));
    await expect(openForTest({ path, readonly: true })).rejects.toThrow(coded("DATABASE_NEWER"));
  });

  test("text, a cut database and a scribbled page are DATABASE_CORRUPT", async () => {
    const folder = temporaryFolder();
    const text = join(folder, "text.db");
    writeFileSync(text, "this is not a database. ".repeat(300));
    await expect(openForTest({ path: text })).rejects.toThrow(coded("DATABASE_CORRUPT"));

    const path = join(folder, "t.db");
    const store = await openForTest({ path });
    const runId = await store.startRun(newRun);
    store.addNonces(runId, numberedNonces(0, 8000));
    await store.close();
    const whole = readFileSync(path);
    const cut = join(folder, "cut.db");
    writeFileSync(cut, whole.subarray(0, whole.length - 3 * 4096));
    await expect(openForTest({ path: cut })).rejects.toThrow(coded("DATABASE_CORRUPT"));
    // A page that opening alone does not read: only the check of all pages finds it.
    const db = new SqliteDatabase(path, { readonly: true });
    const page = db.prepare("SELECT rootpage FROM sqlite_schema WHERE name = 'samples_run'").pluck().get() as number;
    db.close();
    const scribbled = join(folder, "scribbled.db");
    writeFileSync(scribbled, Buffer.from(whole).fill(0xa5, (page - 1) * 4096, page * 4096));
    await expect(openForTest({ path: scribbled })).rejects.toThrow(coded("DATABASE_CORRUPT"));
  });

  test("another program's database is refused", async () => {
    const path = join(temporaryFolder(), "t.db");
    new SqliteDatabase(path).exec("CREATE TABLE contacts (name TEXT)").close();
    await expect(openForTest({ path })).rejects.toThrow(coded("DATABASE_FOREIGN"));
  });

  test("a folder in its place, a file where the folder should be: DATABASE_DENIED", async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, "dir.db"));
    writeFileSync(join(folder, "file"), "");
    await expect(openForTest({ path: join(folder, "dir.db") })).rejects.toThrow(coded("DATABASE_DENIED"));
    await expect(openForTest({ path: join(folder, "file", "t.db") })).rejects.toThrow(coded("DATABASE_DENIED"));
  });

  test("reading what is not there is DATABASE_MISSING and creates nothing", async () => {
    const folder = temporaryFolder();
    await expect(openForTest({ path: join(folder, "none.db"), readonly: true })).rejects.toThrow(coded("DATABASE_MISSING"));
    writeFileSync(join(folder, "empty.db"), "");
    await expect(openForTest({ path: join(folder, "empty.db"), readonly: true })).rejects.toThrow(coded("DATABASE_MISSING"));
    expect(readdirSync(folder)).toEqual(["empty.db"]);
  });
});

describe("one writer, any readers", () => {
  test("a second writer is refused, under another name of the file too, and may follow when the first is closed", async () => {
    const folder = temporaryFolder();
    const path = join(folder, "t.db");
    const first = await openForTest({ path });
    symlinkSync(path, join(folder, "alias.db"));
    await expect(openForTest({ path })).rejects.toThrow(coded("DATABASE_BUSY"));
    await expect(openForTest({ path: join(folder, "alias.db") })).rejects.toThrow(coded("DATABASE_BUSY"));
    await first.close();
    await (await openForTest({ path })).close();
  });

  test("a reader beside the writer sees each commit, writes nothing, and interrupts no run", async () => {
    const path = join(temporaryFolder(), "t.db");
    const writer = await openForTest({ path });
    const runId = await writer.startRun(newRun);
    const reader = await openForTest({ path, readonly: true });
    expect(await reader.listRuns()).toMatchObject([{ status: "running" }]);
    writer.addNonces(runId, numberedNonces(0, 4));
    await writer.flush();
    expect((await reader.run(runId))?.nonces).toBe(4);
    await expect(reader.startRun(newRun)).rejects.toThrow(coded("READ_ONLY"));
    await reader.close();
    expect(await writer.listRuns()).toMatchObject([{ status: "running" }]);
  });
});

describe("when the disk cannot follow", () => {
  test("a full database reports DISK_FULL once, keeps what was committed, and writes the rest when there is room", async () => {
    const path = join(temporaryFolder(), "t.db");
    const store = await openForTest({ path, maxBytes: 400_000, commitIntervalMs: 10 });
    const failures: Error[] = [];
    store.onFailure((error) => failures.push(error));
    const runId = await store.startRun(newRun);
    store.addNonces(runId, numberedNonces(0, 4000));
    await store.flush();
    store.addNonces(runId, numberedNonces(4000, 60_000));
    await expect(store.flush()).rejects.toThrow(coded("DISK_FULL"));
    await expect(store.flush()).rejects.toThrow(coded("DISK_FULL"));
    expect(failures).toEqual([coded("DISK_FULL")]);
    expect((await store.run(runId))?.nonces).toBe(4000);
    await expect(store.endRun(runId, "finished")).rejects.toThrow(coded("DISK_FULL"));
    await expect(store.close()).rejects.toThrow(coded("DISK_FULL"));

    const again = await openForTest({ path });
    expect(concatNonces(await again.nonceChunks(runId, 0, 100))).toEqual(numberedNonces(0, 4000));
    expect(await again.run(runId)).toMatchObject({ status: "interrupted" });
  });

  test("rows that a commit could not write are written by a later one, in order", async () => {
    const path = join(temporaryFolder(), "t.db");
    const store = await openForTest({ path });
    const runId = await store.startRun(newRun);
    const blocker = new SqliteDatabase(path);
    blocker.exec("BEGIN IMMEDIATE");
    store.addNonces(runId, numberedNonces(0, 10));
    await expect(store.flush()).rejects.toThrow(coded("DATABASE_BUSY"));
    store.addNonces(runId, numberedNonces(10, 10));
    blocker.exec("ROLLBACK");
    blocker.close();
    await store.flush();
    expect(concatNonces(await store.nonceChunks(runId, 0, 10))).toEqual(numberedNonces(0, 20));
    expect(store.counters().pendingBytes).toBe(0);
  }, 20_000);

  test("too much waiting sheds events first, then samples, and refuses nonces aloud", async () => {
    const store = await openForTest({ path: join(temporaryFolder(), "t.db"), pendingBytes: 100_000 });
    const failures: Error[] = [];
    store.onFailure((error) => failures.push(error));
    const runId = await store.startRun(newRun);
    const event = { wallMs: 1, level: "info", source: "s", text: "t" } as const;
    store.addNonces(runId, allocateNonces(700));
    store.addEvent(null, event);
    store.addSample(runId, sample());
    expect(store.counters()).toMatchObject({ shedEvents: 1, shedSamples: 0, refusedNonces: 0 });
    store.addNonces(runId, allocateNonces(700));
    store.addSample(runId, sample());
    expect(store.counters()).toMatchObject({ shedEvents: 1, shedSamples: 1, refusedNonces: 0 });
    expect(failures).toEqual([]);
    store.addNonces(runId, allocateNonces(2000));
    store.addNonces(runId, allocateNonces(2000));
    expect(failures).toEqual([coded("STORE_OVERLOADED")]);
    expect(store.counters()).toMatchObject({ refusedNonces: 4000 });
    await store.flush();
    store.addEvent(null, event);
    store.addNonces(runId, allocateNonces(1));
    await store.flush();
    expect(store.counters()).toMatchObject({ shedEvents: 1, pendingBytes: 0 });
    expect((await store.run(runId))?.nonces).toBe(1401);
  });
});
