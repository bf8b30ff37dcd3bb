import SqliteDatabase from "better-sqlite3";
import fc from "fast-check";
import { expect, test } from "vitest";
import { concatNonces } from "../../common/nonce-batch.ts";
import { SMALL_ROWS } from "./chunk-writer.ts";
import type { DiskTrouble } from "./failing-disk.ts";
import { migrate } from "./migrations.ts";
import { nonceBatch } from "./nonce-arbitrary.test-support.ts";
import { createReader } from "./reader.ts";
import { numberedNonces } from "./rows.test-support.ts";
import type { Rows } from "./rows.ts";
import { createWriter } from "./writer.ts";

function opened() {
  const db = new SqliteDatabase(":memory:");
  migrate(db, "memory");
  const disk: { trouble: DiskTrouble | null; delayMs: number } = { trouble: null, delayMs: 0 };
  const writer = createWriter(db, { commitIntervalMs: 1000, disk, nowMs: () => 0 });
  const start = () => writer.startRun({ kind: "k", origin: "twin", note: "", provenance: "{}", software: null, configSha256: null }, 1);
  return { db, disk, writer, reader: createReader(db), start };
}

const of = (runId: number, first: number, count: number): Rows => ({
  nonces: [{ runId, batch: numberedNonces(first, count) }],
  jobs: [],
  setPoints: [],
  samples: [],
  events: [],
});

test("small chunks are joined when they make a whole one, and when the run ends", () => {
  const { db, writer, reader, start } = opened();
  const runId = start();
  const counts = () => db.prepare("SELECT seq, count FROM nonce_chunks ORDER BY seq").raw().all();
  for (let i = 0; i < 4; i++) writer.commit(of(runId, i * 1000, 1000), 2 + i);
  expect(counts()).toEqual([0, 1, 2, 3].map((seq) => [seq, 1000]));
  writer.commit(of(runId, 4000, 100), 7);
  expect(counts()).toEqual([[0, 4100]]);
  for (let i = 0; i < 3; i++) writer.commit(of(runId, 4100 + i * 10, 10), 8);
  writer.endRun(runId, "finished", null, 99);
  expect(counts().at(-1)).toEqual([1, 30]);
  expect(db.prepare("SELECT max(committed_ms) FROM nonce_chunks").pluck().get()).toBe(8);
  expect(concatNonces(reader.nonceChunks(runId, 0, 100))).toEqual(numberedNonces(0, 4130));
});

test("whatever the sizes of commits, whichever of them fail: rows in order, none twice, chunks numbered without gaps", () => {
  const commits = fc.array(
    fc.record({ count: fc.oneof(fc.nat(200), fc.integer({ min: SMALL_ROWS - 2, max: 3000 })), run: fc.nat(1), fails: fc.boolean() }),
    {
      maxLength: 12,
    },
  );
  fc.assert(
    fc.property(commits, (list) => {
      const { db, disk, writer, reader, start } = opened();
      const runs = [start(), start()];
      const handedOver = [0, 0];
      for (const { count, run, fails } of list) {
        disk.trouble = fails ? "full" : null;
        const commit = () => writer.commit(of(runs[run] as number, handedOver[run] as number, count), 2);
        if (fails) expect(commit).toThrow();
        else commit();
        handedOver[run] = (handedOver[run] as number) + count;
      }
      disk.trouble = null;
      writer.commit(null, 3);
      writer.endRun(runs[0] as number, "finished", null, 4);
      for (const [at, runId] of runs.entries()) {
        const kept = concatNonces(reader.nonceChunks(runId, 0, 10_000));
        const misplaced = kept.nonce.findIndex((nonce, i) => nonce !== i);
        expect([kept.length, misplaced]).toEqual([handedOver[at], -1]);
        const seqs = db.prepare("SELECT seq FROM nonce_chunks WHERE run = ? ORDER BY seq").pluck().all(runId);
        expect(seqs).toEqual(seqs.map((_, i) => i));
      }
      db.close();
    }),
    { numRuns: 30 },
  );
});

test("first and last time of a chunk are the least and the largest, in whatever order they came", () => {
  const { db, writer, start } = opened();
  const runId = start();
  let seq = 0;
  fc.assert(
    fc.property(nonceBatch({}, 9), (batch) => {
      writer.commit({ ...of(runId, 0, 0), nonces: [{ runId, batch }] }, 1);
      const [first, last] = db
        .prepare("SELECT t_first_ns, t_last_ns FROM nonce_chunks WHERE seq = ?")
        .raw()
        .safeIntegers()
        .get(seq++) as bigint[];
      const sorted = [...batch.tNs].sort((a, b) => (a < b ? -1 : 1));
      expect([first, last]).toEqual([sorted[0], sorted.at(-1)]);
    }),
  );
});
