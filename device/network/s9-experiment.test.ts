/** The experiment of the S9 share capture (CLAIMS B), again on the twin; and what the live server and verify-recording say of the same shares. */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { headerBytes, type JobRecord } from "../../common/block-header.ts";
import { toHex } from "../../common/bytes.ts";
import { countByStatus, NONCE_STATUSES } from "../../common/nonce-batch.ts";
import { splitmix64 } from "../../common/random.ts";
import { verifyHeaders } from "../../drivers/native/index.ts";
import { type JudgedShare, judge, type ShareVerdict } from "../../drivers/stratum/judge.ts";
import { SentJob } from "../../drivers/stratum/sent-job.ts";
import type { ShareRow } from "../../drivers/stratum/share-rows.ts";
import { MINER_KINDS } from "../../twin/network/miner-kinds.ts";
import { readShareCapture } from "../recordings/share-capture.ts";
import { verifyShares } from "../recordings/verify-shares.ts";
import { CaptureFile } from "./capture-file.ts";
import { type Rehearsal, rehearse } from "./rehearsal.ts";
import { repeatCapture } from "./repeat-capture.ts";
import { ShareLog } from "./share-log.ts";

const CAPTURE = path.resolve(process.env.ASIC_RECORDINGS ?? "../shared/data", "s9-capture/shares-0000-1499.csv");
const SEED = 11;
const SCALE = 32;
/** As long as the capture. */
const SECONDS = 144;

const folder = mkdtempSync(path.join(tmpdir(), "stratum-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the S9 capture's experiment on the twin", () => {
  let run: Rehearsal;
  beforeAll(() => {
    run = rehearse({ kind: MINER_KINDS.s9, mode: "swh", seed: SEED, seconds: SECONDS });
  }, 240_000);

  it("gives a CV that its dead time explains, and a dead time and ticket floor that hold the twin's own", () => {
    const log = new ShareLog(SCALE);
    for (const row of run.rows) log.add(row, run.session);
    const [connection] = log.report({ origin: "twin", mode: "swh", durationS: SECONDS, closed: {} }).connections;
    const fit = connection?.timing;
    if (!fit) throw new Error("no fit");
    expect(fit.explained).toBe(true);
    expect(fit.cv).toBeLessThan(0.95);
    // Dead time of the chips and a round trip of half a millisecond.
    expect(fit.deadTimeIntervalMs[0]).toBeLessThan(MINER_KINDS.s9.deadTimeMs + 0.5);
    expect(fit.deadTimeIntervalMs[1]).toBeGreaterThan(MINER_KINDS.s9.deadTimeMs + 0.5);
    expect(connection?.effectiveDifficulty?.powerOfTwo).toBe(256);
    expect(connection?.counts).toEqual(run.session.counts);
  });

  it.skipIf(!existsSync(CAPTURE))(
    "repeats the capture: CV, dead time, rate and ticket floor",
    async () => {
      const capture = await readShareCapture(CAPTURE);
      const options = { kind: "s9", seed: SEED, workScale: SCALE } as const;
      const repetition = repeatCapture(capture, { ...options, mode: "swh" });
      expect(repetition.comparisons.filter(({ agrees }) => !agrees)).toEqual([]);
      expect(repetition).toMatchObject({ agrees: true, origin: "twin", recorded: { shares: 1500, ticketFloor: { powerOfTwo: 256 } } });
      // Each of its quantities can differ: with prefetched jobs there is no hand-over.
      const other = repeatCapture(capture, { ...options, mode: "prefetch" });
      expect(other.comparisons.map(({ agrees }) => agrees)).toEqual([false, false, false, true]);
      expect(other.agrees).toBe(false);
    },
    240_000,
  );

  it("costs nothing with prefetched jobs, and more in a storm: the rate is what the dead time leaves", () => {
    const rate = (mode: "prefetch" | "storm") => {
      const { batch } = rehearse({ kind: MINER_KINDS.s9, mode, seed: SEED, seconds: 60, times: { stormMs: 50 } });
      return countByStatus(batch).valid / 60;
    };
    const swh = countByStatus(run.batch).valid / SECONDS;
    const full = MINER_KINDS.s9.hashRateHs / 2 ** 40;
    const off = 4 * Math.sqrt(full / 60);
    expect(Math.abs(rate("prefetch") - full)).toBeLessThan(off);
    expect(swh).toBeLessThan(full - off / 2);
    expect(rate("storm")).toBeLessThan(swh - off / 4);
  }, 240_000);

  it("is stored so that every row can be verified again from its job's record", () => {
    const jobs = new Map(run.jobs.map((job) => [job.jobSeq, job]));
    for (let i = 0; i < run.batch.length; i++) {
      const job = jobs.get(run.batch.jobSeq[i] as number);
      if (!job) throw new Error(`row ${i} has no job`);
      const header = headerBytes(
        { ...job, version: (job.version | (run.batch.versionBits[i] as number)) >>> 0 },
        run.batch.nonce[i] as number,
      );
      expect(verifyHeaders(header).zeroBits[0]).toBeGreaterThanOrEqual(32 + job.ticketLog2 - job.workScale);
      expect(NONCE_STATUSES[run.batch.status[i] as number]).not.toBe("invalid");
    }
  });
});

/** Rows through a file of the server's, and back. */
async function captured(name: string, rows: readonly ShareRow[]) {
  const file = path.join(folder, name);
  const writing = new CaptureFile(file, "twin");
  for (const row of rows) writing.write(row, Number(row.tNs) / 1e9);
  await writing.close();
  const capture = await readShareCapture(file);
  return { capture, report: verifyShares(capture, verifyHeaders) };
}

describe("verify-recording and the live server agree on every share", () => {
  it("of a run that the server exported, good and bad ones alike", async () => {
    // Of 1024, at 32 bits left out, ten zero bits are left to be asked for: another nonce has them once in a thousand.
    const miner = { ...MINER_KINDS.s9, path: { latencyMs: 1, jitterMs: 2, loss: 0.05, batchMs: 102.4 } };
    const { rows } = rehearse({ kind: miner, mode: "storm", difficulty: 1024, seed: SEED, seconds: 60, times: { stormMs: 300 } });
    const random = splitmix64(SEED);
    // Some rows change a bit of their nonce on the way, as a faulty chip's would.
    const harmed = rows.map((row) => (random.next() < 0.2 ? { ...row, nonce: (row.nonce ^ 1) >>> 0 } : row));
    const live = harmed.map((row) => {
      const { job } = row.judged;
      if (job === null || row.judged.record === null) throw new Error("no job");
      const fresh = new SentJob(job);
      const words = { extranonce2: row.extranonce2, ntime: row.judged.record.ntime, nonce: row.nonce, versionBits: row.judged.versionBits };
      return judge(fresh, true, words, verifyHeaders, () => 0);
    });
    const written = await captured(
      "served.csv",
      harmed.map((row, i) => ({ ...row, judged: live[i] as JudgedShare })),
    );
    expect(written.capture.bad).toEqual([]);
    expect(written.capture.shares).toHaveLength(rows.length);
    const { report } = written;
    const count = (of: ShareVerdict) => live.filter(({ verdict }) => verdict === of).length;
    expect(report).toMatchObject({ origin: "twin", recordedFrom: "twin", workScale: SCALE, difficulty: 1024, bad: [], duplicates: 0 });
    expect([report.verified, report.refusedByServer]).toEqual([count("valid"), count("invalid") + count("below-target")]);
    expect(report.verified).toBeGreaterThan(50);
    expect(report.refusedByServer).toBeGreaterThan(10);
  });

  it("and a verdict that was changed since is found, row by row", async () => {
    const { rows } = rehearse({ kind: MINER_KINDS.s9, mode: "swh", seed: SEED, seconds: 10 });
    const changed = new Map<number, ShareVerdict>([
      [3, "invalid"],
      [7, "duplicate"],
    ]);
    const { report } = await captured(
      "changed.csv",
      [...rows, rows[5] as ShareRow].map((row, i) => ({
        ...row,
        judged: { ...row.judged, verdict: changed.get(i) ?? row.judged.verdict },
      })),
    );
    // The first line is the header's. The last row comes a second time, and is called valid.
    expect(report.bad.map(({ line }) => line)).toEqual([5, 9, rows.length + 2]);
    for (const { reason } of report.bad) expect(reason).toContain("the server had called it");
    expect(report.ticketFloor).toBe(256);
  });

  it.skipIf(!existsSync(CAPTURE))("of the S9 capture: 1475 valid and 25 duplicates", async () => {
    const capture = await readShareCapture(CAPTURE);
    const { shares } = capture;
    const report = verifyShares(capture, verifyHeaders);
    const jobs = new Map<string, SentJob>();
    const verdicts: Record<string, number> = {};
    for (const { header } of shares) {
      const view = new DataView(header.buffer, header.byteOffset);
      const record: JobRecord = {
        jobSeq: 0,
        wireId: 0,
        version: view.getUint32(0, true),
        prevHash: header.slice(4, 36),
        merkleRoot: header.slice(36, 68),
        ntime: view.getUint32(68, true),
        nbits: view.getUint32(72, true),
        ticketLog2: 8,
        workScale: 0,
        sentNs: 0n,
        frequencyMhz: 0,
        hashCountingNumber: null,
      };
      const key = toHex(header.subarray(0, 76));
      // The capture's shares answer jobs of another server, whose headers are known whole: only the merkle root comes from them.
      const job = jobs.get(key) ?? givenHeader(record);
      jobs.set(key, job);
      const words = { extranonce2: "00000000", ntime: record.ntime, nonce: view.getUint32(76, true), versionBits: 0 };
      const { verdict } = judge(job, true, words, verifyHeaders, () => 0);
      verdicts[verdict] = (verdicts[verdict] ?? 0) + 1;
    }
    expect(report.verified).toBe(1500);
    expect(verdicts).toEqual({ valid: report.verified - report.duplicates, duplicate: report.duplicates });
    expect(report.duplicates).toBe(25);
  });
});

/** A job whose header's record is given instead of built. */
function givenHeader(record: JobRecord): SentJob {
  const { version, prevHash, nbits, ntime } = record;
  const template = { version, prevHash, nbits, ntime, coinb1: new Uint8Array(), coinb2: new Uint8Array(), branches: [] };
  const job = new SentJob({ id: "1", template, sentNs: 0n, ticketLog2: 8, workScale: 0, versionMask: 0, extranonce1: "" });
  job.workOf = () => ({ record, isNew: false });
  return job;
}
