import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import SqliteDatabase from "better-sqlite3";
import { afterEach, beforeEach, describe, expect, it, test } from "vitest";
import { hostClock } from "../../../common/clock.ts";
import { splitmix64 } from "../../../common/random.ts";
import { narma10 } from "../../../reservoir/tasks/narma10.ts";
import { type EvidenceBook, HASHING_BOOK } from "../evidence/book.ts";
import { EVIDENCE_DATABASE } from "../evidence/stored-rows.ts";
import { trace } from "../evidence/trace.ts";
import { CLAIMS, claimsNamed } from "../registry.ts";
import { settle } from "../settle.ts";
import { recordArms, validTimes } from "./arms.ts";
import { BitaxeBench } from "./bitaxe-bench.ts";
import { constantLoop, dialogueLoop, drive, FLOOR_PER_S, monologueLoop, productLoop, replay } from "./difficulty-loops.ts";
import { keepRehearsals, keptRehearsals, withRehearsals } from "./kept.ts";
import { STEPS, scoreMode } from "./narma.ts";
import { prefetch } from "./prefetch.ts";
import { RehearsalRecord } from "./record.ts";
import { REHEARSALS, rehearsalsOf } from "./rehearsals.ts";
import { S9Bench } from "./s9-bench.ts";
import { ChanceSource, type ShareSource, ShareTape } from "./share-tape.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "rehearsal-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const mean = (x: ArrayLike<number>) => Array.from(x).reduce((sum, value) => sum + value, 0) / x.length;

describe("shares of a recorded stream", () => {
  const random = splitmix64(5);
  let at = 0;
  const shares = Array.from({ length: 40_000 }, () => {
    at -= Math.log1p(-random.next()) / 20;
    return { tS: at, excess: 1 / (1 - random.next()), chip: 0 };
  });

  it("at a higher difficulty fewer count, in proportion", () => {
    const wait = (times: number) => {
      const tape = new ShareTape(shares, 1.5);
      return mean(Array.from({ length: 2000 }, () => tape.interval(times)));
    };
    // The mean of 2000 exponential intervals scatters by 0.034.
    expect(Math.abs(wait(1) * 20 - 1.5)).toBeLessThan(4.5 * 0.034);
    expect(wait(4) / wait(1)).toBeGreaterThan(3.6);
    expect(wait(4) / wait(1)).toBeLessThan(4.4);
  });

  it("end, and say so", () => {
    const tape = new ShareTape(shares.slice(0, 3), 1);
    expect([1, 2, 3].map(() => Number.isFinite(tape.interval(1)))).toEqual([true, true, false]);
  });
});

describe("loops through the difficulty", () => {
  /** A chip without any luck: every share comes when it is expected. */
  const exact: ShareSource = { interval: (times) => times / FLOOR_PER_S };
  const { u } = narma10(3, STEPS);
  const scoreOf = async (loop: ReturnType<typeof monologueLoop>, source: ShareSource) => {
    const { log, answers } = drive(loop, u, source);
    return scoreMode(
      { mode: loop.name, states: loop.states(answers), surrogate: loop.states(replay(log, source)), host: loop.host(log) },
      3,
    );
  };

  it("constant asks for the same whatever comes, monologue for what the input says, dialogue for what came back too", () => {
    const logOf = (loop: ReturnType<typeof monologueLoop>, source: ShareSource) =>
      drive(loop, u.subarray(0, 50), source).log.map(([word]) => word?.rate);
    expect(new Set(logOf(constantLoop(2), exact)).size).toBe(1);
    const chance = () => new ChanceSource(FLOOR_PER_S, splitmix64(1));
    expect(logOf(monologueLoop(2), chance())).toEqual(logOf(monologueLoop(2), exact));
    expect(logOf(dialogueLoop(2), chance())).not.toEqual(logOf(dialogueLoop(2), exact));
    // The same loop from its beginning forgets the run before.
    const again = dialogueLoop(2);
    expect(logOf(again, exact)).toEqual(logOf(again, exact));
  });

  it("the product loop multiplies inputs nine steps apart, and without luck its host alone knows all that its answers say", async () => {
    const { nrmse, hostAlone, surrogate, taps10, beatsSurrogate } = await scoreOf(productLoop(3), exact);
    expect(nrmse).toBeLessThan(taps10 - 0.1);
    expect(hostAlone).toBeCloseTo(nrmse, 2);
    expect([surrogate, beatsSurrogate]).toEqual([nrmse, false]);
  });

  it("steps in another order know nothing, and a loop that never varies scores like the mean of the targets", async () => {
    const { shuffled, nrmse } = await scoreOf(constantLoop(2), exact);
    for (const score of [shuffled, nrmse]) expect(Math.abs(score - 1)).toBeLessThan(0.1);
  });

  it("answers that say more than chance with the same log are seen to", async () => {
    const loop = monologueLoop(5);
    const { log, answers } = drive(loop, u, exact);
    const chance = replay(log, new ChanceSource(FLOOR_PER_S, splitmix64(2)));
    const score = await scoreMode({ mode: "without luck", states: loop.states(answers), surrogate: loop.states(chance), host: null }, 3);
    expect(score.beatsSurrogate).toBe(true);
  });
});

describe("twins as a rehearsal drives them", () => {
  it("an LV06 at the firmware's floor finds shares at the hardware's rate", () => {
    const bench = new BitaxeBench({ seed: 4, mhz: 400, volts: 1.2, ticketLog2: 9, workScale: 32 });
    const shares = validTimes(bench.run(600_000)).length;
    expect(shares).toBeGreaterThan(70);
    expect(shares).toBeLessThan(130);
  });

  it("chips of an S9 have clocks of their own, and a chain below its voltages does not answer", () => {
    const bench = new S9Bench({ seed: 4, chips: 2, mhz: 600, ticketLog2: 0, workScale: 26 });
    bench.setClock(300, 1);
    const counts = [0, 0];
    for (const chip of bench.run(60_000).chip) counts[chip] = (counts[chip] as number) + 1;
    expect((counts[1] as number) / (counts[0] as number)).toBeGreaterThan(0.4);
    expect((counts[1] as number) / (counts[0] as number)).toBeLessThan(0.6);
    expect(() => bench.setVoltage(7.6)).toThrow(RangeError);
    const dark = new BitaxeBench({ seed: 4, mhz: 400, volts: 1.2, ticketLog2: 0, workScale: 24, variant: "207" });
    dark.setVoltage(0.84);
    dark.run(2000);
    expect(dark.run(5000).length).toBe(0);
  });
});

test("what an arm is judged by are rows of the database, which can be found again by run and id, and not be changed unseen", async () => {
  const record = await RehearsalRecord.open(folder, hostClock());
  const context = { record, seed: 1, fresh: false, evidence: HASHING_BOOK, progress() {} };
  const bench = new BitaxeBench({ seed: 4, mhz: 450, volts: 1.2, ticketLog2: 0, workScale: 24 });
  const plan = (label: string, mhz: number) => ({
    label,
    set: () => void bench.setClock(mhz),
    settleS: 1,
    shares: Number.POSITIVE_INFINITY,
    mostS: 5,
  });
  const plans = [plan("slow", 400), plan("fast", 500)];
  const { arms, evidence } = await recordArms(context, "two clocks", bench, plans);
  // What is recorded is not recorded again, unless it is asked for; of another making it is.
  const atNs = bench.nowNs;
  expect((await recordArms(context, "two clocks", bench, plans)).evidence).toEqual(evidence);
  expect(bench.nowNs).toBe(atNs);
  const other = await recordArms({ ...context, seed: 2 }, "two clocks", bench, plans);
  expect(other.evidence).not.toEqual(evidence);
  expect((await recordArms({ ...context, fresh: true }, "two clocks", bench, plans)).evidence).not.toEqual(evidence);
  await record.close();
  const [nonces, results] = evidence.map((piece) => trace(piece, { out: folder, data: null }));
  expect([nonces?.state, results?.state]).toEqual(["as it was", "as it was"]);
  const windows = JSON.parse(results?.rows[0]?.cells[2] as string) as { fromNs: number; toNs: number }[];
  // From the rows alone: which nonces verified while the arm held.
  const [at, status] = ["tNs", "status"].map((name) => nonces?.columns.indexOf(name) as number) as [number, number];
  const counted = windows.map(
    ({ fromNs, toNs }) =>
      nonces?.rows.filter(({ cells }) => Number(cells[at]) > fromNs && Number(cells[at]) <= toNs && cells[status] === "0").length,
  );
  expect(counted).toEqual(arms.map((arm) => validTimes(arm.nonces).length));
  expect(nonces?.rows[0]?.id).toMatch(/^\d+\/0$/);
  const db = new SqliteDatabase(path.join(folder, EVIDENCE_DATABASE));
  db.exec("UPDATE results SET value = replace(value, 'slow', 'fast')");
  db.close();
  expect(evidence.map((piece) => trace(piece, { out: folder, data: null }).state)).toEqual(["as it was", "changed"]);
  rmSync(path.join(folder, EVIDENCE_DATABASE));
  expect(trace(evidence[0] as (typeof evidence)[number], { out: folder, data: null }).state).toBe("missing");
});

describe("what a twin may say", () => {
  const rehearsal = {
    origin: "twin" as const,
    design: "",
    measured: [{ name: "the claim comes out", value: 1 }],
    controls: [],
    sampleSize: "",
    shows: "all of it",
    evidence: [],
    plots: [],
  };

  it("changes no claim's verdict, origin or evidence", async () => {
    const rows = claimsNamed(["seeds", "thermal-ghost", "puf"]);
    const claims = await settle(rows, { recordings: null, seed: 1, evidence: HASHING_BOOK, progress() {} });
    keepRehearsals(folder, 1, { seeds: rehearsal, puf: rehearsal });
    const after = withRehearsals(claims, keptRehearsals(folder));
    expect(after.map(({ rehearsal: one }) => one?.origin ?? null)).toEqual(["twin", null, "twin"]);
    expect(after.map(({ rehearsal: _, ...rest }) => rest)).toEqual(claims.map(({ rehearsal: _, ...rest }) => rest));
    for (const { verdict, origin } of after) expect([verdict, origin]).toEqual(["not testable with these data", null]);
  });

  it("is about claims of the registry, each rehearsed once, and covers every row that only a rig can answer", () => {
    const claims = REHEARSALS.flatMap((plan) => plan.claims);
    expect(new Set(claims).size).toBe(claims.length);
    expect(claimsNamed(claims)).toHaveLength(claims.length);
    for (const { name, kind } of CLAIMS) if (kind === "hardware") expect(claims).toContain(name);
    expect(rehearsalsOf(["causality"])).toHaveLength(1);
    expect(() => rehearsalsOf(["lean"])).toThrow(expect.objectContaining({ code: "NO_REHEARSAL" }));
  });
});

test("prefetched work on the twin of an LB-Box: every share of both controls is in the table that it names, and a pool's work is no worse", async () => {
  const record = await RehearsalRecord.open(folder, hostClock());
  const lines: string[] = [];
  const evidence: EvidenceBook = {
    table(of, columns, rows) {
      const kept = [...rows];
      for (const row of kept) lines.push(row.join());
      return HASHING_BOOK.table(of, columns, kept);
    },
  };
  const { vbm } = await prefetch({ record, seed: 1, evidence, fresh: true, progress() {} }, 0.3);
  await record.close();
  expect(vbm?.measured[0]?.band?.[0]).toBeLessThan(0);
  const [a, b] =
    /^(\d+) and (\d+) /
      .exec(vbm?.sampleSize ?? "")
      ?.slice(1)
      .map(Number) ?? [];
  for (const control of ["pool", "storm"])
    expect(lines.filter((line) => line.startsWith(`${control},`) && line.endsWith(",valid")).length).toBeGreaterThan(100);
  expect(lines.filter((line) => line.startsWith("pool,") && line.endsWith(",valid")).length).toBeGreaterThanOrEqual(
    (a as number) + (b as number),
  );
});
