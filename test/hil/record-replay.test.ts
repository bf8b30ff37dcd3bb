/** A run recorded on a twin, and the same run on its recording: the driver finds the same verified nonces, at the same times after their jobs. */
import { spawn } from "node:child_process";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { STATUS } from "../../common/nonce-batch.ts";
import { readWireFile } from "../../device/recordings/read-wire.ts";
import { replayWire } from "../../device/recordings/wire-replay.ts";
import { startS9Twin, startTwin } from "../../twin/index.ts";
import { type Ports, run, workshop } from "./program.ts";

const PLAN = {
  setPoint: { frequencyMhz: 400 },
  jobs: { intervalMs: 500 },
  plan: ["sweep"],
  sweep: { coreVoltageMv: [1200], frequencyMhz: [400], settleMs: 200, dwellMs: 1500 },
};

interface Row {
  readonly key: string;
  readonly jobSeq: number;
  readonly residualNs: number;
}

async function verified(file: string): Promise<Row[]> {
  const { batch } = replayWire(await readWireFile(file));
  const rows = Array.from({ length: batch.length }, (_, i) => ({
    key: `${batch.jobSeq[i]} ${batch.nonce[i]} ${batch.versionBits[i]}`,
    jobSeq: batch.jobSeq[i] as number,
    residualNs: batch.residualNs[i] as number,
    status: batch.status[i],
  }));
  return rows.filter(({ status }) => status === STATUS.valid || status === STATUS.stale);
}

/** `asic-reservoir twin --replay` beside us. */
async function startReplay(file: string): Promise<Ports & { stop(): void }> {
  const child = spawn(
    process.execPath,
    [path.resolve("dist/device/cli/main.js"), "twin", "--replay", file, "--json", "--until-input-ends"],
    {
      stdio: ["pipe", "pipe", "inherit"],
    },
  );
  const text = await new Promise<string>((resolve, reject) => {
    child.stdout.setEncoding("utf8").once("data", resolve);
    child.once("exit", (code) => reject(new Error(`the replay ended with ${code}`)));
  });
  const { control, data, workScale } = JSON.parse(text);
  return { controlPath: control, dataPath: data, workScale, stop: () => child.stdin.end() };
}

describe("a run that was recorded", () => {
  const shop = workshop();
  const [first, second] = [shop.file("first.awr"), shop.file("second.awr")];
  let outcomes: Awaited<ReturnType<typeof run>>[] = [];
  beforeAll(async () => {
    const twin = await startTwin({ seed: 3 });
    const once = (ports: Ports, extra: Record<string, unknown>, file: string) =>
      run(["run", "--once", "--config", shop.configFor(ports, { ...PLAN, ...extra }), "--record", file]);
    outcomes = [await once(twin, { store: { path: "first.db" } }, first)];
    await twin.stop();
    const replay = await startReplay(first);
    outcomes.push(await once(replay, { origin: "recording", store: { path: "second.db" } }, second));
    replay.stop();
  }, 120_000);
  afterAll(() => shop.remove());

  it("runs again on its recording", () => {
    for (const { code, stderr } of outcomes) expect(code, stderr).toBe(0);
    expect(outcomes[1]?.stderr).toContain("(recording)");
  });

  it("yields exactly the same verified nonces in every job that ran to its end", async () => {
    const [a, b] = [await verified(first), await verified(second)];
    const lastJob = Math.min(...[a, b].map((rows) => Math.max(...rows.map(({ jobSeq }) => jobSeq))));
    const whole = (rows: readonly Row[]) =>
      rows
        .filter(({ jobSeq }) => jobSeq < lastJob)
        .map(({ key }) => key)
        .sort();
    expect(whole(a).length).toBeGreaterThan(50);
    expect(whole(b)).toEqual(whole(a));
  });

  it("yields them as long after their jobs as they were recorded, but for the pseudo-terminals' own delays", async () => {
    const recorded = new Map((await verified(first)).map(({ key, residualNs }) => [key, residualNs]));
    const apart = (await verified(second))
      .filter(({ key, residualNs }) => !Number.isNaN(residualNs) && !Number.isNaN(recorded.get(key) ?? Number.NaN))
      .map(({ key, residualNs }) => Math.abs(residualNs - (recorded.get(key) as number)))
      .sort((a, b) => a - b);
    expect(apart.length).toBeGreaterThan(50);
    expect(apart[apart.length >> 1]).toBeLessThan(20e6);
  });

  it("replays from the command line, twice the same", async () => {
    const digest = async () => JSON.parse((await run(["replay", first, "--json"])).stdout);
    const [a, b] = [await digest(), await digest()];
    expect(a).toMatchObject({ origin: "recording", recordedFrom: "twin", closed: true, damagedFrames: 0, lostBytes: 0 });
    expect(a.digest).toBe(b.digest);
  });
});

/**
 * An S9's bring-up checks cores for as long as it takes, and its controller is talked to a byte at a time while a heartbeat and the fans come between.
 */
describe("a run of an S9 that was recorded", () => {
  const shop = workshop();
  afterAll(() => shop.remove());

  it("runs again on its recording, from bring-up to the end of its plan", { timeout: 300_000 }, async () => {
    const board = { kind: "s9-hashboard", chips: 2 };
    const sweep = { coreVoltageMv: [8800], frequencyMhz: [600], settleMs: 300, dwellMs: 2000 };
    const once = (ports: Ports, extra: Record<string, unknown>, file: string) =>
      run(["run", "--once", "--config", shop.configFor(ports, { board, plan: ["sweep"], sweep, ...extra }), "--record", file]);
    const twin = await startS9Twin({ seed: 7, chips: 2 });
    const first = await once(twin, { store: { path: "first.db" } }, shop.file("first.awr"));
    await twin.stop();
    expect(first.code, first.stderr).toBe(0);
    const replay = await startReplay(shop.file("first.awr"));
    const second = await once(replay, { origin: "recording", store: { path: "second.db" } }, shop.file("second.awr"));
    replay.stop();
    expect(second.code, second.stderr).toBe(0);
    expect(second.stderr).toMatch(/8800 mV 600 MHz: .* \(recording\)/);
  });
});
