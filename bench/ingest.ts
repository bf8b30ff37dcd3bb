/**
 * From bytes on the wire to committed rows: the frame scanner of the capture thread, the correlator of an S9 chain (job registry, header, SHA-256d,
 * duplicates, stopwatch), the recorder with jobs and the hub a dashboard listens to, the store's worker thread, SQLite with synchronous FULL.
 * Not in it: the kernel's serial port and the waiting for it. Bytes come in reads of 20 ms of an S9's traffic; time-stamps are prepared.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { hostClock } from "../common/clock.ts";
import { concatNonces, countByStatus } from "../common/nonce-batch.ts";
import { Recorder } from "../device/recorder.ts";
import { Intake } from "../drivers/bm1387/intake.ts";
import { monotonicRawNs, scanFrames, verifyHeaders } from "../drivers/native/index.ts";
import { FRAME_STRIDE, type FrameBatch } from "../drivers/transport/chip-link.ts";
import { createHub } from "../telemetry/hub.ts";
import { openStore } from "../telemetry/store/client.ts";
import { type Bench, median, moreIsBetter } from "./harness/bench.ts";
import { MIDSTATES, type Prepared, type PreparedWork, prepareS9 } from "./harness/s9-frames.ts";

const S9_PER_SECOND = 3260;
const WORKS = 4000;
const WORKS_A_READ = 7;
/** Reads handed over before other callbacks get their turn, as the capture thread does when it has more. */
const READS_A_TURN = 10;
const REPEATS = 3;
const FIRST_NS = 3_600_000_000_000n;

interface Run {
  readonly perCpuSecond: number;
  readonly perSecond: number;
}

async function ingest(prepared: Prepared, folder: string): Promise<Run> {
  const clock = hostClock(monotonicRawNs);
  const file = path.join(folder, "t.db");
  const store = await openStore({ path: file });
  const hub = createHub({ rig: "bench", origin: "twin", software: "bench", startedWallMs: 0 });
  const recorder = new Recorder(store, hub, clock, { origin: "twin", provenance: {} });
  const runId = await recorder.begin("bench", "ingest", {});
  const intake = new Intake({ verify: verifyHeaders, chips: 63, midstates: MIDSTATES, accept: () => false });
  intake.beginRun(0);
  intake.nonceListeners.add((batch) => recorder.nonces(batch));

  const before = process.cpuUsage();
  const began = performance.now();
  for (let from = 0; from < prepared.works.length; from += WORKS_A_READ) {
    const works = prepared.works.slice(from, from + WORKS_A_READ);
    for (const work of works) send(work, intake, recorder);
    intake.take(read(works));
    if ((from / WORKS_A_READ) % READS_A_TURN === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  await recorder.end("finished");
  await store.flush();
  const seconds = (performance.now() - began) / 1000;
  const { user, system } = process.cpuUsage(before);
  const total = prepared.valid + prepared.invalid;
  await nothingLost(store, runId, prepared);
  await store.close();
  return { perCpuSecond: total / ((user + system) / 1e6), perSecond: total / seconds };
}

/** The work pump says what it sent and when. */
function send({ job, versionBits }: PreparedWork, intake: Intake, recorder: Recorder): void {
  intake.jobs.put(job, versionBits, false);
  const record = intake.jobs.started(job.jobSeq, { sentNs: job.sentNs, startNs: job.sentNs, frequenciesMhz: Array(63).fill(650) });
  if (record) recorder.jobs([record]);
}

/** What the capture thread makes of the bytes of one read. */
function read(works: readonly PreparedWork[]): FrameBatch {
  const { frames: bytes } = scanFrames(Buffer.concat(works.map(({ frames }) => frames)), 7);
  const tNs = BigInt64Array.from(works.flatMap((work) => work.tNs));
  const count = bytes.length / FRAME_STRIDE;
  if (count !== tNs.length) throw new Error(`the scanner found ${count} of ${tNs.length} frames`);
  return { count, tNs, sigmaNs: new Uint32Array(count).fill(2000), bytes };
}

async function nothingLost(store: Awaited<ReturnType<typeof openStore>>, runId: number, prepared: Prepared): Promise<void> {
  const chunks = await store.nonceChunks(runId, 0, 1_000_000);
  const counts = countByStatus(concatNonces(chunks));
  // Where 4 zero bits are enough, some of the wrong ones hash with a former work of the same id: those are stale.
  const wrong = counts.invalid + counts.stale;
  if (counts.valid !== prepared.valid || wrong !== prepared.invalid || counts.duplicate + counts["unknown-job"] > 0) {
    throw new Error(`sent ${prepared.valid} right and ${prepared.invalid} wrong nonces, stored ${JSON.stringify(counts)}`);
  }
}

export const bench: Bench = {
  about:
    "nonces a second from wire bytes to committed rows, every one verified, none lost, by processor time of all threads: against an S9's 3260/s",
  async run() {
    const prepared = prepareS9(WORKS, FIRST_NS);
    const runs: Run[] = [];
    for (let round = 0; round < REPEATS; round++) {
      const folder = mkdtempSync(path.join(tmpdir(), "bench-ingest-"));
      try {
        runs.push(await ingest(prepared, folder));
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    }
    const rate = median(runs.map(({ perCpuSecond }) => perCpuSecond));
    const notes = {
      byTheClock: Math.round(median(runs.map(({ perSecond }) => perSecond))),
      nonces: prepared.valid + prepared.invalid,
      ofThemWrong: prepared.invalid,
      corePercentAt3260: ((100 * S9_PER_SECOND) / rate).toFixed(1),
    };
    return [moreIsBetter("wire to committed row, verified, zero loss, per core", "nonces/s", rate, S9_PER_SECOND, notes)];
  },
};
