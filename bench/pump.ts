/** The work pump on a real pseudo-terminal against what an S9 board at 650 MHz requires. specs/bm1387.md 3.6 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { monotonicRawNs, type PumpCounters, startWorkPump, type WorkTemplate } from "../drivers/native/index.ts";
import { JobPty } from "../drivers/native/job-pty.test-support.ts";
import { type Bench, type BenchCase, lessIsBetter, median, moreIsBetter } from "./harness/bench.ts";

const FREQUENCY_MHZ = 650;
const REPEATS = 5;
const SECONDS = 1.5;
const BLOCK_MS = 200;
const BOARDS = 3;
/** An S9 board's line after bring-up (specs/bm1387.md 3.2), and how far ahead of it the daemon writes. */
const BAUD = 1_562_500;
const LEAD_NS = 40_000_000;
const PTY_QUEUE_BYTES = 12_288;

/** How long a chip counts, once per midstate and clock, before it runs into its neighbour's range. */
const sliceNs = (midstates: number) => (midstates * 2 ** 19 * 1000) / FREQUENCY_MHZ;

/** As large as a pool's: 250 bytes of coinbase, 12 branches. */
const TEMPLATE: WorkTemplate = {
  version: 0x2000_0000,
  versionMask: 0x1fff_e000,
  prevHash: new Uint8Array(32).fill(1),
  ntime: 0x5d17_465b,
  nbits: 0x1723_792c,
  coinbasePrefix: new Uint8Array(62).fill(2),
  extranonce2Bytes: 8,
  coinbaseSuffix: new Uint8Array(180).fill(3),
  branches: Array.from({ length: 12 }, (_, i) => new Uint8Array(32).fill(i)),
};

interface Run {
  readonly worksPerSecond: number;
  readonly counters: PumpCounters;
  readonly realtime: boolean;
  /** Worst gap, ns, of a bare loop that sleeps to the same deadlines at the same time, at the pump's priority where that is permitted; 0 without one. */
  readonly bareGapNs: number;
}

/** Sleeps to deadlines and does nothing else; prints its worst gap in ns. */
const BARE_LOOP = `
import os, sys, time
period, seconds = int(sys.argv[1]) / 1e9, float(sys.argv[2])
try: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(41))
except PermissionError: pass
last = time.monotonic()
until, deadline, worst = last + seconds, last + period, 0
while last < until:
    time.sleep(max(0, deadline - time.monotonic()))
    now = time.monotonic()
    worst, last, deadline = max(worst, now - last), now, max(deadline + period, now)
print(int(worst * 1e9))
`;

function bareLoop(periodNs: number): { worstGapNs(): Promise<number> } {
  const child = spawn("python3", ["-c", BARE_LOOP, String(periodNs), String(SECONDS)], { stdio: ["ignore", "pipe", "inherit"] });
  let printed = "";
  child.stdout.on("data", (chunk: Buffer) => {
    printed += chunk.toString();
  });
  const closed = once(child, "close");
  return {
    async worstGapNs() {
      await closed;
      return Number(printed);
    },
  };
}

interface Pace {
  readonly midstates: 1 | 4;
  readonly periodNs: number;
  readonly baud: number;
  /** 0: each job at its deadline. */
  readonly leadNs: number;
}

async function pumpFor(fd: number, pace: Pace, blocked: boolean, beside = false): Promise<Run> {
  const { midstates, ...line } = pace;
  const times: bigint[] = [];
  const bare = beside ? bareLoop(pace.periodNs) : null;
  const pump = startWorkPump(fd, {
    format: midstates,
    ...line,
    queueBytes: PTY_QUEUE_BYTES,
    template: TEMPLATE,
    onJobs: (jobs) => {
      for (let i = 0; i < jobs.count; i++) if (jobs.settled[i] === 1) times.push(jobs.sentNs[i] ?? 0n);
    },
    onLeaseExpired: () => {},
    onEnd: (end) => console.error(end.message),
  });
  const sleeper = new Int32Array(new SharedArrayBuffer(4));
  const until = monotonicRawNs() + BigInt(SECONDS * 1e9);
  pump.renew(60_000);
  while (monotonicRawNs() < until) {
    if (blocked) Atomics.wait(sleeper, 0, 0, BLOCK_MS);
    await new Promise((resolve) => setTimeout(resolve, blocked ? 1 : BLOCK_MS));
  }
  pump.stop();
  const spanNs = Number((times.at(-1) ?? 0n) - (times[0] ?? 0n));
  return {
    worksPerSecond: ((times.length - 1) * 1e9) / spanNs,
    counters: pump.counters(),
    realtime: pump.realtime,
    bareGapNs: (await bare?.worstGapNs()) ?? 0,
  };
}

/** The peer writes the same jobs to the same port at their deadlines, in turns with ours: its gaps are what the machine does to a thread. */
async function againstTheBoard(pty: JobPty, midstates: 1 | 4, blocked: boolean): Promise<BenchCase[]> {
  const pace = { midstates, periodNs: Math.round(0.9 * sliceNs(midstates)), baud: BAUD, leadNs: LEAD_NS };
  const runs: Run[] = [];
  const atDeadlines: Run[] = [];
  for (let i = 0; i < REPEATS; i++) {
    runs.push(await pumpFor(pty.fd, pace, blocked));
    atDeadlines.push(await pumpFor(pty.fd, { ...pace, leadNs: 0 }, blocked, true));
  }
  const label = `${midstates} midstate${midstates > 1 ? "s" : ""}, JavaScript ${blocked ? `blocked ${BLOCK_MS} ms at a time` : "idle"}`;
  const gapsUs = (of: readonly Run[]) => of.map(({ counters }) => counters.worstGapNs / 1000);
  const sum = (of: readonly Run[], count: (counters: PumpCounters) => number) =>
    of.reduce((total, { counters }) => total + count(counters), 0);
  return [
    moreIsBetter(`works, ${label}`, "works/s", median(runs.map((run) => run.worksPerSecond)), 1e9 / pace.periodNs, {
      jobs: sum(runs, ({ jobs }) => jobs),
      underruns: sum(runs, ({ underruns }) => underruns),
      underrunsAtDeadlines: sum(atDeadlines, ({ underruns }) => underruns),
      jobsAtDeadlines: sum(atDeadlines, ({ jobs }) => jobs),
      leastLeadMs: Math.min(...runs.map(({ counters }) => Math.round(counters.leastLeadNs / 1e5) / 10)),
      leadMs: LEAD_NS / 1e6,
      writeWaits: sum(runs, ({ writeWaits }) => writeWaits),
      priority: runs.every(({ realtime }) => realtime) ? "real-time" : "ordinary",
    }),
    lessIsBetter(`worst gap, ${label}`, "us", median(gapsUs(runs)), sliceNs(midstates) / 1000, {
      worstOfAll: Math.round(Math.max(...gapsUs(runs))),
      dueAfter: Math.round(pace.periodNs / 1000),
      atDeadlines: Math.round(median(gapsUs(atDeadlines))),
      atDeadlinesWorstOfAll: Math.round(Math.max(...gapsUs(atDeadlines))),
      bareLoop: Math.round(median(atDeadlines.map(({ bareGapNs }) => bareGapNs / 1000))),
      bareLoopWorstOfAll: Math.round(Math.max(...atDeadlines.map(({ bareGapNs }) => bareGapNs / 1000))),
    }),
  ];
}

/** How many works the thread can make when nothing holds it up, against three boards with one midstate each. */
async function capacity(nowhere: number): Promise<BenchCase> {
  const flatOut = { midstates: 4, periodNs: 6_000, baud: 1_000_000_000, leadNs: 0 } as const;
  const rates: number[] = [];
  for (let i = 0; i < REPEATS; i++) rates.push((await pumpFor(nowhere, flatOut, false)).counters.jobs / SECONDS);
  const label = `capacity of one thread, 4 midstates, against ${BOARDS} boards`;
  return moreIsBetter(label, "works/s", median(rates), (BOARDS * 1e9) / (0.9 * sliceNs(1)));
}

export const bench: Bench = {
  about: `work pump: works/s against 0.9 x n x 2^19 / f, f = ${FREQUENCY_MHZ} MHz, and the worst gap against n x 2^19 / f, when chips run out`,
  async run() {
    const pty = await JobPty.open({ keep: false });
    const nowhere = openSync("/dev/null", "r+");
    try {
      const cases: BenchCase[] = [];
      for (const midstates of [1, 4] as const)
        for (const blocked of [false, true]) cases.push(...(await againstTheBoard(pty, midstates, blocked)));
      return [...cases, await capacity(nowhere)];
    } finally {
      closeSync(nowhere);
      await pty.close();
    }
  },
};
