/** The whole way on real sockets: server, store and report, with a live twin and, where there is one, an unmodified software miner. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, describe, expect, it, vi } from "vitest";
import { hostClock } from "../../common/clock.ts";
import { monotonicRawNs, verifyHeaders } from "../../drivers/native/index.ts";
import { MODE_TIMES } from "../../drivers/stratum/mode.ts";
import { openStore } from "../../telemetry/store/client.ts";
import { readShareCapture } from "../recordings/share-capture.ts";
import { reverify } from "../reverify.ts";
import { CaptureFile } from "./capture-file.ts";
import { originOf, type StratumRunOptions, stratumRun } from "./stratum-run.ts";

/** `minerd` or `cpuminer` of the path, or what ASICR_MINERD names. */
const MINERD = [process.env.ASICR_MINERD, "minerd", "cpuminer"].find(
  (program) => program !== undefined && program !== "" && spawnSync(program, ["--version"]).status === 0,
);
const PATIENCE = { timeout: 60_000, interval: 50 };
const folder = mkdtempSync(path.join(tmpdir(), "stratum-run-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const OPTIONS: StratumRunOptions = {
  listen: { host: "127.0.0.1", port: 0 },
  mode: "swh",
  times: MODE_TIMES,
  difficulty: 1,
  suggestions: null,
  sigmaMs: 2,
  seed: 1,
  twin: { kind: "s9", path: {} },
  workScale: 32,
};

/** Runs until so many rows are stored. */
async function runUntil(rows: number, name: string, options: StratumRunOptions, listening: (port: number) => void = () => {}) {
  const store = await openStore({ path: path.join(folder, `${name}.db`), commitIntervalMs: 50 });
  const capture = new CaptureFile(path.join(folder, `${name}.csv`), originOf(options));
  let stop = () => {};
  const stopped = new Promise<void>((resolve) => {
    stop = resolve;
  });
  let id = -1;
  const parts = { clock: hostClock(monotonicRawNs), store, verify: verifyHeaders, software: "test", capture };
  const onListening = ({ port }: { port: number }, runId: number) => {
    id = runId;
    listening(port);
  };
  const running = stratumRun(options, { ...parts, onListening }, stopped);
  try {
    await vi.waitFor(async () => expect((await store.run(id))?.nonces ?? 0).toBeGreaterThanOrEqual(rows), PATIENCE);
  } finally {
    stop();
  }
  const { runId, report } = await running;
  await capture.close();
  const [run, results, checked] = [await store.run(runId), await store.results(runId), await reverify(store, runId, verifyHeaders)];
  const [batch] = await store.nonceChunks(runId, 0, 1);
  await store.close();
  const { shares } = await readShareCapture(path.join(folder, `${name}.csv`));
  return { report, run, results, checked, batch, shares };
}

describe("a Stratum run", () => {
  it("with a twin: stores every share as origin twin, so that it can be hashed again from the record", { timeout: 90_000 }, async () => {
    const { report, run, results, checked, batch, shares } = await runUntil(30, "twin", OPTIONS);
    expect(run).toMatchObject({ kind: "stratum", origin: "twin", status: "finished" });
    expect(report.counts.valid).toBeGreaterThan(0);
    const rows = Object.values(report.counts).reduce((a, b) => a + b) - report.counts.refused;
    expect(run?.nonces).toBe(rows);
    expect(shares).toHaveLength(rows);
    expect(checked).toMatchObject({ nonces: rows, contradicted: 0 });
    expect(batch?.sigmaNs[0]).toBe(2_000_000);
    expect(results.find(({ kind }) => kind === "stratum")?.value).toEqual(JSON.parse(JSON.stringify(report)));
    expect(report.connections[0]).toMatchObject({ agent: "twin-s9/1", worker: "twin" });
  });

  it("is hardware only when nothing is scaled and no twin is asked for", () => {
    expect(originOf({ twin: null, workScale: 0 })).toBe("hardware");
    expect(originOf({ twin: null, workScale: 20 })).toBe("twin");
    expect(originOf({ twin: { kind: "s9", path: {} }, workScale: 0 })).toBe("twin");
  });

  it.skipIf(MINERD === undefined)(
    "with an unmodified software miner: it connects, and its shares verify",
    { timeout: 90_000 },
    async () => {
      let child: ChildProcess | null = null;
      try {
        // 2^16 hashes a share: a software miner makes millions a second.
        const options = { ...OPTIONS, twin: null, workScale: 0, difficulty: 2 ** -16 };
        const { report } = await runUntil(5, "minerd", options, (port) => {
          const args = ["-a", "sha256d", "-t", "1", "-o", `stratum+tcp://127.0.0.1:${port}`, "-u", "test", "-p", "x"];
          child = spawn(MINERD as string, args, { stdio: "ignore" });
        });
        expect(report.counts.valid).toBeGreaterThan(0);
        expect(report.counts.invalid).toBe(0);
      } finally {
        const miner = child as ChildProcess | null;
        if (miner !== null && miner.exitCode === null) {
          miner.kill();
          await once(miner, "exit");
        }
      }
    },
  );
});
