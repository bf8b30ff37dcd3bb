import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it, test } from "vitest";
import { RecordingError } from "../../common/errors.ts";
import { CHECKPOINT_FILE, readCheckpoint, writeCheckpoint } from "./checkpoint.ts";
import { type ClaimRow, rigHours, type SettleBench, type Settled } from "./claim.ts";
import { scaledOverAllRows, trainPerceptron } from "./claims/perceptron.ts";
import { HASHING_BOOK } from "./evidence/book.ts";
import { reportRecordings } from "./flawed-sets.ts";
import { Recordings } from "./recordings.ts";
import { CLAIMS, claimsNamed } from "./registry.ts";
import { planHashOf, reportOf } from "./report/report.ts";
import { hoursText, settle } from "./settle.ts";

const DATA = path.resolve(process.env.ASIC_RECORDINGS ?? "../shared/data");
const present = existsSync(path.join(DATA, "s9-capture"));
const bench: SettleBench = { recordings: null, seed: 1, evidence: HASHING_BOOK, progress() {} };
const one = async (name: string, on: SettleBench = bench) => (await settle(claimsNamed([name]), on))[0] as Settled;
const shown = (settled: Settled, start: string) =>
  [...settled.measured, ...settled.controls].find(({ name }) => name.startsWith(start))?.value;

describe("the registry", () => {
  it("declares each of the 32 rows once, with what an answer takes", () => {
    expect(CLAIMS.map(({ row }) => row)).toEqual(Array.from({ length: 32 }, (_, i) => i + 1));
    expect(new Set(CLAIMS.map(({ name }) => name)).size).toBe(32);
    for (const { claim, published, question } of CLAIMS) for (const text of [claim, published, question]) expect(text).not.toBe("");
  });

  it("a row that nothing runs is a row for a rig, and one that runs says how", () => {
    for (const { run, rig, method, kind } of CLAIMS) {
      expect(run === null).toBe(kind === "hardware");
      expect(method === "").toBe(run === null);
      if (run === null) expect(rig).not.toBeNull();
    }
  });

  it("finds rows by name and by number, and names them all when there is none", () => {
    expect(claimsNamed(["16", "early-rounds"]).map(({ name }) => name)).toEqual(["tpf-theory", "early-rounds"]);
    expect(claimsNamed([])).toHaveLength(32);
    expect(() => claimsNamed(["free-lunch"])).toThrow(expect.objectContaining({ code: "UNKNOWN_CLAIM" }));
  });
});

test("hours on a rig are samples over their rate and the settling, for every arm", () => {
  const rig = { rig: "", design: "", arms: 2, samples: 3600, unit: "", ratePerS: 2, settleS: 1800, detects: "" };
  expect(rigHours(rig)).toBe(2);
  expect([hoursText(0.5), hoursText(2), hoursText(72)]).toEqual(["30 min", "2.0 h", "3.0 days"]);
});

describe("rows in software", () => {
  it("92.19 % is aborting everything, and finds nothing", async () => {
    const settled = await one("tpf-theory");
    expect(settled.verdict).toBe("trivially true");
    expect(settled.measured[0]?.value).toBeCloseTo(0.9219, 4);
    expect(settled.measured[1]?.value).toBe(0);
  });

  it("no policy without knowledge has more winners per joule", async () => {
    const settled = await one("hashrate-gain");
    expect(settled.verdict).toBe("refuted");
    expect(settled.measured[0]?.value).toBeLessThanOrEqual(1);
  });

  it("the published analysis of variance is recomputed, with the power that CLAIMS.md states", async () => {
    const settled = await one("echo-state");
    expect(settled.verdict).toBe("not testable with these data");
    expect(shown(settled, "F of")).toBeCloseTo(3.3207, 3);
    expect(shown(settled, "p, recomputed")).toBeCloseTo(0.1069, 4);
    expect(shown(settled, "power for a CV that differs by 0.3")).toBeCloseTo(0.3, 1);
    expect(shown(settled, "finds a difference where")).toBeCloseTo(0.05, 1);
  });

  it("sorted thirds of one law separate as CLAIMS.md states: median 3.24, 1.16 to 8.29", async () => {
    const settled = await one("separation");
    expect(settled.verdict).toBe("trivially true");
    expect(shown(settled, "median")).toBeCloseTo(3.24, 0);
    expect(settled.measured[0]?.band?.[0]).toBeCloseTo(1.16, 0);
    expect(shown(settled, "chance that those pass")).toBeCloseTo(0.987, 2);
  });

  it("a point of the sweep holds the shares that its clock and difficulty allow", async () => {
    expect(shown(await one("edge-sync"), "shares that 300 s")).toBe(119);
    expect(shown(await one("edge-optimal"), "shares that 300 s")).toBe(294);
  });

  it("the theorems hold, and the check sees a law that leaks", async () => {
    const settled = await one("lean");
    expect(settled.verdict).toBe("trivially true");
    expect(shown(settled, "leakage of a copied bit")).toBeCloseTo(Math.LN2, 12);
  });

  it("one bit of the header changes half of the hash", async () => {
    const settled = await one("hash-avalanche");
    expect(settled.verdict).toBe("trivially true");
    expect(shown(settled, "standard deviation")).toBeCloseTo(8, 0);
  });

  it("a constant scores what CLAIMS.md states: 0.1966 of 500 steps and 0.1751 of 2000", async () => {
    const settled = await one("narma-lv06");
    expect(settled.verdict).toBe("trivially true");
    expect(shown(settled, "a constant's RMSE over range, 500")).toBeCloseTo(0.1966, 2);
    expect(shown(settled, "a constant's RMSE over range, 2000")).toBeCloseTo(0.1751, 2);
    expect(shown(settled, "a constant's score by the usual")).toBeCloseTo(1, 1);
  });
});

test("the published network learns what a threshold tells, from any columns", () => {
  const x = { rows: 60, cols: 2, data: Float64Array.from({ length: 120 }, (_, i) => (i % 2 === 0 ? i : 5)) };
  const scaled = scaledOverAllRows(x);
  expect(scaled.map((row) => row[1])).toEqual(new Array(60).fill(0));
  const labels = Float64Array.from({ length: 60 }, (_, i) => (i >= 40 ? 1 : 0));
  const says = trainPerceptron(
    scaled,
    labels,
    Array.from({ length: 60 }, (_, i) => i),
    1,
  );
  expect(scaled.map((row) => (says(row) > 0.5 ? 1 : 0))).toEqual(Array.from(labels));
});

describe("what is not there", () => {
  const row = (run: ClaimRow["run"]): ClaimRow => ({ ...(CLAIMS[0] as ClaimRow), run });

  it("a row without its recordings has no answer and says where they would be, and what a rig needs", async () => {
    const settled = await one("heartbeat");
    expect(settled).toMatchObject({ verdict: "not testable with these data", origin: null, evidence: [] });
    expect(settled.because).toMatch(/--data.*LV06 with a shunt/);
  });

  it("a row for a rig says how long it takes", async () => {
    expect((await one("puf")).because).toContain("about 31.0 h");
  });

  it("a recording that cannot be read costs its row the answer, not the others", async () => {
    const broken = row(async () => Promise.reject(new RecordingError("RECORDING_EMPTY", "It holds no share.", "Check it.")));
    const [settled] = await settle([broken], bench);
    expect(settled).toMatchObject({ verdict: "not testable with these data", because: expect.stringContaining("RECORDING_EMPTY") });
  });

  it("an error of the program itself ends the run", async () => {
    await expect(settle([row(async () => Promise.reject(new TypeError("ours")))], bench)).rejects.toThrow("ours");
  });

  it("a folder that is not there is refused", () => {
    expect(() => new Recordings("no/such/folder")).toThrow(expect.objectContaining({ code: "RECORDING_MISSING" }));
  });
});

describe("a run that was cut off", () => {
  let folder = "";
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), "settle-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it("goes on with what it has, and settles only the rest", async () => {
    const rows = claimsNamed(["5", "6"]);
    const done = await settle(rows.slice(0, 1), bench);
    const fresh: string[] = [];
    const all = await settle(rows, bench, { done, onSettled: ({ name }) => fresh.push(name) });
    expect(all.map(({ name }) => name)).toEqual(["seeds", "thermal-ghost"]);
    expect(all[0]).toBe(done[0]);
    expect(fresh).toEqual(["thermal-ghost"]);
  });

  it("is read as it was written, and missing or torn ones are named", () => {
    const checkpoint = { planHash: "x", names: ["seeds"], seed: 3, data: null, settled: [] };
    writeCheckpoint(path.join(folder, "new"), checkpoint);
    expect(readCheckpoint(path.join(folder, "new"))).toEqual(checkpoint);
    expect(() => readCheckpoint(folder)).toThrow(expect.objectContaining({ code: "NO_CHECKPOINT" }));
    writeFileSync(path.join(folder, CHECKPOINT_FILE), '{"planHash"');
    expect(() => readCheckpoint(folder)).toThrow(expect.objectContaining({ code: "NO_CHECKPOINT" }));
  });

  it("its plan is the rows' texts, their code and the seed", () => {
    const rows = claimsNamed(["5", "16"]);
    const own = planHashOf(rows, 1);
    expect(planHashOf(claimsNamed(["16", "5"]), 1)).toBe(own);
    expect(planHashOf(rows, 2)).not.toBe(own);
    expect(planHashOf([{ ...(rows[0] as ClaimRow), question: "another" }, rows[1] as ClaimRow], 1)).not.toBe(own);
    expect(planHashOf([{ ...(rows[0] as ClaimRow), run: async () => null }, rows[1] as ClaimRow], 1)).not.toBe(own);
  });

  it("a folder without any of the recordings is reported as such", async () => {
    mkdirSync(path.join(folder, "empty"));
    expect(await reportRecordings(new Recordings(path.join(folder, "empty")))).toEqual({ capture: null, flawed: [] });
  });
});

test("the report counts verdicts and carries each row's method", async () => {
  const rows = claimsNamed(["5", "16"]);
  const report = reportOf(rows, await settle(rows, bench), 1, null);
  expect(report.verdicts).toEqual({ reproduced: 0, refuted: 0, "not testable with these data": 1, "trivially true": 1 });
  expect(report.methods.map(({ name }) => name)).toEqual(["seeds", "tpf-theory"]);
  expect(JSON.parse(JSON.stringify(report))).toEqual(report);
});

describe.skipIf(!present)(present ? "the recordings" : "the recordings (skipped: no recordings)", () => {
  it("the capture is what its README says, and each flawed set is refused by name", async () => {
    const { capture, flawed } = await reportRecordings(new Recordings(DATA));
    expect(capture?.rows).toHaveLength(7);
    for (const [name, ours, stated] of capture?.rows ?? []) expect([name, ours]).toEqual([name, stated]);
    expect(flawed.map(({ file, refused }) => [file, refused[0]])).toEqual([
      ["s9-labels-0000-1499.csv", "all 1500 labels are 0: a single class"],
      ["lv06-windows-2s.csv", "window_shares alone tells every label: it holds the answer"],
      ["lv06-windows-3s.csv", expect.stringContaining("the label changes once")],
    ]);
  });

  it("every answer from them names the file by its hash, and the rows", async () => {
    const settled = await settle(claimsNamed(["1", "3", "17", "18", "22", "26", "28", "30", "32"]), {
      ...bench,
      recordings: new Recordings(DATA),
    });
    for (const { origin, evidence } of settled) {
      expect(origin).toBe("recording");
      expect(evidence[0]).toMatchObject({
        kind: "file",
        sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
        rows: expect.stringMatching(/^2-\d+$/),
      });
    }
    expect(settled.filter(({ verdict }) => verdict === "trivially true").map(({ name }) => name)).toEqual(["tpf-lv06", "tpf-mlp"]);
  });

  it("the corrected test finds chance in the shares of the S9, and finds what is planted", async () => {
    const settled = await one("tpf-s9", { ...bench, recordings: new Recordings(DATA) });
    expect(settled.verdict).toBe("refuted");
    expect(shown(settled, "planted: its permutation p")).toBe(0.001);
  });
});
