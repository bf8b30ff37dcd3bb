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
/** Figures in the record have one decimal. */
const ROUNDED_MS = 0.2;
/** The latest moment of a kill, after the first nonces were handed over. */
const LATEST_MS = 1500;
/** Nonces in all after a hand-over, and when it began and was done; null: it was not. */
interface HandOver {
  readonly count: number;
  readonly fromNs: bigint;
  toNs: bigint | null;
}

interface Killed {
  readonly atNs: bigint;
  /** It was dead by then. */
  readonly deadNs: bigint;
  readonly handed: readonly HandOver[];
}

async function captureUntilKilled(database: string, afterMs: number): Promise<Killed> {
  const source = await startFrameSource(20_000);
  const args = ["--import", "tsx", "test/hil/capture-until-killed.ts", database, source.port, String(COMMIT_INTERVAL_MS)];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  const handed: HandOver[] = [];
  let atNs = 0n;
  for await (const line of createInterface({ input: child.stdout })) {
    const [, what, count, whenNs] = /^(handing|handed) (\d+) (\d+)$/.exec(line) ?? [];
    if (count === undefined || whenNs === undefined) continue;
    if (handed.length === 0) {
      setTimeout(() => {
        atNs = process.hrtime.bigint();
        child.kill("SIGKILL");
      }, afterMs);
    }
    if (what === "handing") handed.push({ count: Number(count), fromNs: BigInt(whenNs), toNs: null });
    else (handed.at(-1) as HandOver).toNs = BigInt(whenNs);
  }
  const deadNs = process.hrtime.bigint();
  source.stop();
  return { atNs, deadNs, handed };
}

describe(`kill -9 at ${KILLS} random moments during capture (seed ${SEED})`, () => {
  const random = splitmix64(SEED);
  const moments = Array.from({ length: KILLS }, () => Math.floor(random.next() * LATEST_MS));
  const waitedMs: number[] = [];
  const ageAtKillMs: number[] = [];
  const lostNonces: number[] = [];
  const late: string[] = [];
  let killed = 0;

  test.each(moments.map((afterMs, at) => [at, afterMs]))(
    "kill %i, %i ms in",
    async (_, afterMs) => {
      const folder = mkdtempSync(path.join(tmpdir(), "asic-kill-"));
      const database = path.join(folder, "t.db");
      try {
        const { atNs, deadNs, handed } = await captureUntilKilled(database, afterMs);
        expect(handed.length).toBeGreaterThan(0);
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
        // The record says so itself: with what it is complete, and what is missing.
        const last = kept === 0 ? "" : ` (the last at ${nonces.tNs.at(-1)} ns)`;
        expect(run).toMatchObject({ status: "interrupted", endedWallMs: run?.lastCommitWallMs, nonces: kept });
        expect(event?.text).toContain(`${new Date(run?.lastCommitWallMs ?? 0).toISOString()}, is here: ${kept} nonces${last}`);
        const missing = missingIn(event?.text ?? "");

        // Exactly: all that was handed over, but for what the kill itself cut short.
        const whole = handed.filter(({ toNs }) => toNs !== null).length;
        const rounds = [whole, handed.length];
        const counts = [handed[whole - 1]?.count ?? 0, handed.at(-1)?.count];
        expect(counts).toContain(kept + missing.nonces);
        expect(rounds).toContain((run?.jobs ?? 0) + missing.jobs);
        expect(rounds).toContain((run?.samples ?? 0) + missing.samples);
        expect(missing.setPoints + missing.events).toBe(0);

        // What came together was committed together: jobs, nonces and samples of the same hand-overs.
        const wholeOnes = handed.findIndex(({ count }) => count === kept) + 1;
        if (kept > 0) expect(run).toMatchObject({ jobs: wholeOnes, samples: wholeOnes });

        killed++;
        lostNonces.push(missing.nonces);
        const oldestLost = handed[wholeOnes];
        if (oldestLost === undefined || missing.jobs === 0) return;
        ageAtKillMs.push(Number(atNs - oldestLost.fromNs) / 1e6);
        waitedMs.push(missing.waitedMs);
        // From the oldest lost row's hand-over to the last sign of life, as this side saw it.
        const lastWhole = handed[whole - 1]?.toNs ?? oldestLost.fromNs;
        expect(missing.waitedMs).toBeLessThan(Number(deadNs - oldestLost.fromNs) / 1e6 + ROUNDED_MS);
        expect(missing.waitedMs).toBeGreaterThan(
          Number((handed[whole - 1]?.fromNs ?? 0n) - (oldestLost.toNs ?? lastWhole)) / 1e6 - ROUNDED_MS,
        );

        // Whatever is older than the interval was begun in time (or when the commit before it had ended, or as soon as the process ran again), and was
        // under way: nothing else makes a loss that old, and the record says which it was.
        expect(missing.statedMs).toBe(COMMIT_INTERVAL_MS);
        const begunMs = missing.begunAfterMs ?? missing.waitedMs;
        expect(begunMs - missing.heldMs - missing.silentMs).toBeLessThan(COMMIT_INTERVAL_MS + ROUNDED_MS);
        if (missing.waitedMs > COMMIT_INTERVAL_MS) late.push(event?.text.replace(/.* Then the/, "The") ?? "");
      } finally {
        rmSync(folder, { recursive: true, force: true });
        if (killed === KILLS) {
          const figures = (values: readonly number[]) => `median ${middle(values).toFixed(0)}, worst ${Math.max(0, ...values).toFixed(0)}`;
          console.log(
            [
              `${KILLS} kills, ${COMMIT_INTERVAL_MS} ms stated; ms that the oldest lost row had waited at the last sign of life: ${figures(waitedMs)};`,
              `at the kill: ${figures(ageAtKillMs)}; older than stated: ${late.length}; nonces lost: ${figures(lostNonces)}`,
              ...late,
            ].join("\n"),
          );
        }
      }
    },
    60_000,
  );
});

/** What the record says is missing, in numbers. */
function missingIn(text: string) {
  const none = {
    nonces: 0,
    jobs: 0,
    setPoints: 0,
    samples: 0,
    events: 0,
    waitedMs: 0,
    statedMs: 0,
    begunAfterMs: null,
    heldMs: 0,
    silentMs: 0,
  };
  if (text.endsWith(" Missing: nothing that was handed over.")) return none;
  const counts =
    / Missing: (\d+) nonces.*?, (\d+) jobs, (\d+) set-points, (\d+) samples and (\d+) lines of the log, handed over from /.exec(text);
  const times = / waited for ([\d.]+) ms \(stated: (\d+) ms\): (?:no commit had been begun|its commit was begun after ([\d.]+) ms)/.exec(
    text,
  );
  const causes = / before for ([\d.]+) ms, and for a sign of life for ([\d.]+) ms at the most\.$/.exec(text);
  if (counts === null || times === null || causes === null) throw new Error(`The record does not say what is missing: ${text}`);
  const [nonces, jobs, setPoints, samples, events] = counts.slice(1).map(Number) as [number, number, number, number, number];
  const [, waitedMs, statedMs, begunAfterMs] = times;
  const [heldMs, silentMs] = causes.slice(1).map(Number) as [number, number];
  const begun = begunAfterMs === undefined ? null : Number(begunAfterMs);
  return {
    nonces,
    jobs,
    setPoints,
    samples,
    events,
    waitedMs: Number(waitedMs),
    statedMs: Number(statedMs),
    begunAfterMs: begun,
    heldMs,
    silentMs,
  };
}

function middle(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}
