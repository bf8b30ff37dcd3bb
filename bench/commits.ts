/**
 * How long a commit of an S9's second takes, on a disk: the log brought home beside the commits (telemetry/store/checkpoints.ts), against SQLite's own
 * checkpoints within them. In turns on one disk, with a pause after each for what runs beside.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { JobRecord } from "../common/block-header.ts";
import { sliceNonces } from "../common/nonce-batch.ts";
import { startCheckpoints } from "../telemetry/store/checkpoints.ts";
import { openOperations } from "../telemetry/store/operations.ts";
import { hostMs } from "../telemetry/store/protocol.ts";
import { jobRow } from "../telemetry/store/rows.ts";
import { type Bench, lessIsBetter } from "./harness/bench.ts";
import { nonceStream } from "./harness/nonce-stream.ts";
import { quantile } from "./harness/quantile.ts";

const COMMITS = 200;
const NONCES = 3300;
const JOBS = 150;
const BATCHES = 20;
const PAUSE_MS = 60;
const QUANTILES = [
  ["p50", 0.5],
  ["p99", 0.99],
  ["most", 1],
] as const;

function record(file: string, beside: boolean) {
  const input = { path: file, readonly: false, maxBytes: null, budgetBytes: null, commitIntervalMs: 1000, wallMs: 0 };
  const operations = openOperations(input, { nowMs: hostMs, ...(beside ? { checkpoints: startCheckpoints } : {}) });
  const run = { kind: "bench", origin: "twin", note: "", provenance: "{}", software: null, configSha256: null } as const;
  return { operations, runId: operations.startRun(run, 0), tookMs: [] as number[] };
}

function jobAt(jobSeq: number): JobRecord {
  const hash = new Uint8Array(32).fill(jobSeq);
  const fields = { version: 0x2000_0000, prevHash: hash, merkleRoot: hash, ntime: jobSeq, nbits: 0x1703_4219 };
  const set = { ticketLog2: 0, workScale: 0, frequencyMhz: 600, hashCountingNumber: null };
  return { ...fields, ...set, jobSeq, wireId: (4 * jobSeq) % 128, sentNs: BigInt(jobSeq) * 1_000_000n };
}

export const bench: Bench = {
  about: "commits: time of a durable commit of 3300 nonces and 150 jobs with checkpoints beside them, against SQLite's own within them",
  run: async () => {
    const folder = mkdtempSync(path.join(tmpdir(), "bench-commits-"));
    const ours = record(path.join(folder, "beside.db"), true);
    const peer = record(path.join(folder, "within.db"), false);
    try {
      const nonces = nonceStream({ board: "s9", perSecond: NONCES, count: NONCES * BATCHES });
      for (let at = 0; at < COMMITS; at++) {
        for (const { operations, runId, tookMs } of at % 2 === 0 ? [ours, peer] : [peer, ours]) {
          const from = (at % BATCHES) * NONCES;
          const jobs = Array.from({ length: JOBS }, (_, job) => jobRow(runId, jobAt(at * JOBS + job)));
          const rows = {
            jobs,
            nonces: [{ runId, batch: sliceNonces(nonces, from, from + NONCES) }],
            setPoints: [],
            samples: [],
            events: [],
          };
          const beganMs = hostMs();
          const { refused, durableMs } = operations.commit(rows, at);
          if (refused.length > 0) throw new Error(refused[0]);
          tookMs.push(durableMs - beganMs);
          await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
        }
      }
      return QUANTILES.map(([name, q]) => lessIsBetter(`${name} of ${COMMITS}`, "ms", quantile(ours.tookMs, q), quantile(peer.tookMs, q)));
    } finally {
      ours.operations.close();
      peer.operations.close();
      rmSync(folder, { recursive: true, force: true });
    }
  },
};
