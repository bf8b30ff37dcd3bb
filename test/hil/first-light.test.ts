/** The whole program on a twin, over real pseudo-terminals: bring-up, sweep, NARMA-10, and every way it can end. */
import { writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import Database from "better-sqlite3";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { NarmaReport, RunSummary, SweepPoint } from "../../telemetry/messages.ts";
import { startTwin } from "../../twin/index.ts";
import { run, start, workshop } from "./program.ts";

type Twin = Awaited<ReturnType<typeof startTwin>>;

const PLAN = {
  setPoint: { frequencyMhz: 425 },
  plan: ["sweep", "narma10"],
  sweep: { coreVoltageMv: [1150, 1200], frequencyMhz: [425, 450], settleMs: 200, dwellMs: 1000 },
  narma10: { washout: 20, train: 100, test: 40, stepMs: 40 },
};

async function runs(db: string): Promise<RunSummary[]> {
  return JSON.parse((await run(["runs", "list", "--store", db, "--json"])).stdout);
}

describe("a run from bring-up to verdict", () => {
  const shop = workshop();
  const db = shop.file("telemetry.db");
  let twin: Twin;
  let outcome: Awaited<ReturnType<typeof run>>;
  beforeAll(async () => {
    twin = await startTwin({ seed: 7 });
    outcome = await run(["run", "--once", "--json", "--config", shop.configFor(twin, PLAN)]);
  }, 120_000);
  afterAll(async () => {
    await twin.stop();
    shop.remove();
  });

  it("ends well and says so", () => {
    expect(outcome.stderr).toContain("[running]");
    expect(outcome.code, outcome.stderr).toBe(0);
  });

  it("leaves the board in its safe state", () => {
    const status = twin.status();
    expect(status.frequencyMhz, "0 means held in reset").toBe(0);
    expect(status.coreVoltageMv).toBeLessThanOrEqual(1010);
  });

  it("records each part as a finished run", async () => {
    expect((await runs(db)).map((r) => [r.kind, r.status, r.origin]).sort()).toEqual([
      ["bring-up", "finished", "twin"],
      ["narma10", "finished", "twin"],
      ["sweep", "finished", "twin"],
    ]);
  });

  it("every stored nonce verifies again from the record alone, and none is unknown or duplicated", async () => {
    let nonces = 0;
    for (const { id } of await runs(db)) {
      const { code, stdout } = await run(["runs", "verify", String(id), "--store", db, "--json"]);
      const found = JSON.parse(stdout);
      expect(code, stdout).toBe(0);
      expect([found.counts.duplicate, found.counts["unknown-job"]]).toEqual([0, 0]);
      nonces += found.nonces;
    }
    expect(nonces).toBeGreaterThan(400);
  });

  it("the sweep measured all four points near the expected hash rate", async () => {
    const sweep = (await runs(db)).find((r) => r.kind === "sweep") as RunSummary;
    const { stdout } = await run(["runs", "show", String(sweep.id), "--store", db, "--json"]);
    const points: SweepPoint[] = JSON.parse(stdout)
      .results.filter((r: { kind: string }) => r.kind === "sweep-point")
      .map((r: { value: SweepPoint }) => r.value);
    expect(points.map((p) => p.status)).toEqual(["done", "done", "done", "done"]);
    for (const point of points) {
      // About 90 nonces a point: five standard deviations are half of them.
      expect((point.hashRateGhs as number) / point.expectedGhs).toBeGreaterThan(0.5);
      expect((point.hashRateGhs as number) / point.expectedGhs).toBeLessThan(1.5);
      expect(point.powerW).toBeGreaterThan(3);
    }
  });

  it("the NARMA-10 report answers plainly, with its origin and numbers", () => {
    const { report } = JSON.parse(outcome.stdout) as { report: NarmaReport };
    expect(report.origin).toBe("twin");
    expect(report.verdict).toContain(report.beatsTaps.substrateNrmse.toFixed(2));
    expect(report.verdict).toContain(report.beatsTaps.tapsNrmse.toFixed(2));
    expect(report.verdict).toMatch(/twin/);
    expect(report.predicted.length).toBe(report.test_y.length);
    expect(report.controls.map((row) => row.name)).toEqual(
      expect.arrayContaining(["constant", "input-only", "taps-30", "quadratic-30", "shuffled", "esn"]),
    );
    expect(report.tapsByCount.length).toBe(30);
  });
});

/** A start takes ten seconds on a machine that has nothing else to do; some of these start twice. */
describe("every way to end", { timeout: 240_000 }, () => {
  const shop = workshop();
  let twin: Twin;
  afterEach(async () => twin.stop());
  afterAll(() => shop.remove());

  it("Ctrl-C switches the board off, closes the record and marks the run stopped", async () => {
    twin = await startTwin({});
    const program = start(["run", "--config", shop.configFor(twin, { setPoint: { frequencyMhz: 400 }, store: { path: "ctrl-c.db" } })]);
    await program.saying(/Mining at the set-point/);
    program.child.kill("SIGINT");
    const { code, stderr } = await program.finished;
    expect(code, stderr).toBe(0);
    expect(twin.status().frequencyMhz).toBe(0);
    const list = await runs(shop.file("ctrl-c.db"));
    expect(list.map((r) => r.status).sort()).toEqual(["finished", "stopped"]);
  });

  it("a cable pulled in mid-run is a fault with its reason; nothing committed is lost", async () => {
    twin = await startTwin({});
    const program = start(["run", "--once", "--config", shop.configFor(twin, { ...PLAN, store: { path: "cable.db" } })]);
    await program.saying(/\d mV \d+ MHz: \d+ of/);
    await twin.stop();
    const { code, stderr } = await program.finished;
    expect(code).toBe(3);
    expect(stderr).toContain("LINK_LOST");
    const list = await runs(shop.file("cable.db"));
    expect(list.find((r) => r.kind === "sweep")).toMatchObject({ status: "failed", note: expect.stringContaining("LINK_LOST") });
    const { code: verified } = await run([
      "runs",
      "verify",
      String(list.find((r) => r.kind === "sweep")?.id),
      "--store",
      shop.file("cable.db"),
    ]);
    expect(verified).toBe(0);
  });

  it("kill -9, and the next start finds the record whole, the run marked interrupted and the chips held in reset first", async () => {
    twin = await startTwin({});
    const config = shop.configFor(twin, { setPoint: { frequencyMhz: 400 }, store: { path: "killed.db", commitIntervalMs: 200 } });
    const killed = start(["run", "--config", config]);
    await killed.saying(/Mining at the set-point/);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    killed.child.kill("SIGKILL");
    await killed.finished;

    const db = shop.file("killed.db");
    expect(new Database(db, { readonly: true }).pragma("integrity_check", { simple: true })).toBe("ok");
    const again = start(["run", "--config", config]);
    await again.saying(/Mining at the set-point/);
    again.child.kill("SIGTERM");
    expect((await again.finished).code).toBe(0);
    const list = await runs(db);
    const interrupted = list.find((r) => r.status === "interrupted") as RunSummary;
    expect(interrupted.kind).toBe("mining");
    const { code, stdout } = await run(["runs", "verify", String(interrupted.id), "--store", db, "--json"]);
    expect(code).toBe(0);
    // 83 nonces a second at 400 MHz and difficulty 1: of 1.5 s at most the last 0.2 s may be missing.
    expect(JSON.parse(stdout).nonces).toBeGreaterThan(50);
  });

  it("an error that nobody foresaw switches the board off before anything else", async () => {
    twin = await startTwin({});
    // Thrown from a timer of its own, fifteen seconds in: after the ramp, while it mines.
    const preload = shop.file("boom.mjs");
    const thrown = 'setTimeout(() => { throw new Error("boom"); }, 15000)';
    writeFileSync(preload, `import { isMainThread } from "node:worker_threads";\nif (isMainThread) ${thrown};\n`);
    const env = { ...process.env, NODE_OPTIONS: `--import=${pathToFileURL(preload).href}` };
    const program = start(["run", "--config", shop.configFor(twin, { setPoint: { frequencyMhz: 400 }, store: { path: "crash.db" } })], {
      env,
    });
    await program.saying(/\[running\]/);
    await program.saying(/\[fault\] boom/);
    await program.saying(/core off/);
    expect(twin.status().frequencyMhz).toBe(0);
    program.child.kill("SIGTERM");
    expect((await program.finished).code).toBe(3);
  });

  it("an overheating chip is switched off by the sentinel, which says why", async () => {
    twin = await startTwin({});
    const program = start([
      "run",
      "--config",
      shop.configFor(twin, { setPoint: { frequencyMhz: 400 }, limits: { maxChipTempC: 50 }, store: { path: "hot.db" } }),
    ]);
    await program.saying(/\[running\]/);
    twin.setFault({ name: "over-temperature", value: 150 });
    await program.saying(/\[fault\] SENTINEL.*chip temperature/);
    await program.saying(/core off/);
    expect(twin.status().frequencyMhz).toBe(0);
    // The reason stays on the screen until a person ends the daemon.
    expect(program.child.exitCode).toBeNull();
    program.child.kill("SIGTERM");
    expect((await program.finished).code).toBe(3);
    expect((await runs(shop.file("hot.db"))).find((r) => r.kind === "mining")?.status).toBe("failed");
  });
});
