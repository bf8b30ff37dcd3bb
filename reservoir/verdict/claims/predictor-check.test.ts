import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { gaussian, splitmix64 } from "../../../common/random.ts";
import { matrix } from "../../matrix.ts";
import { checkPredictor, type PredictorRows } from "./predictor-check.ts";

/** Labels a quarter of which are 1, two features, of which the first knows of it by `knowledge` standard deviations. */
function rowsOf(seed: number, n: number, knowledge: number): PredictorRows {
  const random = splitmix64(seed);
  const normal = gaussian(splitmix64(seed + 1));
  const labels = Float64Array.from({ length: n }, () => (random.next() < 0.25 ? 1 : 0));
  const features = matrix(n, 2);
  labels.forEach((label, row) => {
    features.data.set([knowledge * label + normal(), normal()], 2 * row);
  });
  return { names: ["a", "b"], features, labels, timesS: labels.map((_, row) => row) };
}

const FLAWED = path.resolve(process.env.ASIC_RECORDINGS ?? "../shared/data", "flawed");

function flawed(file: string, featureNames: readonly string[]): PredictorRows {
  const [head, ...lines] = readFileSync(path.join(FLAWED, file), "utf8").trim().split("\n");
  const names = (head as string).trim().split(",");
  const cells = lines.map((line) => line.trim().split(","));
  const column = (name: string) => cells.map((row) => row[names.indexOf(name)] as string);
  const features = matrix(cells.length, featureNames.length);
  featureNames.forEach((name, c) => {
    column(name).forEach((value, row) => {
      features.data[row * featureNames.length + c] = Number(value);
    });
  });
  return { names: featureNames, features, labels: column("label").map(Number), timesS: cells.map((_, row) => row) };
}

describe("a predictor's check", () => {
  it("of one that knows nothing: chance, and how many rows a small knowledge would need", async () => {
    let found = 0;
    for (let seed = 1; seed <= 40; seed++) if ((await checkPredictor(rowsOf(seed, 600, 0), seed)).answer === "reproduced") found++;
    // Two tests at 1 %.
    expect(found).toBeLessThan(4);
    const { held, rowsNeeded, refused, answer } = await checkPredictor(rowsOf(99, 8000, 0));
    expect(refused).toEqual([]);
    expect(held?.logLoss).toBeCloseTo(held?.baselineLogLoss as number, 2);
    expect(rowsNeeded.map(({ auc }) => auc)).toEqual([0.55, 0.52, 0.51]);
    expect((rowsNeeded[0]?.rows as number) / 1400).toBeCloseTo(1, 0);
    expect(answer).toBe("refuted");
  });

  it("of one that knows: reproduced, with less log-loss than the share alone", async () => {
    const { answer, held } = await checkPredictor(rowsOf(3, 2000, 1));
    expect(answer).toBe("reproduced");
    expect(held?.auc).toBeCloseTo(0.76, 1);
    expect(held?.logLoss).toBeLessThan(held?.baselineLogLoss as number);
  });

  it("refuses a label that one feature holds, from either side or between, a single class, a constant, a phase", async () => {
    const good = rowsOf(5, 300, 0);
    const withColumn = (of: (label: number, row: number) => number) => {
      const features = matrix(300, 2);
      for (let row = 0; row < 300; row++)
        features.data.set([good.features.data[2 * row] as number, of(good.labels[row] as number, row)], 2 * row);
      return checkPredictor({ ...good, features });
    };
    for (const of of [(label: number) => label, (label: number) => 3 - label, (label: number, row: number) => (label ? 0.5 : row % 2)])
      expect((await withColumn(of)).refused).toEqual(["b alone tells every label: it holds the answer"]);
    expect((await withColumn(() => 4)).refused.join()).toMatch(/b is constant/);
    expect((await checkPredictor({ ...good, labels: new Float64Array(300) })).refused).toEqual(["all 300 labels are 0: a single class"]);
    const phase = await checkPredictor({ ...good, labels: Array.from({ length: 300 }, (_, row) => (row < 12 ? 1 : 0)) });
    expect(phase.refused.join()).toMatch(/changes once/);
    expect(phase).toMatchObject({ held: null, answer: "not testable with these data" });
  });

  it("rows that look into the training part, or belong to a group of it, are not tested", async () => {
    const good = rowsOf(6, 300, 0);
    expect((await checkPredictor(good)).testRows).toBe(120);
    expect((await checkPredictor({ ...good, windowS: 20 })).testRows).toBe(100);
    expect((await checkPredictor({ ...good, groups: Array.from({ length: 300 }, (_, row) => Math.floor(row / 60)) })).testRows).toBe(120);
    expect((await checkPredictor({ ...good, groups: Array.from({ length: 300 }, (_, row) => Math.floor(row / 70)) })).testRows).toBe(90);
    await expect(checkPredictor({ ...good, windowS: 115 })).rejects.toMatchObject({ code: "NO_DATA" });
    await expect(checkPredictor({ ...good, labels: [1] })).rejects.toMatchObject({ code: "MATRIX_SHAPE" });
  });

  it.skipIf(!existsSync(FLAWED))("refuses each of the published flawed sets, and says why", async () => {
    const shares = await checkPredictor(flawed("s9-labels-0000-1499.csv", ["jitter_ms"]));
    expect(shares.refused.join()).toMatch(/single class/);
    const windows = await checkPredictor(flawed("lv06-windows-2s.csv", ["window_shares", "jitter_mean", "jitter_std"]));
    expect(windows.refused).toContain("window_shares alone tells every label: it holds the answer");
    const phases = await checkPredictor(flawed("lv06-windows-3s.csv", ["share_count", "jitter_mean", "jitter_std"]));
    expect(phases.refused.join()).toMatch(/changes once in the whole record/);
  });
});
