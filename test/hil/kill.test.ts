/** kill -9 at random moments during capture. KILLS=200 npx vitest run test/hil/kill.test.ts for many; 12 otherwise. */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { describe, expect, test } from "vitest";
import { concatNonces } from "../../common/nonce-batch.ts";
import { splitmix64 } from "../../common/random.ts";
import { openStore } from "../../telemetry/store/client.ts";
import { checkIntegrity } from "../../telemetry/store/integrity.ts";
import { startFrameSource } from "./frame-source.ts";

const KILLS = Number(process.env.KILLS ?? 12);
const SEED = Number(process.env.KILL_SEED ?? 20261121);
const COMMIT_INTERVAL_MS = 250;
/** The latest moment of a kill, after the first nonces were handed over. */
const LATEST_MS = 1500;
/** What a commit and a machine that stalls may take on top of the interval. The figures themselves are printed. */
const STALL_MS = 2000;

interface Killed {
  readonly atNs: bigint;
  /** How many nonces had been handed over when, in order. */
  readonly handed: readonly { count: number; atNs: bigint }[];
}

async function captureUntilKilled(database: string, afterMs: number): Promise<Killed> {
  const source = await startFrameSource(20_000);
  const args = ["--import", "tsx", "test/hil/capture-until-killed.ts", database, source.port, String(COMMIT_INTERVAL_MS)];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  const handed: { count: number; atNs: bigint }[] = [];
  let atNs = 0n;
  for await (const line of createInterface({ input: child.stdout })) {
    const [, count, whenNs] = /^handed (\d+) (\d+)$/.exec(line) ?? [];
    if (count === undefined || whenNs === undefined) continue;
    if (handed.length === 0) {
      setTimeout(() => {
        atNs = process.hrtime.bigint();
        child.kill("SIGKILL");
      }, afterMs);
    }
    handed.push({ count: Number(count), atNs: BigInt(whenNs) });
  }
  source.stop();
  return { atNs, handed };
}

describe(`kill -9 at ${KILLS} random moments during capture (seed ${SEED})`, () => {
  const random = splitmix64(SEED);
  const moments = Array.from({ length: KILLS }, () => Math.floor(random.next() * LATEST_MS));
  const lostMs: number[] = [];
  const lostNonces: number[] = [];

  test.each(moments.map((afterMs, at) => [at, afterMs]))(
    "kill %i, %i ms in",
    async (_, afterMs) => {
      const folder = mkdtempSync(path.join(tmpdir(), "asic-kill-"));
      const database = path.join(folder, "t.db");
      try {
        const { atNs, handed } = await captureUntilKilled(database, afterMs);
        const total = handed.at(-1)?.count ?? 0;
        expect(total).toBeGreaterThan(0);
        expect(checkIntegrity(database).problems).toEqual([]);

        const store = await openStore({ path: database, inProcess: true });
        const run = await store.run(1);
        const [event] = (await store.events(1, 100)).filter(({ source }) => source === "store");
        const chunks = await store.nonceChunks(1, 0, 100_000);
        const kept = chunks.length === 0 ? 0 : concatNonces(chunks).nonce.length;
        const nonces = concatNonces(chunks);
        await store.close();

        // In order, none missing before the last one kept, none twice.
        expect([...nonces.nonce]).toEqual(Array.from({ length: kept }, (_, i) => i));
        // What came together was committed together: jobs, nonces and samples of the same hand-overs.
        const wholeOnes = handed.findIndex(({ count }) => count === kept) + 1;
        if (kept > 0) expect(run).toMatchObject({ jobs: wholeOnes, samples: wholeOnes });

        const oldestLost = handed.find(({ count }) => count > kept);
        const ageMs = oldestLost === undefined ? 0 : Number(atNs - oldestLost.atNs) / 1e6;
        expect(ageMs, "age of the oldest nonce that was lost").toBeLessThan(COMMIT_INTERVAL_MS + STALL_MS);
        lostMs.push(ageMs);
        lostNonces.push(total - kept);

        // The record says so itself: until when it is complete, and with what.
        expect(run).toMatchObject({ status: "interrupted", endedWallMs: run?.lastCommitWallMs, nonces: kept });
        const last = kept === 0 ? "" : ` (the last at ${nonces.tNs.at(-1)} ns)`;
        expect(event?.text).toContain(`${new Date(run?.lastCommitWallMs ?? 0).toISOString()}, is here: ${kept} nonces${last}`);
        expect(event?.text).toContain(`at most ${COMMIT_INTERVAL_MS} ms`);
      } finally {
        rmSync(folder, { recursive: true, force: true });
        if (lostMs.length === KILLS) {
          const late = lostMs.filter((age) => age > COMMIT_INTERVAL_MS).length;
          const worst = `oldest lost nonce: median ${middle(lostMs).toFixed(0)} ms, worst ${Math.max(...lostMs).toFixed(0)} ms`;
          console.log(
            `${KILLS} kills, commits every ${COMMIT_INTERVAL_MS} ms; ${worst}; ${late} above the interval; median ${middle(lostNonces)} nonces lost`,
          );
        }
      }
    },
    60_000,
  );
});

function middle(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}
