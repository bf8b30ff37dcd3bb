import { join } from "node:path";
import SqliteDatabase from "better-sqlite3";
import { expect, onTestFinished, test } from "vitest";
import { concatNonces, STATUS, sliceNonces as slice } from "../../common/nonce-batch.ts";
import { openStore } from "./client.ts";
import { ManualClock } from "./manual-clock.test-support.ts";
import { job, newRun, numberedNonces, sample } from "./rows.test-support.ts";
import { temporaryFolder } from "./store.test-support.ts";

async function opened(budgetBytes: number | null, path = ":memory:") {
  const clock = new ManualClock();
  const store = await openStore({ path, clock, inProcess: true, commitIntervalMs: 10, budgetBytes });
  onTestFinished(() => store.close().catch(() => undefined));
  return { clock, store };
}

type Opened = Awaited<ReturnType<typeof opened>>;

/** A run with 20 000 nonces, one ms apart, two jobs, two samples, an event and a result. */
async function record({ store, clock }: Opened, ending: "finished" | null): Promise<number> {
  const runId = await store.startRun(newRun);
  store.addJobs(runId, [job(0), job(1)]);
  for (let i = 0; i < 4; i++) store.addNonces(runId, numberedNonces(i * 5000, 5000));
  store.addSample(runId, sample());
  store.addSample(runId, sample());
  store.addEvent(runId, { wallMs: 1, level: "info", source: "s", text: "t" });
  await store.putResult(runId, "x", "twin", { a: 1 });
  if (ending !== null) await store.endRun(runId, ending);
  await clock.advance(100);
  return runId;
}

test("above the budget the oldest finished run gives its nonces and jobs first, and says so", async () => {
  const it = await opened(700_000);
  const { store } = it;
  const oldest = await record(it, "finished");
  const second = await record(it, "finished");
  expect(await store.run(oldest)).toMatchObject({ nonces: 20_000, dropped: [] });
  await record(it, "finished");
  expect(await store.run(oldest)).toMatchObject({
    nonces: 0,
    jobs: 0,
    samples: 2,
    dropped: [
      { what: "jobs", count: 2, reason: expect.stringContaining("700000 bytes") },
      { what: "nonces", count: 20_000 },
    ],
  });
  expect(await store.results(oldest)).toHaveLength(1);
  expect(await store.run(second)).toMatchObject({ nonces: 20_000, jobs: 2 });
});

test("minutes keep what the dropped nonces counted, and mean and spread of their residuals, across steps", async () => {
  const it = await opened(1);
  const { store, clock } = it;
  const runId = await store.startRun(newRun);
  const all = numberedNonces(0, 70_000);
  for (let i = 0; i < all.length; i++) {
    all.chip[i] = i % 2;
    all.status[i] = i % 10 === 3 ? STATUS.invalid : STATUS.valid;
  }
  all.residualNs[4] = Number.NaN;
  // Chunks of one row over the small limit: several steps of the retention must add up.
  for (let from = 0; from < 70_000; from += 1025) store.addNonces(runId, slice(all, from, Math.min(from + 1025, 70_000)));
  await store.flush();
  await store.endRun(runId, "finished");
  for (let i = 0; i < 6; i++) {
    store.addEvent(null, { wallMs: 1, level: "info", source: "s", text: "t" });
    await clock.advance(10);
  }
  const minutes = await store.nonceMinutes(runId);
  expect((await store.run(runId))?.nonces).toBe(0);
  expect(minutes.every(({ minuteNs }) => minuteNs % 60_000_000_000n === 0n)).toBe(true);
  expect(minutes).toHaveLength(2 * new Set(Array.from(all.tNs, (tNs) => tNs / 60_000_000_000n)).size);
  for (const minute of minutes) {
    const rows = Array.from(all.tNs.keys()).filter((i) => {
      const tNs = all.tNs[i] as bigint;
      return all.chip[i] === minute.chip && tNs >= minute.minuteNs && tNs < minute.minuteNs + 60_000_000_000n;
    });
    const valid = rows.filter((i) => all.status[i] === STATUS.valid);
    const residuals = valid.map((i) => all.residualNs[i] as number).filter((value) => !Number.isNaN(value));
    const mean = residuals.reduce((sum, value) => sum + value, 0) / residuals.length;
    expect(minute).toMatchObject({ valid: valid.length, invalid: rows.length - valid.length, residuals: residuals.length });
    expect(minute.residualMeanNs).toBeCloseTo(mean, 6);
    expect(minute.residualSdNs).toBeCloseTo(
      Math.sqrt(residuals.reduce((sum, value) => sum + (value - mean) ** 2, 0) / residuals.length),
      6,
    );
    expect(minute.residualMinNs).toBe(Math.min(...residuals));
    expect(minute.residualMaxNs).toBe(Math.max(...residuals));
  }
});

test("a running run, results and summaries are never touched: samples and log of finished runs go last, then a warning says that it grows", async () => {
  const it = await opened(1);
  const { store, clock } = it;
  const finished = await record(it, "finished");
  const running = await record(it, null);
  for (let i = 0; i < 5; i++) {
    store.addEvent(null, { wallMs: 1, level: "info", source: "s", text: "t" });
    await clock.advance(10);
  }
  expect(await store.run(finished)).toMatchObject({
    nonces: 0,
    jobs: 0,
    samples: 0,
    dropped: [{ what: "events" }, {}, {}, { what: "samples", count: 2 }],
  });
  expect(await store.results(finished)).toHaveLength(1);
  expect(await store.nonceMinutes(finished)).not.toEqual([]);
  expect(await store.run(running)).toMatchObject({ nonces: 20_000, jobs: 2, samples: 2, dropped: [] });
  const warnings = (await store.events(null, 100)).filter(({ level }) => level === "warning");
  expect(warnings).toEqual([expect.objectContaining({ text: expect.stringContaining("goes on growing") })]);
});

test("chunks of a run that lost its first ones are still counted from 0", async () => {
  const path = join(temporaryFolder(), "t.db");
  const it = await opened(null, path);
  const runId = await record(it, "finished");
  const all = await it.store.nonceChunks(runId, 0, 100);
  const db = new SqliteDatabase(path);
  db.exec("DELETE FROM nonce_chunks WHERE seq < 2");
  db.close();
  expect(await it.store.nonceChunks(runId, 0, 100)).toEqual(all.slice(2));
  expect(concatNonces(await it.store.nonceChunks(runId, 1, 1))).toEqual(all[3]);
});

test("another budget counts from the next commit on", async () => {
  const it = await opened(null);
  const oldest = await record(it, "finished");
  for (let i = 0; i < 3; i++) await record(it, "finished");
  expect(await it.store.run(oldest)).toMatchObject({ nonces: 20_000 });
  await it.store.setBudget(700_000);
  const next = await record(it, "finished");
  expect(await it.store.run(oldest)).toMatchObject({
    nonces: 0,
    dropped: [{ what: "jobs" }, { what: "nonces", reason: expect.stringContaining("700000 bytes") }],
  });
  await it.store.setBudget(null);
  for (let i = 0; i < 4; i++) await record(it, "finished");
  expect(await it.store.run(next)).toMatchObject({ nonces: 20_000, dropped: [] });
});
