import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { concatNonces } from "../../common/nonce-batch.ts";
import { openStore } from "./client.ts";
import type { DiskTrouble } from "./failing-disk.ts";
import type { LateEpisode } from "./late-episode.ts";
import { ManualClock, settled } from "./manual-clock.test-support.ts";
import { NONCE_BYTES } from "./pending.ts";
import { job, newRun, numberedNonces, sample } from "./rows.test-support.ts";
import { temporaryFolder } from "./store.test-support.ts";

async function opened(path = ":memory:") {
  const clock = new ManualClock();
  const disk: { trouble: DiskTrouble | null; delayMs: number } = { trouble: null, delayMs: 0 };
  const store = await openStore({ path, clock, inProcess: true, failing: disk, commitIntervalMs: 100 });
  onTestFinished(() => store.close().catch(() => undefined));
  const failures: string[] = [];
  store.onFailure((error) => failures.push((error as Error & { code: string }).code));
  return { clock, disk, store, failures };
}

describe("a store without a thread", () => {
  test("commits at the injected clock's times and stamps rows with them", async () => {
    const { clock, store } = await opened();
    const runId = await store.startRun(newRun);
    store.addNonces(runId, numberedNonces(0, 5));
    await clock.advance(74);
    expect((await store.run(runId))?.nonces).toBe(0);
    await clock.advance(1);
    expect((await store.run(runId))?.nonces).toBe(5);
    await clock.advance(50);
    await store.endRun(runId, "finished");
    expect(await store.run(runId)).toMatchObject({ startedWallMs: 0, endedWallMs: 125, status: "finished" });
  });

  test("the same calls at the same times make the same file, byte for byte", async () => {
    const write = async () => {
      const path = join(temporaryFolder(), "t.db");
      const { clock, store } = await opened(path);
      const runId = await store.startRun(newRun);
      for (let round = 0; round < 7; round++) {
        store.addNonces(runId, numberedNonces(round * 10, 10));
        store.addJobs(runId, [job(round)]);
        store.addSample(runId, sample());
        await clock.advance(30);
      }
      await store.close();
      return readFileSync(path);
    };
    expect((await write()).equals(await write())).toBe(true);
  });

  test.each([
    ["full", "DISK_FULL"],
    ["io-error", "DISK_IO"],
  ] as const)("a disk that is %s for a while: reported once as %s, nothing lost, nothing twice", async (trouble, code) => {
    const { clock, disk, store, failures } = await opened();
    const runId = await store.startRun(newRun);
    store.addNonces(runId, numberedNonces(0, 10));
    await clock.advance(100);
    disk.trouble = trouble;
    store.addNonces(runId, numberedNonces(10, 10));
    await clock.advance(300);
    await expect(store.putResult(runId, "x", "twin", 1)).rejects.toThrow(expect.objectContaining({ code }));
    expect(failures).toEqual([code]);
    expect((await store.run(runId))?.nonces).toBe(10);
    expect(store.counters().pendingBytes).toBeGreaterThan(0);
    disk.trouble = null;
    // Once for the rows, once for the line that says how late they were.
    await clock.advance(200);
    expect((await store.events(null, 9)).map(({ text }) => text)).toEqual([
      expect.stringMatching(/^A commit was late: its oldest row was 375 ms old .* 100 ms/),
    ]);
    expect(store.counters()).toMatchObject({ lateCommits: 1, worstCommitAgeMs: 375 });
    expect(concatNonces(await store.nonceChunks(runId, 0, 10))).toEqual(numberedNonces(0, 20));
    expect(await store.results(runId)).toEqual([]);
    expect(store.counters().pendingBytes).toBe(0);
    disk.trouble = trouble;
    store.addNonces(runId, numberedNonces(20, 1));
    await clock.advance(100);
    expect(failures).toEqual([code, code]);
  });

  test("a slow disk holds up its answers, not its caller, and what comes meanwhile goes out as one commit", async () => {
    const { clock, disk, store, failures } = await opened();
    const starting = store.startRun(newRun);
    const runId = await starting;
    disk.delayMs = 450;
    for (let i = 0; i < 9; i++) {
      store.addNonces(runId, numberedNonces(i, 1));
      await clock.advance(100);
    }
    await clock.advance(450);
    disk.delayMs = 0;
    await clock.advance(1000);
    expect((await store.nonceChunks(runId, 0, 100)).map((chunk) => chunk.length)).toEqual([1, 5, 3]);
    expect(failures).toEqual([]);
  });

  test("rows that are older than stated are told of at that moment, once for all late commits until half a minute was in time, and then how many they were", async () => {
    const { clock, disk, store } = await opened();
    const runId = await store.startRun(newRun);
    const told: number[] = [];
    const over: LateEpisode[] = [];
    store.onLate((statedMs) => {
      expect(statedMs).toBe(100);
      told.push(clock.wallMs());
    });
    store.onLateOver((episode) => over.push(episode));
    let row = 0;
    const commitOf = async (delayMs: number, waitMs: number) => {
      disk.delayMs = delayMs;
      store.addNonces(runId, numberedNonces(row++, 1));
      await clock.advance(waitMs);
    };
    const handedMs = clock.wallMs();
    await commitOf(450, 300);
    expect(told).toEqual([handedMs + 100]);
    await commitOf(450, 1500);
    // A disk that comes and goes: late, in time, late.
    for (let i = 0; i < 5; i++) {
      await commitOf(0, 300);
      await commitOf(450, 900);
    }
    expect(told).toHaveLength(1);
    expect(over).toEqual([]);
    const lastLateMs = clock.wallMs() - 900 + 50 + 450;
    for (let i = 0; i < 31; i++) await commitOf(0, 1000);
    // Seven of nonces, and one of the line about the second.
    expect(over).toEqual([{ statedMs: 100, commits: 8, lastedMs: lastLateMs - handedMs - 100, worstAgeMs: 675 }]);
    await commitOf(450, 600);
    expect(told).toHaveLength(2);
    expect(over).toHaveLength(1);
    disk.delayMs = 0;
  });

  test("what is handed over is durable within the interval, however long the last commits took", async () => {
    const { clock, disk, store } = await opened();
    const runId = await store.startRun(newRun);
    disk.delayMs = 30;
    const handedAtMs: number[] = [];
    const ages: number[] = [];
    let kept = 0;
    for (let i = 0; i < 1000; i++) {
      store.addNonces(runId, numberedNonces(i, 1));
      handedAtMs.push(clock.wallMs());
      await clock.advance(1);
      const durable = i + 1 - store.counters().pendingBytes / NONCE_BYTES;
      for (; kept < durable; kept++) ages.push(clock.wallMs() - (handedAtMs[kept] as number));
    }
    // It learns from the first commit, and keeps as much again in reserve: as far as half the interval goes.
    expect(Math.max(...ages)).toBe(105);
    expect(Math.max(...ages.slice(handedAtMs.indexOf(105)))).toBe(80);
    expect(kept).toBeGreaterThan(890);
    disk.delayMs = 0;
    const ended = store.endRun(runId, "finished");
    await clock.advance(30);
    await ended;
    expect((await store.run(runId))?.commits).toMatchObject({ late: 1, worstAgeMs: 105 });
  });

  test("a file it cannot open is refused as by the thread", async () => {
    const path = join(temporaryFolder(), "t.db");
    await opened(path);
    await expect(opened(path)).rejects.toThrow(expect.objectContaining({ code: "DATABASE_BUSY" }));
  });

  test("closing commits what was handed over, then no timer is left", async () => {
    const path = join(temporaryFolder(), "t.db");
    const { store, clock } = await opened(path);
    const runId = await store.startRun(newRun);
    store.addNonces(runId, numberedNonces(0, 3));
    await store.close();
    await clock.advance(200);
    await settled();
    const again = await opened(path);
    expect((await again.store.run(runId))?.nonces).toBe(3);
  });
});
