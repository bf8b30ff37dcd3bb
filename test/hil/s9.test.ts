/** A whole Antminer S9 hash board on a twin: 63 chips brought up over a real pseudo-terminal, mined, and every fault told by its name. */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import Database from "better-sqlite3";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { STATUS } from "../../common/nonce-batch.ts";
import type { WireCounters } from "../../device/hardware/hardware.ts";
import type { RunSummary } from "../../telemetry/messages.ts";
import { type S9Twin, startS9Twin } from "../../twin/index.ts";
import { guardOf } from "./guard-of.ts";
import { run, S9_BOARD, start, workshop } from "./program.ts";
import { lineOf } from "./s9-line.ts";

/** 4 midstates at 600 MHz: 4 x 2^19 counts. specs/bm1387.md 3.6 */
const LINE = { baud: 1_562_500, midstates: 4, workMs: (4 * 2 ** 19) / 600e3, nbits: 0x1703_4219 };
const LATE_NS = 1_000_000_000n;

async function stored(db: string) {
  const runs: RunSummary[] = JSON.parse((await run(["runs", "list", "--store", db, "--json"])).stdout);
  const verified = [];
  for (const { id } of runs) {
    const { code, stdout } = await run(["runs", "verify", String(id), "--store", db, "--json"]);
    verified.push({ code, ...JSON.parse(stdout) });
  }
  const last = runs.at(-1) as RunSummary;
  const { results } = JSON.parse((await run(["runs", "show", String(last.id), "--store", db, "--json"])).stdout);
  const wire: WireCounters = results.find((result: { kind: string }) => result.kind === "wire").value;
  return { runs, verified, wire };
}

/** How long after its job each stale nonce came, from the record's export. */
async function staleNonces(db: string, runs: readonly RunSummary[], folder: string): Promise<{ lateNs: bigint }[]> {
  const found: { lateNs: bigint }[] = [];
  for (const { id } of runs) {
    const out = `${folder}-${id}`;
    expect((await run(["runs", "export", String(id), "--store", db, "--out", out])).code).toBe(0);
    const sentNs = new Map(table(`${out}/jobs.csv`).map((row) => [row.seq, BigInt(row.sent_ns ?? "")]));
    for (const row of table(`${out}/nonces.csv`)) {
      if (row.status !== String(STATUS.stale)) continue;
      found.push({ lateNs: BigInt(row.t_ns ?? "") - (sentNs.get(row.job_seq) ?? 0n) });
    }
  }
  return found;
}

/** Rows of a CSV without quotes, by column. */
function table(file: string): Record<string, string | undefined>[] {
  const [head = "", ...rows] = readFileSync(file, "utf8").trim().split(/\r?\n/);
  const names = head.split(",");
  return rows.map((row) => Object.fromEntries(row.split(",").map((cell, at) => [names[at], cell])));
}

describe("a board of 63 chips", () => {
  const shop = workshop();
  let twin: S9Twin;
  let found: Awaited<ReturnType<typeof stored>>;
  let stderr = "";
  let code: number | null = null;

  beforeAll(async () => {
    twin = await startS9Twin({ seed: 3 });
    const config = shop.configFor(twin, { board: S9_BOARD, setPoint: { coreVoltageMv: 8800, frequencyMhz: 600, ticketDifficulty: 16 } });
    const program = start(["run", "--config", config, "--trace-wire", shop.file("wire.log")]);
    await program.saying(/Mining at the set-point/);
    await new Promise((resolve) => setTimeout(resolve, 10_000));
    program.child.kill("SIGINT");
    ({ code, stderr } = await program.finished);
    found = await stored(shop.file("telemetry.db"));
  }, 120_000);
  afterAll(async () => {
    await twin.stop();
    shop.remove();
  });

  it("is brought up, mined and shut down", () => {
    expect(code, stderr).toBe(0);
    expect(twin.status().running).toBe(false);
    expect(twin.status().openCores).toBe(0);
  });

  it("every nonce that the board sent arrived, and every one of a job of ours is in the record", () => {
    const { wire, verified } = found;
    const frames = readFileSync(shop.file("wire.log"), "utf8").split("\n");
    expect(frames.filter((line) => /<-.*nonce/.test(line)).length).toBe(twin.status().noncesSent);
    const stored = verified.reduce((sum, entry) => sum + entry.nonces, 0);
    expect(Object.values(wire.nonces).reduce((sum, n) => sum + n, 0)).toBe(stored);
    expect([wire.damagedFrames, wire.overruns, wire.nonces["unknown-job"]]).toEqual([0, 0, 0]);
    expect(twin.status().answersLost).toBe(0);
  });

  it("no answer is given twice but to a job that the wire shows to have been left too long, and none is stale but one that came too late", async () => {
    const line = lineOf(shop.file("wire.log"), LINE);
    expect(line.jobs).toBeGreaterThan(3000);
    expect(line.unexplained).toEqual([]);
    const counted = found.verified.reduce((sum, { counts }) => sum + counts.duplicate, 0);
    expect(counted).toBe(line.duplicates);
    if (line.gaps === 0) expect(counted).toBe(line.ofLastJob);
    for (const { lateNs } of await staleNonces(shop.file("telemetry.db"), found.runs, shop.file("exported")))
      expect(lateNs).toBeGreaterThan(LATE_NS);
  });

  it("every nonce verifies against its own job, again from the record alone, at about the expected rate", () => {
    const mining = found.verified.at(-1);
    expect(found.verified.map((entry) => [entry.code, entry.contradicted, entry.counts.invalid])).toEqual(
      found.verified.map(() => [0, 0, 0]),
    );
    // 600 MHz x 114 cores x 63 chips at difficulty 16: 62.7 nonces a second; ten seconds and a ramp down, five standard deviations.
    expect(mining.counts.valid).toBeGreaterThan(500);
    expect(mining.counts.valid).toBeLessThan(1100);
  });
});

describe("faults by name", () => {
  const shop = workshop();
  let twin: S9Twin | null = null;
  afterEach(async () => {
    await twin?.stop();
    twin = null;
  });
  afterAll(() => shop.remove());

  it.each([
    ["a dead chip at position 20", { name: "chip-dead", value: 20 }, /CHAIN_SHORT.*63.*20/],
    ["two chips at one address", { name: "address-collision", value: 5 }, /ADDRESS_COLLISION/],
    ["a rate the line does not carry", { name: "baud-mismatch" }, /BAUD_UNSTABLE/],
    ["a PIC that stays in its loader", { name: "pic-in-loader" }, /PIC_IN_LOADER/],
    ["a PIC that does not answer", { name: "pic-silent" }, /BOARD_UNKNOWN|PIC_MISSING/],
    ["a voltage that does not read back", { name: "voltage-readback" }, /VOLTAGE_READBACK/],
  ] as const)(
    "%s",
    async (_, fault, says) => {
      twin = await startS9Twin({ seed: 4, faults: [fault] });
      const program = start(["run", "--once", "--config", shop.configFor(twin, { board: S9_BOARD, store: { path: `${fault.name}.db` } })]);
      const { code, stderr } = await program.finished;
      expect(stderr).toMatch(says);
      expect(code).toBe(3);
      expect(twin.status().running).toBe(false);
    },
    60_000,
  );

  it("a sensor's diode that is open: the board runs on an estimate from its own temperature, and the record says so", async () => {
    twin = await startS9Twin({ seed: 4, faults: [{ name: "sensor-open" }] });
    await run(["run", "--once", "--config", shop.configFor(twin, { board: S9_BOARD, store: { path: "sensor.db" } })]);
    const database = new Database(shop.file("sensor.db"), { readonly: true });
    const texts = database.prepare("SELECT text FROM events WHERE source = 'board'").all() as { text: string }[];
    database.close();
    expect(texts.some(({ text }) => text.includes("SENSOR_OPEN"))).toBe(true);
  }, 60_000);

  it("cores that do not work", async () => {
    twin = await startS9Twin({ seed: 4, faults: [{ name: "bad-cores", value: 113, chip: 7 }] });
    const program = start(["run", "--once", "--config", shop.configFor(twin, { board: S9_BOARD, store: { path: "bad-cores.db" } })]);
    const { stderr } = await program.finished;
    expect(stderr).toMatch(/CORES_CLOSED.*chip 7/);
  }, 60_000);

  it("a daemon that is killed, and nobody there to take over: the PIC cuts the power by itself", async () => {
    twin = await startS9Twin({ seed: 4 });
    const board = twin;
    const program = start(["run", "--config", shop.configFor(twin, { board: S9_BOARD, store: { path: "killed.db" } })]);
    await program.saying(/Mining at the set-point/);
    const guard = guardOf(program);
    process.kill(guard, "SIGSTOP");
    try {
      const ended = once(program.child, "exit");
      program.child.kill("SIGKILL");
      await ended;
      expect(board.status().running).toBe(true);
      await expect.poll(() => board.status().running, { timeout: 60_000, interval: 200 }).toBe(false);
    } finally {
      process.kill(guard, "SIGKILL");
    }
  }, 120_000);
});
