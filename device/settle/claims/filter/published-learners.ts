/** Rows 17 and 18: the published learners on the published windows, and the guard that refuses those. CLAIMS A, F (b), F (c) */
import { permutation, splitmix64 } from "../../../../common/random.ts";
import { fitRidge, predict } from "../../../../reservoir/readout/ridge.ts";
import { checkPredictor, type PredictorCheck, type PredictorRows } from "../../../../reservoir/verdict/claims/predictor-check.ts";
import type { ClaimRow, Finding, Quantity, SettleBench } from "../../claim.ts";
import type { Cell } from "../../evidence/book.ts";
import { FLAWED_SETS, trainerRows } from "../../flawed-sets.ts";
import { LV06_PER_S } from "../../rates.ts";
import type { NumberTable } from "../../recordings.ts";
import { scaledOverAllRows, trainPerceptron } from "../perceptron.ts";

/** Ridge fitted and scored on the same rows; abort below 0.3. CLAIMS F (b) */
async function hardwareInformed({ recordings }: SettleBench): Promise<Finding | null> {
  const table = recordings?.flawed("lv06-windows-2s.csv") ?? null;
  if (table === null) return null;
  const rows = trainerRows(table, FLAWED_SETS["lv06-windows-2s.csv"] as readonly string[]);
  const labels = rows.labels as Float64Array;
  const model = await fitRidge(rows.features, labels, { lambda: 1 });
  const said = predict(model, rows.features);
  const right = said.filter((value, i) => (value >= 0.3 ? 1 : 0) === labels[i]).length / table.rows;
  const falseAborts = said.filter((value, i) => value < 0.3 && labels[i] === 1).length;
  const check = await checkPredictor(rows);
  return refusedFinding(
    check,
    table,
    [
      { name: "accuracy of the published pipeline, on the rows it was fitted to", value: right },
      { name: "false aborts by the published count", value: falseAborts },
    ],
    "The set of 100 steps behind 88.50 % is not among the recordings; the same pipeline runs here on the continuous windows. It is told the number of shares in the window and asked whether there were any.",
  );
}

async function perceptron({ recordings, seed, evidence }: SettleBench): Promise<Finding | null> {
  const measured: Quantity[] = [];
  const controls: Quantity[] = [];
  const tested: Cell[][] = [];
  const findings: { check: PredictorCheck; table: NumberTable }[] = [];
  for (const file of ["lv06-windows-2s.csv", "lv06-windows-3s.csv"]) {
    const table = recordings?.flawed(file) ?? null;
    if (table === null) return null;
    const rows = trainerRows(table, FLAWED_SETS[file] as readonly string[]);
    const said = publishedPredictions(rows, seed);
    measured.push({ name: `${file}: accuracy of the published pipeline, random split`, value: accuracyOf(said) });
    tested.push(...said.map(({ row, chance, label }) => [file, row + 2, chance, label]));
    controls.push({ name: `${file}: saying always 0`, value: Array.from(rows.labels).filter((label) => label === 0).length / table.rows });
    findings.push({ check: await checkPredictor(rows, seed), table });
  }
  controls.push(...findings.map(({ check, table }) => refusal(check, table)));
  const all = findings.every(({ check }) => check.refused.length > 0);
  const perfect = measured[0]?.value === 1;
  return {
    measured,
    controls,
    sampleSize: findings.map(({ table }) => `${table.rows} windows (${fileOf(table)})`).join(", "),
    power: "none: no learner knows anything where the label can be read off the features, or is a place in time",
    verdict: all && perfect ? "trivially true" : "not testable with these data",
    because: `${perfect ? "The published 100 % comes out of the published pipeline" : "The published 100 % does not come out"} on the windows of 2 s, where the label is whether the number of shares, itself a feature, is above 0: a single threshold does as well. On the windows of 3 s, whose label is the phase of the protocol, the same network is right in ${(100 * (measured[1]?.value as number)).toFixed(0)} % where saying always 0 is right in ${(100 * (controls[1]?.value as number)).toFixed(0)} %. ${all ? "The guard refuses both." : "The guard found nothing to refuse in one of them: look at its rows."} Neither says anything of a share that is still to come.`,
    evidence: [
      ...findings.map(({ table }) => table.evidence),
      evidence.table({ name: "perceptron 16-8-4", seed, draws: 1 }, ["file", "line", "said", "label"], tested),
    ],
    origin: "recording",
    plots: [],
  };
}

interface Prediction {
  readonly row: number;
  /** What the network says of a 1. */
  readonly chance: number;
  readonly label: number;
}

/** Of the tested rows: random 80/20 split over all rows, as published. */
export function publishedPredictions({ features, labels }: PredictorRows, seed: number): Prediction[] {
  const x = scaledOverAllRows(features);
  const order = permutation(features.rows, splitmix64(seed));
  const border = Math.floor(0.8 * features.rows);
  const says = trainPerceptron(x, labels, order.subarray(0, border), seed);
  return Array.from(order.subarray(border), (row) => ({ row, chance: says(x[row] as Float64Array), label: labels[row] as number }));
}

export function accuracyOf(said: readonly Prediction[]): number {
  return said.filter(({ chance, label }) => (chance > 0.5 ? 1 : 0) === label).length / said.length;
}

const fileOf = ({ file }: NumberTable) => file;
export const refusal = (check: PredictorCheck, table: NumberTable): Quantity => ({
  name: `guard on ${fileOf(table)}`,
  value: check.refused.length > 0 ? `refused: ${check.refused.join("; ")}` : "nothing to refuse",
});

function refusedFinding(check: PredictorCheck, table: NumberTable, measured: readonly Quantity[], why: string): Finding {
  const refused = check.refused.length > 0;
  return {
    measured,
    controls: [refusal(check, table)],
    sampleSize: `${table.rows} windows (${fileOf(table)})`,
    power: "none: the label can be read off the features",
    verdict: refused ? "trivially true" : "not testable with these data",
    because: refused ? `${why} The guard refuses it: ${check.refused.join("; ")}.` : why,
    evidence: [table.evidence],
    origin: "recording",
    plots: [],
  };
}
export const TPF_LV06: ClaimRow = {
  row: 17,
  name: "tpf-lv06",
  claim: "The filter is right in 88.50 % on the LV06, without false aborts",
  published: "88.50 %, 0 false aborts",
  device: "LV06",
  kind: "recording",
  question: "Features from before the event alone, rows held out in time, and a power meter.",
  method:
    "Ridge of penalty 1 fitted and scored on the same windows, abort below 0.3, as published; then the guard against features that hold the label.",
  controls: ["guard: single class, constant columns, features that tell the label, labels that are a phase"],
  rig: {
    rig: "LV06 with a power meter",
    design: "filter on and off in blocks of random order, A/B/A/B",
    arms: 4,
    samples: 1600,
    unit: "shares",
    ratePerS: LV06_PER_S,
    settleS: 300,
    detects: "10 % fewer winners, or 1 % less energy",
  },
  run: hardwareInformed,
};

export const TPF_MLP: ClaimRow = {
  row: 18,
  name: "tpf-mlp",
  claim: "A 16-8-4 network is always right",
  published: "100 %",
  device: "LV06",
  kind: "recording",
  question: "Guard against leaks, and the next event as label.",
  method:
    "16-8-4 rectified units, Adam, 400 passes over a random 80 % of the windows, columns scaled over all rows, as published; then the guard.",
  controls: ["guard", "saying always the same"],
  rig: {
    rig: "LV06",
    design: "raw shares; label is the next share",
    arms: 1,
    samples: 35_000,
    unit: "shares",
    ratePerS: LV06_PER_S,
    settleS: 300,
    detects: "an area under the curve of 0.51",
  },
  run: perceptron,
};
