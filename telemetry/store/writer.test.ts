import SqliteDatabase from "better-sqlite3";
import { describe, expect, test } from "vitest";
import { concatNonces } from "../../common/nonce-batch.ts";
import { migrate } from "./migrations.ts";
import { createReader } from "./reader.ts";
import { job, numberedNonces } from "./rows.test-support.ts";
import { eventRow, jobRow, type Rows } from "./rows.ts";
import { createWriter } from "./writer.ts";

const nothing: Rows = { nonces: [], jobs: [], setPoints: [], samples: [], events: [] };

function opened() {
  let nowMs = 0;
  const db = new SqliteDatabase(":memory:");
  db.pragma("foreign_keys = ON");
  migrate(db, "memory");
  const writer = createWriter(db, { commitIntervalMs: 1000, nowMs: () => nowMs });
  const runId = writer.startRun({ kind: "k", origin: "twin", note: "", provenance: "{}", software: null, configSha256: null }, 1);
  return { db, writer, reader: createReader(db), runId, passMs: (ms: number) => (nowMs += ms) };
}

describe("writer", () => {
  test("a commit that hits a full database writes nothing at all, and the next writes both in order", () => {
    const { db, writer, reader, runId } = opened();
    const pages = db.pragma("page_count", { simple: true }) as number;
    db.pragma(`max_page_count = ${pages + 4}`);
    const first = { ...nothing, nonces: [{ runId, batch: numberedNonces(0, 5000) }], jobs: [jobRow(runId, job(0))] };
    expect(() => writer.commit(first, 2)).toThrow(expect.objectContaining({ code: "SQLITE_FULL" }));
    expect(reader.run(runId)).toMatchObject({ nonces: 0, jobs: 0 });
    db.pragma("max_page_count = 100000");
    writer.commit({ ...nothing, nonces: [{ runId, batch: numberedNonces(5000, 10) }] }, 3);
    expect(concatNonces(reader.nonceChunks(runId, 0, 10))).toEqual(numberedNonces(0, 5010));
    expect(reader.run(runId)).toMatchObject({ nonces: 5010, jobs: 1 });
    expect(writer.commit(null, 4)).toMatchObject({ refused: [] });
    expect(reader.run(runId)?.nonces).toBe(5010);
  });

  test("rows of several runs in one commit stay apart", () => {
    const { writer, reader, runId } = opened();
    const other = writer.startRun({ kind: "k", origin: "hardware", note: "", provenance: "{}", software: null, configSha256: null }, 1);
    const nonces = [
      { runId, batch: numberedNonces(0, 3) },
      { runId: other, batch: numberedNonces(100, 2) },
    ];
    writer.commit({ ...nothing, nonces, jobs: [jobRow(runId, job(0)), jobRow(other, job(0))] }, 2);
    expect(reader.nonceChunks(runId, 0, 9)).toEqual([numberedNonces(0, 3)]);
    expect(reader.nonceChunks(other, 0, 9)).toEqual([numberedNonces(100, 2)]);
    expect(reader.jobs(other)).toHaveLength(1);
  });

  test("the last events are given, oldest first", () => {
    const { writer, reader } = opened();
    const event = (wallMs: number) => eventRow(null, { wallMs, level: "info", source: "s", text: "t" });
    writer.commit({ ...nothing, events: [1, 2, 3, 4].map(event) }, 2);
    expect(reader.events(null, 2).map((one) => one.wallMs)).toEqual([3, 4]);
  });

  test("a damaged chunk names itself when it is read", () => {
    const { db, writer, reader, runId } = opened();
    writer.commit({ ...nothing, nonces: [{ runId, batch: numberedNonces(0, 3) }] }, 2);
    db.exec("UPDATE nonce_chunks SET columns = zeroblob(40)");
    expect(() => reader.nonceChunks(runId, 0, 1)).toThrow(expect.objectContaining({ code: "CHUNK_CORRUPT" }));
  });

  test("running runs keep the number of the last commit, and how old its oldest row had become with the next transaction", () => {
    const { db, writer, reader, runId, passMs } = opened();
    const rows = (seq: number): Rows => ({ ...nothing, jobs: [jobRow(runId, job(seq))] });
    passMs(400);
    writer.commit(rows(0), 2, { number: 7, oldestMs: 100 });
    expect(reader.run(runId)?.commits).toEqual({ count: 0, late: 0, worstAgeMs: null });
    passMs(2000);
    writer.commit(rows(1), 3, { number: 8, oldestMs: 500 });
    writer.commit(rows(2), 4, { number: 9, oldestMs: 2300 });
    expect(reader.run(runId)?.commits).toEqual({ count: 2, late: 1, worstAgeMs: 1900 });
    expect(db.prepare("SELECT commit_number FROM runs").pluck().get()).toBe(9);
    writer.endRun(runId, "finished", null, 5);
    expect(reader.run(runId)?.commits).toEqual({ count: 3, late: 1, worstAgeMs: 1900 });
  });
});
