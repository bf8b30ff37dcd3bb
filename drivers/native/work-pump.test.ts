import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { createRequire } from "node:module";
import { Worker } from "node:worker_threads";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { fromHex, toHex } from "../../common/bytes.ts";
import { DriverError } from "../../common/errors.ts";
import { crc16 } from "../bm13xx/crc.ts";
import { decodeJob, encodeJob } from "../bm1366/job.ts";
import { merkleRootOf } from "../stratum/share.ts";
import {
  headerOf,
  jobFrameBytes,
  monotonicRawNs,
  type PumpEnd,
  type PumpedJobs,
  type SentFrame,
  startWorkPump,
  type WorkPump,
  type WorkPumpOptions,
  type WorkTemplate,
} from "./index.ts";
import { JobPty } from "./job-pty.test-support.ts";
import { blockUntil } from "./pty.test-support.ts";

const ADDON = createRequire(import.meta.url).resolve("#native/drivers");
/** 0.9 x n x 2^19 / 650 MHz: 1378 works a second with one midstate, 344 with four. specs/bm1387.md 3.6 */
const PERIOD_NS = { 1: 725_858, 2: 1_451_716, 4: 2_903_434, "full-header": 725_858 } as const;

const bytesOf = (length: number, first: number) => Uint8Array.from({ length }, (_, i) => first + i * 7);
const TEMPLATE: WorkTemplate = {
  version: 0x2000_0000,
  versionMask: 0x1fff_e000,
  prevHash: bytesOf(32, 1),
  ntime: 0x5d17_465b,
  nbits: 0x1723_792c,
  coinbasePrefix: bytesOf(62, 2),
  extranonce2Bytes: 4,
  coinbaseSuffix: bytesOf(109, 3),
  branches: [bytesOf(32, 4), bytesOf(32, 5), bytesOf(32, 6)],
};

interface Row {
  readonly jobs: PumpedJobs;
  readonly at: number;
}

let pty: JobPty;
let pump: WorkPump | null;
/** The last report of each job. */
let rows: Map<number, Row>;
let expiries: number;
let ends: PumpEnd[];

function start(format: WorkPumpOptions["format"], options: Partial<WorkPumpOptions> = {}, fd = pty.fd): WorkPump {
  pump = startWorkPump(fd, {
    format,
    baud: 3_125_000,
    periodNs: PERIOD_NS[format],
    template: TEMPLATE,
    onJobs: (jobs) => {
      for (let at = 0; at < jobs.count; at++) rows.set(jobs.jobSeq[at] as number, { jobs, at });
    },
    onLeaseExpired: () => expiries++,
    onEnd: (end) => ends.push(end),
    ...options,
  });
  return pump;
}

function framesReceived(format: WorkPumpOptions["format"]): Uint8Array[] {
  const length = jobFrameBytes(format);
  const { received } = pty;
  return Array.from({ length: Math.floor(received.length / length) }, (_, i) => received.subarray(i * length, (i + 1) * length));
}

const soon = (assertion: () => void) => vi.waitFor(assertion, 60_000);
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** By node:crypto. */
function referenceRoot(template: WorkTemplate, extranonce2: bigint): Uint8Array {
  const { coinbasePrefix, extranonce2Bytes, coinbaseSuffix, branches } = template;
  const counter = fromHex(extranonce2.toString(16).padStart(2 * extranonce2Bytes, "0")) as Uint8Array;
  return Uint8Array.from(merkleRootOf(Buffer.concat([coinbasePrefix, counter, coinbaseSuffix]), branches));
}

beforeEach(async () => {
  pty = await JobPty.open();
  pump = null;
  rows = new Map();
  expiries = 0;
  ends = [];
});

afterEach(async () => {
  pump?.stop();
  await pty.close();
});

test.each(["full-header", 1, 2, 4] as const)(
  "format %s: with JavaScript blocked for 200 ms at a time every frame arrives whole and in order, and every job is on record",
  async (format) => {
    const running = start(format, { firstSeq: 100, firstExtranonce2: 7n });
    running.renew(60_000);
    for (let round = 0; round < 4; round++) {
      const until = monotonicRawNs() + 200_000_000n;
      const before = running.counters().jobs;
      // Without jobs meanwhile the block would prove nothing.
      blockUntil(() => monotonicRawNs() > until && running.counters().jobs > before + 10);
      await pause(5);
    }
    running.stop();
    const { jobs } = running.counters();
    // One that the port had no room for when the pump was stopped stays torn.
    await soon(() => expect(Math.floor(pty.received.length / jobFrameBytes(format))).toBe(jobs));
    expect([...rows.keys()]).toEqual(Array.from({ length: jobs }, (_, i) => 100 + i));

    for (const [i, frame] of framesReceived(format).entries()) {
      const { jobs, at } = rows.get(100 + i) as Row;
      const fields = headerOf(jobs, at);
      const wireId = jobs.wireId[at] as number;
      expect(jobs.settled[at]).toBe(1);
      expect(jobs.extranonce2[at]).toBe(BigInt(7 + i));
      expect(toHex(fields.merkleRoot)).toBe(toHex(referenceRoot(TEMPLATE, BigInt(7 + i))));
      expect(wireId).toBe(((100 + i) * (format === "full-header" ? 8 : format)) % 128);
      if (format === "full-header") {
        expect(toHex(frame)).toBe(toHex(encodeJob(wireId, fields)));
        expect(decodeJob(frame)).toMatchObject({ wireId, midstates: 1, fields });
      } else {
        expect(crc16(frame)).toBe(0);
        expect([...frame.subarray(0, 4)]).toEqual([0x21, frame.length, wireId, format]);
        expect(toHex(frame.subarray(8, 20))).toBe(`2c7923175b46175d${toHex(fields.merkleRoot.subarray(28))}`);
        expect(new Set(jobs.versions.subarray(at * format, (at + 1) * format)).size).toBe(format);
      }
    }
  },
);

test("times are those of the line: a job ends one frame after it began, and none before the one before it", async () => {
  const before = monotonicRawNs();
  const running = start(4);
  running.renew(60_000);
  await soon(() => expect(rows.size).toBeGreaterThan(50));
  running.stop();
  const frameNs = BigInt((jobFrameBytes(4) * 10 * 1e9) / 3_125_000);
  let previous = before;
  for (const { jobs, at } of rows.values()) {
    const sentNs = jobs.sentNs[at] as bigint;
    const lineEndNs = jobs.lineEndNs[at] as bigint;
    expect(sentNs).toBeGreaterThanOrEqual(before);
    expect(lineEndNs).toBeGreaterThanOrEqual(previous + frameNs);
    expect(lineEndNs).toBeGreaterThanOrEqual(sentNs);
    previous = lineEndNs;
  }
  expect(previous - frameNs).toBeLessThan(monotonicRawNs());
});

test("a job is on record before anything could answer it", async () => {
  const running = start(1);
  running.renew(60_000);
  for (let looks = 0; looks < 200; looks++) {
    await pause(1);
    const arrived = framesReceived(1).length;
    const { count, jobSeq } = running.jobsSince(0);
    expect(count).toBeGreaterThanOrEqual(arrived);
    expect(jobSeq[count - 1] ?? -1).toBe(count - 1);
    running.drain();
    expect(rows.size).toBeGreaterThanOrEqual(arrived);
  }
  expect(rows.size).toBeGreaterThan(100);
});

test("a late nonce finds the jobs its id stood for before", async () => {
  const running = start(4);
  running.renew(60_000);
  await soon(() => expect(running.counters().jobs).toBeGreaterThan(100));
  running.stop();
  const newest = Math.max(...rows.keys());
  const { wireId, jobSeq } = running.jobsUnder((newest * 4) % 128);
  expect([...jobSeq].slice(0, 3)).toEqual([newest, newest - 32, newest - 64]);
  expect(new Set(wireId).size).toBe(1);
});

test("a new template holds from the next job on, and the counter goes on", async () => {
  const running = start(4);
  running.renew(60_000);
  await soon(() => expect(rows.size).toBeGreaterThan(10));
  const next: WorkTemplate = { ...TEMPLATE, prevHash: bytesOf(32, 77), ntime: 0x6000_0000, nbits: 0x1700_0001, branches: [] };
  expect(running.updateTemplate(next)).toBe(1);
  const begun = running.jobsSince(0).count;
  await soon(() => expect(rows.size).toBeGreaterThan(begun + 10));
  running.stop();
  for (const [seq, { jobs, at }] of rows) {
    const generation = jobs.generation[at] as number;
    // The one after `begun` might have been begun just before the change.
    if (seq > begun) expect(generation).toBe(1);
    const { prevHash, ntime, nbits } = generation === 0 ? TEMPLATE : next;
    const merkleRoot = referenceRoot(generation === 0 ? TEMPLATE : next, BigInt(seq));
    expect(headerOf(jobs, at)).toEqual({ version: TEMPLATE.version, prevHash, merkleRoot, ntime, nbits });
  }
});

test("without a lease nothing is written, and its end is reported each time", async () => {
  const running = start(4);
  await pause(50);
  expect(pty.received.length).toBe(0);
  running.renew(60);
  expect(running.leased).toBe(true);
  await soon(() => expect(expiries).toBe(1));
  expect(running.leased).toBe(false);
  const { jobs } = running.counters();
  expect(jobs).toBeGreaterThan(0);
  await pause(50);
  expect(running.counters().jobs).toBe(jobs);
  running.renew(60_000);
  await soon(() => expect(running.counters().jobs).toBeGreaterThan(jobs));
  running.renew(0);
  await soon(() => expect(expiries).toBe(2));
  expect(ends).toEqual([]);
});

test.each([{ leased: true }, { leased: false }])(
  "a hang-up is reported once, after the last jobs (leased: $leased)",
  async ({ leased }) => {
    const running = start(4);
    if (leased) {
      running.renew(60_000);
      await soon(() => expect(rows.size).toBeGreaterThan(5));
    }
    await pty.hangUp();
    await soon(() => expect(ends).toHaveLength(1));
    expect(ends[0]?.code).toMatch(/^(HUNG_UP|EIO)$/);
    const settled = [...rows.values()].filter(({ jobs, at }) => jobs.settled[at] === 1).length;
    expect(settled).toBe(running.counters().jobs);
    await pause(50);
    expect(ends).toHaveLength(1);
  },
);

test("jobs that JavaScript did not take in time are counted as lost, and those after them are whole", async () => {
  // Nobody listens there, so that the pump can outrun the record in no time.
  const nowhere = openSync("/dev/null", "r+");
  let lost = 0;
  const running = start(1, { periodNs: 10_000, baud: 1_000_000_000, onOverrun: (jobs) => (lost += jobs) }, nowhere);
  try {
    running.renew(60_000);
    blockUntil(() => running.counters().jobs > 20_000);
    await soon(() => expect(lost).toBeGreaterThan(10_000));
    running.stop();
    // One that was seen while it was being written, and overwritten before it was seen settled, is lost.
    const settled = [...rows.values()].filter(({ jobs, at }) => jobs.settled[at] === 1).length;
    expect(settled + lost).toBe(running.counters().jobs);
    for (const [seq, { jobs, at }] of rows) expect(jobs.extranonce2[at]).toBe(BigInt(seq));
  } finally {
    running.stop();
    closeSync(nowhere);
  }
});

test("the wire trace gets every frame as it was written, ahead of its job, and the number of those it was too late for", async () => {
  const traced: SentFrame[] = [];
  let dropped = 0;
  const onFrames = (frames: readonly SentFrame[], lost: number) => {
    traced.push(...frames);
    dropped += lost;
  };
  const running = start(2, { onFrames, onJobs: (jobs) => expect(traced.length).toBeGreaterThanOrEqual((jobs.jobSeq[0] as number) + 1) });
  running.renew(60_000);
  await soon(() => expect(traced.length).toBeGreaterThan(100));
  running.stop();
  const { jobs } = running.counters();
  await soon(() => expect(pty.received.length).toBe(jobs * jobFrameBytes(2)));
  expect(dropped).toBe(0);
  expect(traced.map(({ bytes }) => toHex(bytes))).toEqual(framesReceived(2).map((frame) => toHex(frame)));
  expect(traced.every(({ tNs }, i) => tNs >= (traced[i - 1]?.tNs ?? 0n))).toBe(true);
});

test("frames beyond what the wire trace holds are counted, and the memory for it is bounded", async () => {
  const nowhere = openSync("/dev/null", "r+");
  let kept = 0;
  let dropped = 0;
  const onFrames = (frames: readonly SentFrame[], lost: number) => {
    kept += frames.length;
    dropped += lost;
  };
  const running = start(1, { periodNs: 10_000, baud: 1_000_000_000, onFrames }, nowhere);
  try {
    running.renew(60_000);
    blockUntil(() => running.counters().jobs > 10_000);
    running.drain();
    expect(kept).toBe(4096);
    running.stop();
    expect(kept + dropped).toBe(running.counters().jobs);
  } finally {
    running.stop();
    closeSync(nowhere);
  }
});

test("written ahead, jobs leave one upon the other while JavaScript is blocked, and nothing is cut when it stops", async () => {
  const running = start(4, { baud: 1_562_500, leadNs: 100_000_000, queueBytes: 32_768 });
  running.renew(60_000);
  for (let round = 0; round < 4; round++) {
    const until = monotonicRawNs() + 200_000_000n;
    blockUntil(() => monotonicRawNs() > until);
    await pause(5);
  }
  expect(running.lineFreeNs).toBeGreaterThan(monotonicRawNs());
  running.stop();
  const { jobs, underruns, worstShare, leastLeadNs } = running.counters();
  await soon(() => expect(pty.received.length).toBe(jobs * jobFrameBytes(4)));
  expect(underruns).toBe(0);
  expect(worstShare).toBeLessThan(1);
  expect(leastLeadNs).toBeLessThan(100_000_000);
  expect([...rows.keys()]).toEqual(Array.from({ length: jobs }, (_, i) => i));
  const ends = [...rows.values()].map(({ jobs: of, at }) => of.lineEndNs[at] as bigint);
  const frameNs = BigInt(jobFrameBytes(4) * 6400);
  expect(ends.every((end, i) => i === 0 || end >= (ends[i - 1] as bigint) + frameNs)).toBe(true);
});

test("what others write pushes the jobs after it", async () => {
  const running = start(4, { periodNs: 500_000_000_000 });
  running.renew(60_000);
  await soon(() => expect(running.counters().jobs).toBe(1));
  const before = running.lineFreeNs;
  running.wroteBeside(100_000, before);
  running.setPeriodNs(1_000_000_000);
  await soon(() => expect(running.counters().jobs).toBe(2));
  expect(running.lineFreeNs - before).toBeGreaterThanOrEqual(320_000_000n);
  running.stop();
  expect(() => running.wroteBeside(1, before)).not.toThrow();
});

test("underruns are counted by how long a job lasts the chips, not by the pace", async () => {
  const hour = 3_600_000_000_000;
  const generous = start(4, { workNs: hour / 4 });
  generous.renew(60_000);
  await soon(() => expect(generous.counters().jobs).toBeGreaterThan(20));
  generous.stop();
  expect(generous.counters().underruns).toBe(0);
  expect(generous.counters().worstShare).toBeCloseTo(generous.counters().worstGapNs / (hour / 4), 9);
  const strict = start(4, { workNs: 1000 });
  strict.renew(60_000);
  await soon(() => expect(strict.counters().jobs).toBeGreaterThan(20));
  strict.stop();
  expect(strict.counters().underruns).toBe(strict.counters().jobs - 1);
  expect(strict.counters().worstShare).toBeGreaterThan(1);
});

test("what cannot be pumped is refused with its reason", () => {
  const code = (run: () => unknown) => {
    try {
      run();
    } catch (error) {
      if (error instanceof DriverError) return error.code;
      throw error;
    }
    return "accepted";
  };
  const withTemplate = (change: Partial<WorkTemplate>) => code(() => start(4, { template: { ...TEMPLATE, ...change } }));
  expect(withTemplate({ prevHash: new Uint8Array(31) })).toBe("BAD_TEMPLATE");
  expect(withTemplate({ branches: [new Uint8Array(33)] })).toBe("BAD_TEMPLATE");
  expect(withTemplate({ extranonce2Bytes: 0 })).toBe("BAD_TEMPLATE");
  expect(withTemplate({ extranonce2Bytes: 9 })).toBe("BAD_TEMPLATE");
  expect(withTemplate({ versionMask: 0x2000 })).toBe("BAD_TEMPLATE");
  expect(withTemplate({ ntime: -1 })).toBe("BAD_TEMPLATE");
  expect(withTemplate({ coinbaseSuffix: new Uint8Array(70_000) })).toBe("BAD_TEMPLATE");
  expect(code(() => start(4, { firstExtranonce2: -1n }))).toBe("BAD_TEMPLATE");
  expect(code(() => start(4, { firstSeq: 2 ** 32 }))).toBe("BAD_TEMPLATE");
  expect(code(() => start(4, { periodNs: 0 }))).toBe("BAD_PERIOD");
  expect(code(() => start(4, { workNs: 0 }))).toBe("BAD_PERIOD");
  for (const leadNs of [-1, 0.5, 2e9]) expect(code(() => start(4, { leadNs }))).toBe("BAD_LEAD");
  expect(code(() => start(4, { queueBytes: -1 }))).toBe("BAD_LEAD");
  expect(code(() => start(4, { baud: 0 }))).toBe("BAD_BAUD");
  expect(code(() => start(4, { baud: 115_200 }))).toBe("LINE_TOO_SLOW");
  expect(code(() => start(4, {}, 1_000_000))).toBe("PUMP_REFUSED");
  const running = start(4);
  for (const ttlMs of [-1, 60_001, 0.5, Number.NaN]) expect(code(() => running.renew(ttlMs))).toBe("BAD_LEASE");
  expect(code(() => running.setPeriodNs(100_000))).toBe("LINE_TOO_SLOW");
  expect(code(() => running.setBaud(115_200))).toBe("LINE_TOO_SLOW");
  expect(code(() => running.updateTemplate({ ...TEMPLATE, versionMask: 0 }))).toBe("BAD_TEMPLATE");
});

test("a worker that is terminated, and a process that exits, take their pumps along", async () => {
  const made = `
    const { WorkPump } = require(ADDON);
    const bytes = (n) => new Uint8Array(n);
    const template = { version: 0, versionMask: 0, prevHash: bytes(32), ntime: 0, nbits: 0, coinbase: bytes(90), extranonce2At: 8,
                       extranonce2Bytes: 4, branches: bytes(64) };
    const options = { midstates: 1, baud: 3125000, periodNs: 200000, workNs: 222222, leadNs: 0, queueBytes: 4096, traceFrames: 0, firstSeq: 0, firstExtranonce2: 0n, template };
    const makePump = (fd) => { const pump = new WorkPump(fd, options, () => pump.seen()); pump.renew(60000); return pump; };`;
  const worker = new Worker(
    `const { workerData, parentPort } = require("node:worker_threads");
     const ADDON = workerData.addon; ${made}
     makePump(workerData.fd); parentPort.postMessage("started");`,
    { eval: true, workerData: { addon: ADDON, fd: pty.fd } },
  );
  await once(worker, "message");
  await soon(() => expect(pty.received.length).toBeGreaterThan(0));
  await worker.terminate();
  await pause(50);
  const { length } = pty.received;
  await pause(50);
  expect(pty.received.length).toBe(length);

  const program = `const ADDON = ${JSON.stringify(ADDON)}; ${made}
    for (let i = 0; i < 20; i++) { const pump = makePump(3); if (i > 0) pump.stop(); try { makePump(-1); } catch {} }
    global.gc();
    setImmediate(() => { global.gc(); process.exit(0); });`;
  const result = spawnSync(process.execPath, ["--expose-gc", "-e", program], {
    stdio: ["ignore", "pipe", "pipe", pty.fd],
    encoding: "utf8",
  });
  expect(result.stderr).toBe("");
  expect(result.status).toBe(0);
});
