/**
 * How much of a chip's work goes into jobs that are still asked for, when jobs come from an upstream that takes 50 to 200 ms each and a job is over
 * with its answer (mode dialogue): held ready against asked for when needed. CLAIMS A 22 says that this is worth 25 %.
 *
 * A BM1366 never stands still: it goes on with the job it has. So what it does in all is seen on its own wire, as the verified nonces of every kind,
 * and eta is the share of those that were found for a job in flight. Line time of the job's frame counts as waiting.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { HeaderFields } from "../common/block-header.ts";
import { hostClock } from "../common/clock.ts";
import { type NonceBatch, STATUS } from "../common/nonce-batch.ts";
import { splitmix64 } from "../common/random.ts";
import { configSchema } from "../device/config/schema.ts";
import { depthFor, Prefetch } from "../device/dispatcher/prefetch.ts";
import type { Hardware, Work } from "../device/hardware/hardware.ts";
import { openHardware, SERIAL_PORTS } from "../device/hardware/open.ts";
import { syntheticHeaders } from "../device/jobs.ts";
import type { Exchange } from "../drivers/bm13xx/exchange.ts";
import { Lease } from "../drivers/boards/lease.ts";
import { monotonicRawNs } from "../drivers/native/index.ts";
import { type Bench, type BenchCase, moreIsBetter } from "./harness/bench.ts";

const LATENCY_MS = { least: 50, most: 200 };
/** Chips report from difficulty 1 on, for good statistics; this one answers: half a second on average at 485 MHz. */
const ANSWER_DIFFICULTY = 64;
/** Jobs are over after an exponential time: one in 28 within this. */
const SHORT_JOB_MS = 20;
const SECONDS = 25;
const REPEATS = 3;
const TARGET = 0.995;
const LEASE_MS = 60_000;
const SET_POINT = { coreVoltageMv: 1200, frequencyMhz: 485, ticketDifficulty: 1 };

interface Arm {
  inFlight: number;
  all: number;
  jobs: number;
  underruns: number;
  waitedMs: number;
}

const clock = hostClock(monotonicRawNs);

interface Bed {
  readonly work: Work;
  readonly onNonces: (listener: (batch: NonceBatch) => void) => () => void;
  close(): Promise<void>;
}

/** A Bitaxe's twin in a process of its own, brought up. */
async function openBed(): Promise<Bed> {
  const child = spawn(process.execPath, ["--import", "tsx", "device/cli/main.ts", "twin", "--json", "--until-input-ends"], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const [line] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
  const { control, data, workScale } = JSON.parse(line) as { control: string; data: string; workScale: number };
  const config = configSchema.parse({ origin: "twin", board: { kind: "bitaxe-ultra", control, data, workScale } });
  const lease = new Lease(clock, LEASE_MS);
  lease.acquire();
  const hardware: Hardware = await openHardware(config, { clock, ports: SERIAL_PORTS, lease, say: () => {} });
  const { signal } = new AbortController();
  await hardware.board.probe();
  await hardware.powerUp(SET_POINT, signal);
  const chain = await hardware.bringUp({ setPoint: SET_POINT, firstJobSeq: 0, onProgress: () => {}, signal });
  const work = hardware.workFor(chain, { jobs: () => {}, failed: (error) => console.error(error), note: () => {} });
  return {
    work,
    onNonces: (listener) => chain.onNonces(listener),
    async close() {
      work.stop();
      await hardware.close();
      child.stdin.end();
      await once(child, "exit");
    },
  };
}

async function arm({ work, onNonces }: Bed, seed: number, prefetched: boolean): Promise<Arm> {
  const random = splitmix64(seed);
  const headers = syntheticHeaders(seed);
  const upstream = async (signal: AbortSignal): Promise<HeaderFields> => {
    await clock.sleep(LATENCY_MS.least + random.next() * (LATENCY_MS.most - LATENCY_MS.least), signal);
    return headers.next().value;
  };
  const depth = prefetched ? depthFor(LATENCY_MS.most, SHORT_JOB_MS) : 0;
  const jobs = new Prefetch(upstream, depth, (ms, signal) => clock.sleep(ms, signal));
  const exchanges: Exchange[] = [];
  const nonces: NonceBatch[] = [];
  let over = () => {};
  // Without prefetch a job is asked for when the last one is over, so that none ever waits.
  const dialogue = (work.startDialogue as NonNullable<Work["startDialogue"]>)({
    depth: prefetched ? depth : 1,
    deadlineMs: 60_000,
    leastDifficulty: ANSWER_DIFFICULTY,
    onExchange: (exchange) => {
      exchanges.push(exchange);
      over();
    },
  });
  work.renewLease(LEASE_MS);
  const unsubscribe = onNonces((batch) => nonces.push(batch));
  const room = () =>
    new Promise<void>((resolve) => {
      over = resolve;
    });
  let ended = false;
  const feeding = (async () => {
    while (!ended) {
      const job = await jobs.take();
      while (!ended && dialogue.offer(job) === null) await room();
      if (!prefetched && !ended) await room();
    }
  })().catch(() => {});
  // The queue fills up before the clock runs, in both arms.
  await clock.sleep(1000);
  const fromNs = clock.nowNs();
  await clock.sleep(SECONDS * 1000);
  const toNs = clock.nowNs();
  ended = true;
  over();
  const { underruns } = dialogue.counters();
  jobs.stop();
  unsubscribe();
  dialogue.stop();
  await feeding;
  return { ...tally(nonces, exchanges, fromNs, toNs), underruns };
}

function tally(nonces: readonly NonceBatch[], exchanges: readonly Exchange[], fromNs: bigint, toNs: bigint): Omit<Arm, "underruns"> {
  const ends = new Map(exchanges.map(({ record, answer }) => [record.jobSeq, answer?.tNs ?? null]));
  const counted = { inFlight: 0, all: 0, jobs: exchanges.length, waitedMs: 0 };
  for (const batch of nonces)
    for (let i = 0; i < batch.length; i++) {
      const tNs = batch.tNs[i] as bigint;
      if (tNs < fromNs || tNs > toNs || (batch.status[i] !== STATUS.valid && batch.status[i] !== STATUS.stale)) continue;
      counted.all++;
      const endNs = ends.get(batch.jobSeq[i] as number) ?? null;
      if (endNs === null || tNs <= endNs) counted.inFlight++;
    }
  for (let i = 1; i < exchanges.length; i++)
    counted.waitedMs += Number((exchanges[i]?.record.sentNs ?? 0n) - (exchanges[i - 1]?.endNs ?? 0n)) / 1e6;
  return counted;
}

export const bench: Bench = {
  about: `eta: share of a chip's verified work that goes into jobs still asked for, upstream ${LATENCY_MS.least} to ${LATENCY_MS.most} ms, prefetched against not`,
  async run() {
    const bed = await openBed();
    try {
      bed.work.start();
      const total = (): Arm => ({ inFlight: 0, all: 0, jobs: 0, underruns: 0, waitedMs: 0 });
      const arms = { held: total(), asked: total() };
      for (let i = 0; i < REPEATS; i++)
        for (const name of ["held", "asked"] as const) {
          const run = await arm(bed, 1 + i, name === "held");
          for (const key of ["inFlight", "all", "jobs", "underruns", "waitedMs"] as const) arms[name][key] += run[key];
        }
      const eta = ({ inFlight, all }: Arm) => inFlight / all;
      const notes = ({ inFlight, all, jobs, underruns, waitedMs }: Arm) => ({
        standardError: Number(Math.sqrt((inFlight * (all - inFlight)) / all ** 3).toPrecision(2)),
        nonces: all,
        jobs,
        underruns,
        waitPerJobMs: Number((waitedMs / jobs).toPrecision(3)),
      });
      const cases: BenchCase[] = [
        moreIsBetter("eta, prefetched, against the target", "share", eta(arms.held), TARGET, notes(arms.held)),
        moreIsBetter("eta, prefetched against not", "share", eta(arms.held), eta(arms.asked), notes(arms.asked)),
      ];
      return cases;
    } finally {
      await bed.close();
    }
  },
};
