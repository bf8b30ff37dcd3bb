/** The WebSocket's fan-out: what 90 viewers see of 1000 updates a second while ten others have stopped reading. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { allocateNonces } from "../common/nonce-batch.ts";
import { type Api, startApi } from "../telemetry/api/server.ts";
import { VIEWER_LIMITS } from "../telemetry/api/viewers.ts";
import { createHub, type Hub } from "../telemetry/hub.ts";
import type { Order, Report } from "./clients/fan-out.ts";
import { type Bench, type BenchCase, lessIsBetter, median } from "./harness/bench.ts";

const HEALTHY = 90;
const FROZEN = 10;
const UPDATES_PER_S = 1000;
const MEASURED_S = 5;
const REPEATS = 3;
/** What healthy viewers may wait for an update at most, in 99 of 100 cases. */
const TARGET_MS = 50;

async function ask<T extends Report>(clients: ChildProcess, order: Order): Promise<T> {
  const answered = once(clients, "message");
  clients.send(order);
  return ((await answered) as [T])[0];
}

/** As large as readings are. */
const padding = "x".repeat(200);

/** Publishes on a fixed grid; one that comes late says when it was to come. */
async function publish(hub: Hub, seconds: number): Promise<number> {
  const startNs = process.hrtime.bigint();
  const gapNs = 1_000_000_000n / BigInt(UPDATES_PER_S);
  const total = UPDATES_PER_S * seconds;
  for (let sent = 0; sent < total; ) {
    for (; sent < total && startNs + gapNs * BigInt(sent) <= process.hrtime.bigint(); sent++)
      hub.publish("state", { state: "running", stateReason: `${padding}@${startNs + gapNs * BigInt(sent)}|` });
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  return total;
}

/** Until the kernel's buffers of all frozen viewers and then ours are full. */
async function freeze(hub: Hub, api: Api): Promise<void> {
  const bulk = allocateNonces(4096);
  for (let dropped = 0; dropped < FROZEN; ) {
    const before = api.counters().droppedNonceFrames;
    hub.publishNonces(bulk);
    await new Promise(setImmediate);
    dropped = api.counters().droppedNonceFrames - before;
  }
}

async function measure(): Promise<BenchCase[]> {
  const hub = createHub({ rig: "bench", origin: "twin", software: "0", startedWallMs: 1 });
  const limits = { hopelessMs: 600_000 };
  const api = await startApi({
    boards: [{ hub, emergencyOff: async () => undefined }],
    store: NO_STORE,
    port: 0,
    dashboardDir: "none",
    limits,
  });
  const clients = fork(fileURLToPath(new URL("./clients/fan-out.ts", import.meta.url)), { execArgv: process.execArgv });
  try {
    await ask(clients, { open: "frozen", port: api.port, count: FROZEN });
    await freeze(hub, api);
    await ask(clients, { open: "healthy", port: api.port, count: HEALTHY });
    await publish(hub, 1);
    await settled();
    await ask(clients, { report: true });
    const rssBefore = process.memoryUsage().rss;
    const runs: { p50Ms: number; p99Ms: number; heard: number; due: number; bufferedBytes: number }[] = [];
    for (let i = 0; i < REPEATS; i++) {
      let bufferedBytes = 0;
      const looking = setInterval(() => {
        bufferedBytes = Math.max(bufferedBytes, api.counters().bufferedBytes);
      }, 20);
      const due = (await publish(hub, MEASURED_S)) * HEALTHY;
      clearInterval(looking);
      await settled();
      const seen = await ask<Extract<Report, { heard: number }>>(clients, { report: true });
      runs.push({ ...seen, due, bufferedBytes });
    }
    const grownMb = (process.memoryUsage().rss - rssBefore) / 1e6;
    const { clients: connected, coalescedUpdates, resyncs } = api.counters();
    const bufferedBytes = Math.max(...runs.map((run) => run.bufferedBytes));
    const heard = runs.reduce((sum, run) => sum + run.heard, 0);
    const due = runs.reduce((sum, run) => sum + run.due, 0);
    const boundBytes = (HEALTHY + FROZEN) * VIEWER_LIMITS.bufferedBytes + FROZEN * 100_000;
    return [
      lessIsBetter("healthy p99", "ms", median(runs.map((run) => run.p99Ms)), TARGET_MS, {
        "p50 ms": median(runs.map((run) => run.p50Ms)).toFixed(1),
        heard: `${heard} of ${due}`,
        clients: connected,
        coalesced: coalescedUpdates,
        resyncs,
      }),
      lessIsBetter("unsent, all clients", "bytes", bufferedBytes, boundBytes, { "resident memory grown by, MB": grownMb.toFixed(1) }),
    ];
  } finally {
    clients.disconnect();
    await api.close();
  }
}

/** What is under way arrives. */
const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 500));

const NO_STORE = {
  path: "",
  listRuns: async () => [],
  run: async () => null,
  results: async () => [],
  nonceChunks: async () => [],
  nonceRows: async () => allocateNonces(0),
};

export const bench: Bench = {
  about: `${HEALTHY} viewers' p99 at ${UPDATES_PER_S} updates a second beside ${FROZEN} frozen ones, against ${TARGET_MS} ms; what is unsent, against its bound`,
  run: measure,
};
