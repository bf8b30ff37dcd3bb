/** LBRY end to end: the twin of an LB-Box, which has its own header and hash, against the server; in virtual time and on a socket. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, describe, expect, it, vi } from "vitest";
import type { JobRecord } from "../../common/block-header.ts";
import { hostClock } from "../../common/clock.ts";
import type { NonceBatch } from "../../common/nonce-batch.ts";
import { monotonicRawNs, verifyHeaders } from "../../drivers/native/index.ts";
import { verifyLbry } from "../../drivers/stratum/lbry.ts";
import { MODE_TIMES } from "../../drivers/stratum/mode.ts";
import { openStore } from "../../telemetry/store/client.ts";
import type { Store } from "../../telemetry/store/store.ts";
import { MINER_KINDS } from "../../twin/network/miner-kinds.ts";
import { reverify } from "../reverify.ts";
import { rehearse } from "./rehearsal.ts";
import { stratumRun } from "./stratum-run.ts";

const folder = mkdtempSync(path.join(tmpdir(), "lbry-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A record that holds these jobs and rows alone. */
function recordOf(jobs: JobRecord[], batch: NonceBatch): Pick<Store, "jobs" | "nonceChunks"> {
  return { jobs: async () => jobs, nonceChunks: async (_, from) => (from === 0 ? [batch] : []) };
}

describe("an LB-Box", () => {
  it("finds shares at its hash rate over 2^24 times the difficulty, and all that are in time verify", () => {
    const seconds = 120;
    const { session, rows } = rehearse({
      kind: MINER_KINDS["lb-box"],
      mode: "pool",
      algorithm: "lbry",
      difficulty: 1024,
      seed: 3,
      seconds,
    });
    const expected = (seconds * 175e9) / 2 ** 34;
    const verified = session.counts.valid + session.counts.stale;
    expect(Math.abs(verified - expected)).toBeLessThan(4 * Math.sqrt(expected));
    expect(session.counts).toMatchObject({ invalid: 0, "below-target": 0, "unknown-job": 0, refused: 0 });
    for (const { judged } of rows) expect(judged.difficultyLog2).toBeGreaterThanOrEqual(10 - 32 - 1e-4);
  });

  it("whose claim trie's root or nonce is another has no valid share", () => {
    const { rows } = rehearse({
      kind: MINER_KINDS["lb-box"],
      mode: "pool",
      algorithm: "lbry",
      difficulty: 2 ** 14,
      workScale: 26,
      seed: 3,
      seconds: 20,
    });
    expect(rows.length).toBeGreaterThan(3);
    for (const { judged, nonce, extranonce2 } of rows) {
      const { job, record } = judged;
      if (job === null || record === null) throw new Error("no header");
      const words = { extranonce2, ntime: record.ntime, nonce, versionBits: 0 };
      const bits = (header: Uint8Array) => verifyLbry(header).zeroBits[0] as number;
      const header = job.headerOf(record, words);
      expect(bits(header)).toBeGreaterThanOrEqual(12);
      const other = header.slice();
      other[80] = (other[80] as number) ^ 1;
      expect(bits(other)).toBeLessThan(12);
      expect(bits(job.headerOf(record, { ...words, nonce: nonce ^ 1 }))).toBeLessThan(12);
    }
  });

  it("on a socket leaves a record from which every share can be hashed again", { timeout: 60_000 }, async () => {
    const store = await openStore({ path: path.join(folder, "lbry.db") });
    let stop = () => {};
    const stopped = new Promise<void>((resolve) => {
      stop = resolve;
    });
    const lines = vi.fn();
    const running = stratumRun(
      {
        algorithm: "lbry",
        listen: { host: "127.0.0.1", port: 0 },
        mode: "pool",
        times: MODE_TIMES,
        difficulty: 1024,
        suggestions: null,
        sigmaMs: 1,
        seed: 1,
        twin: { kind: "lb-box", path: {} },
        workScale: 32,
      },
      { clock: hostClock(monotonicRawNs), store, verify: verifyHeaders, software: "test", capture: null, onListening: lines },
      stopped,
    );
    setTimeout(stop, 3000);
    const { runId, report } = await running;
    const [checked, jobs] = [await reverify(store, runId, verifyHeaders), await store.jobs(runId)];
    const [batch] = await store.nonceChunks(runId, 0, 1);
    await store.close();
    expect(report.counts.valid).toBeGreaterThan(5);
    expect(checked.nonces).toBe(report.counts.valid + report.counts.stale + report.counts.duplicate);
    expect(checked).toMatchObject({ contradicted: 0, counts: { valid: report.counts.valid } });
    // With another claim trie's root the hashes are others: of those a quarter verifies by luck.
    const other = jobs.map((job) => ({ ...job, claimTrieRoot: (job.claimTrieRoot as Uint8Array).map((byte) => byte ^ 1) }));
    const harmed = await reverify(recordOf(other, batch as NonceBatch), runId, verifyHeaders);
    expect(harmed.contradicted).toBeGreaterThan(checked.nonces / 5);
    expect(report.connections[0]?.effectiveDifficulty?.least).toBeGreaterThanOrEqual(1023.9);
    expect(report.origin).toBe("twin");
  });
});

/** A CPU miner that knows lbry, with cpuminer's options: what ASICR_LBRY_MINER names. */
const MINER = process.env.ASICR_LBRY_MINER;

describe.skipIf(MINER === undefined)("an unmodified software miner of LBRY", () => {
  it("connects, and its shares verify", { timeout: 120_000 }, async () => {
    const store = await openStore({ path: path.join(folder, "software.db") });
    let stop = () => {};
    const stopped = new Promise<void>((resolve) => {
      stop = resolve;
    });
    let child: ChildProcess | null = null;
    const options = { mode: "pool", times: MODE_TIMES, suggestions: null, sigmaMs: 1, seed: 1, twin: null, workScale: 0 } as const;
    const running = stratumRun(
      // 2^14 hashes a share: a processor makes some ten thousand a second.
      { ...options, algorithm: "lbry", listen: { host: "127.0.0.1", port: 0 }, difficulty: 2 ** -10 },
      {
        clock: hostClock(monotonicRawNs),
        store,
        verify: verifyHeaders,
        software: "test",
        capture: null,
        onListening: ({ port }) => {
          const args = ["-a", "lbry", "-t", "1", "-o", `stratum+tcp://127.0.0.1:${port}`, "-u", "test", "-p", "x", "-b", "0"];
          child = spawn(MINER as string, args, { stdio: "ignore" });
        },
      },
      stopped,
    );
    setTimeout(stop, 15_000);
    try {
      const { report } = await running;
      expect(report.counts.valid).toBeGreaterThan(0);
      expect(report.counts).toMatchObject({ invalid: 0, "below-target": 0, refused: 0 });
    } finally {
      await store.close();
      const miner = child as ChildProcess | null;
      if (miner !== null && miner.exitCode === null) {
        miner.kill();
        await once(miner, "exit");
      }
    }
  });
});
