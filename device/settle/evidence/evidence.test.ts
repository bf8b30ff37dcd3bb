import { appendFileSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { areaUnderCurve } from "../../../reservoir/statistics/predictor.ts";
import type { Settled } from "../claim.ts";
import { Recordings } from "../recordings.ts";
import { CLAIMS, claimsNamed } from "../registry.ts";
import { settle } from "../settle.ts";
import { folderBook, HASHING_BOOK } from "./book.ts";
import { trace } from "./trace.ts";

const DATA = path.resolve(process.env.ASIC_RECORDINGS ?? "../shared/data");
let out = "";
beforeEach(() => {
  out = mkdtempSync(path.join(tmpdir(), "evidence-"));
});
afterEach(() => rmSync(out, { recursive: true, force: true }));

const settled = async (name: string, recordings: Recordings | null = null) =>
  (await settle(claimsNamed([name]), { recordings, seed: 1, evidence: folderBook(out), progress() {} }))[0] as Settled;
const numbers = (one: Settled, piece = 0) => {
  const { state, rows } = trace(one.evidence[piece] as Settled["evidence"][number], { out, data: DATA });
  expect(state).toBe("as it was");
  return rows.map(({ cells }) => cells.map(Number));
};
const shown = (one: Settled, start: string) => [...one.measured, ...one.controls].find(({ name }) => name.startsWith(start))?.value;

test("the verdict on a resonance follows from the rows that it names", async () => {
  const one = await settled("resonance");
  const rows = numbers(one);
  for (const shares of [25, 100, 400]) {
    const sweeps = rows.filter(([n]) => n === shares);
    const reached = sweeps.filter(([, cv]) => (cv as number) >= 1.0426).length / sweeps.length;
    expect(shown(one, `chance that the highest of 11 flat points of ${shares} `)).toBe(reached);
  }
  // The published excursion is ordinary for a sweep in which nothing happens, which is why it settles nothing.
  expect(one.verdict).toBe("not testable with these data");
});

test("the verdict on the filter's theory follows from the policies that it names", async () => {
  const one = await settled("hashrate-gain");
  const best = Math.max(...numbers(one).map((row) => row[5] as number));
  expect(shown(one, "winners per joule, best")).toBe(best);
  expect(one.verdict).toBe(best <= 1 ? "refuted" : "not testable with these data");
});

test("every row that software settles names rows that are there", async () => {
  const cheap = CLAIMS.filter(
    ({ kind, name }) => kind === "software" && !name.startsWith("narma") && name !== "causality" && name !== "early-rounds",
  );
  expect(cheap.length).toBeGreaterThan(8);
  for (const { name } of cheap) {
    const { evidence } = await settled(name);
    expect(evidence.length, name).toBeGreaterThan(0);
    for (const piece of evidence)
      expect(trace(piece, { out, data: null })).toMatchObject({ state: "as it was", rows: { length: expect.any(Number) } });
  }
});

test("what is measured again has the same rows, and another seed has others", async () => {
  const kept = await settled("separation");
  const again = async (seed: number) =>
    (await settle(claimsNamed(["separation"]), { recordings: null, seed, evidence: HASHING_BOOK, progress() {} }))[0] as Settled;
  expect(await again(1)).toEqual(kept);
  expect((await again(2)).evidence).not.toEqual(kept.evidence);
});

test("rows that were changed afterwards, or are gone, or whose folder is not given are called so", async () => {
  const { evidence } = await settled("hns");
  const piece = evidence[0] as Settled["evidence"][number];
  if (piece.kind !== "table") throw new Error("a table was expected");
  appendFileSync(path.join(out, piece.file), "1,1\n");
  expect(trace(piece, { out, data: null }).state).toBe("changed");
  rmSync(path.join(out, piece.file));
  expect(trace(piece, { out, data: null })).toMatchObject({ state: "missing", rows: [] });
  const file = { id: "x", kind: "file", file: "x.csv", sha256: "", rows: "2-3" } as const;
  expect(trace(file, { out, data: null }).state).toBe("unknown");
});

test("a text with a comma stays one cell to a reader of CSV", () => {
  const { evidence } = { evidence: folderBook(out).table({ name: "a b", seed: 1, draws: 1 }, ["x", "y"], [['p, "q"', 2]]) };
  const [row] = trace(evidence, { out, data: null }).rows;
  expect(row?.cells.join(",")).toBe('"p, ""q""",2');
});

const present = existsSync(path.join(DATA, "s9-capture"));
test.skipIf(!present)(
  present ? "a verdict on a recording follows from its lines" : "a verdict on a recording follows from its lines (skipped: no recordings)",
  async () => {
    const recordings = new Recordings(DATA);
    const one = await settled("non-poisson", recordings);
    const { state, columns, rows } = trace(one.evidence[0] as Settled["evidence"][number], { out, data: DATA });
    expect([state, rows.length]).toEqual(["as it was", 1500]);
    // From the lines alone: each header once, the spread of the intervals over their mean.
    const column = (name: string) => columns.indexOf(name);
    const identity = ["job_id", "extranonce2", "ntime", "nonce", "version"].map(column);
    const seen = new Set<string>();
    const times = rows
      .filter(({ cells }) => seen.size < seen.add(identity.map((at) => cells[at]).join()).size)
      .map(({ cells }) => Number(cells[column("timestamp")]))
      .sort((a, b) => a - b);
    const intervals = times.slice(1).map((time, i) => time - (times[i] as number));
    const mean = intervals.reduce((sum, x) => sum + x, 0) / intervals.length;
    const cv = Math.sqrt(intervals.reduce((sum, x) => sum + (x - mean) ** 2, 0) / intervals.length) / mean;
    expect(shown(one, "CV of intervals")).toBeCloseTo(cv, 9);
    const nulls = numbers(one, 1).map(([value]) => value as number);
    const expected = shown(one, "CV by 1/(1") as number;
    const further = nulls.filter((value) => Math.abs(value - expected) >= Math.abs(cv - expected)).length;
    expect(shown(one, "p against that process")).toBeCloseTo((1 + further) / (1 + nulls.length), 9);
  },
);

test.skipIf(!present)(
  present ? "the network's predictions are kept line by line" : "the network's predictions are kept line by line (skipped: no recordings)",
  async () => {
    const one = await settled("tpf-mlp", new Recordings(DATA));
    const table = trace(one.evidence[2] as Settled["evidence"][number], { out, data: DATA });
    const of = table.rows.filter(({ cells }) => cells[0] === "lv06-windows-2s.csv").map(({ cells }) => cells.slice(1).map(Number));
    const right = of.filter(([, said, label]) => ((said as number) > 0.5 ? 1 : 0) === label).length / of.length;
    expect(shown(one, "lv06-windows-2s.csv: accuracy")).toBe(right);
    expect(
      areaUnderCurve(
        of.map(([, , label]) => label as number),
        of.map(([, said]) => said as number),
      ),
    ).toBe(1);
  },
);
