/** Does a predictor know the next event? CLAIMS K 2: first what makes the question worthless, then held-out accuracy, area under the curve and log-loss, split in time. */
import { ScienceError } from "../../../common/errors.ts";
import { permutation, splitmix64 } from "../../../common/random.ts";
import { checkFeatures } from "../../features/guard.ts";
import { type Matrix, takeColumns, takeRows } from "../../matrix.ts";
import { fitRidge, predict } from "../../readout/ridge.ts";
import { monteCarloP } from "../../statistics/monte-carlo.ts";
import { type BaselineTest, beatsBaseline, rowsForAuc } from "../../statistics/predictor.ts";
import { ranks } from "../../statistics/rank-correlation.ts";
import type { Answer } from "../gate/conclusion.ts";

/** One row per decision, in time order. */
export interface PredictorRows {
  readonly names: readonly string[];
  /** rows x features. */
  readonly features: Matrix;
  /** 0 or 1: what happens after the features were known. */
  readonly labels: ArrayLike<number>;
  /** When each row was known, s. */
  readonly timesS: ArrayLike<number>;
  /** How far each row's features look back, s (default 0): rows that look into the training part are not tested. */
  readonly windowS?: number;
  /** Rows that belong together, as of one job: never on both sides of the split. */
  readonly groups?: ArrayLike<number>;
}

export interface PredictorCheck {
  /** Why the rows cannot answer, in words; empty when they can. */
  readonly refused: readonly string[];
  readonly trainRows: number;
  readonly testRows: number;
  /** Held out; null when refused. */
  readonly held: (BaselineTest & { readonly logLoss: number; readonly baselineLogLoss: number; readonly permutationP: number }) | null;
  /** Rows that an area under the curve of 0.55, 0.52, 0.51 needs at this share of positives: power 80 %, level 5 %. */
  readonly rowsNeeded: readonly { readonly auc: number; readonly rows: number }[];
  readonly answer: Answer;
}

const TRAIN_SHARE = 0.6;
const LEAST_TEST_ROWS = 10;
const ALPHA = 0.01;
const DRAWS = 999;
/** An area under the curve that would not matter. */
const NEGLIGIBLE_AUC = 0.55;
/** A probability that a readout says is never nearer to certainty than this. */
const LEAST_PROBABILITY = 0.01;

/** ScienceError MATRIX_SHAPE, NO_DATA when fewer than ten rows can be tested. */
export async function checkPredictor(rows: PredictorRows, seed = 1): Promise<PredictorCheck> {
  const { features, labels, timesS, names } = rows;
  const n = features.rows;
  if (labels.length !== n || timesS.length !== n || names.length !== features.cols)
    throw new ScienceError("MATRIX_SHAPE", `${n} rows, ${labels.length} labels and ${timesS.length} times do not match.`, "One per row.");
  const { train, test } = split(rows);
  const positives = Array.from(labels).reduce((sum, label) => sum + label, 0) / n;
  const rowsNeeded = positives > 0 && positives < 1 ? [0.55, 0.52, 0.51].map((auc) => ({ auc, rows: rowsForAuc(auc, positives) })) : [];
  const refused = refusals(rows, train);
  const shell = { trainRows: train.length, testRows: test.length, rowsNeeded };
  if (refused.length > 0) return { ...shell, refused, held: null, answer: "not testable with these data" };
  if (test.length < LEAST_TEST_ROWS)
    throw new ScienceError("NO_DATA", `${test.length} rows can be tested without looking into the training part.`, "Record for longer.");
  const taught = Float64Array.from(train, (row) => labels[row] as number);
  const model = await fitRidge(takeRows(features, train), taught);
  const scores = predict(model, takeRows(features, test));
  const truth = Float64Array.from(test, (row) => labels[row] as number);
  const share = taught.reduce((sum, label) => sum + label, 0) / taught.length;
  const found = beatsBaseline(truth, scores, share > 0.5 ? 1 : 0);
  const random = splitmix64(seed);
  // Labels in random order: as many positives, at other ranks.
  const rank = ranks(scores);
  const ones = truth.reduce((sum, label) => sum + label, 0);
  const nulls = Array.from({ length: DRAWS }, () => {
    const drawn = permutation(truth.length, random).subarray(0, ones);
    return (drawn.reduce((sum, at) => sum + (rank[at] as number), 0) - (ones * (ones + 1)) / 2) / (ones * (truth.length - ones));
  });
  const held = {
    ...found,
    logLoss: logLoss(truth, scores),
    baselineLogLoss: logLoss(truth, new Float64Array(truth.length).fill(share)),
    permutationP: monteCarloP(found.auc, nulls),
  };
  return { ...shell, refused, held, answer: answerOf(held) };
}

/** Better than the larger class by accuracy, or at ranking, is knowledge; an area surely below 0.55 is none worth having. */
function answerOf({ pValue, permutationP, aucInterval }: BaselineTest & { permutationP: number }): Answer {
  if (permutationP < ALPHA || pValue < ALPHA) return "reproduced";
  return aucInterval[1] < NEGLIGIBLE_AUC ? "refuted" : "not testable with these data";
}

function split({ labels, timesS, windowS = 0, groups }: PredictorRows): { train: number[]; test: number[] } {
  const n = labels.length;
  const border = Math.floor(TRAIN_SHARE * n);
  const train = Array.from({ length: border }, (_, row) => row);
  const known = (timesS[border - 1] as number) + windowS;
  const learned = new Set(groups ? train.map((row) => groups[row]) : []);
  const test = Array.from({ length: n - border }, (_, i) => border + i).filter(
    (row) => (windowS === 0 || (timesS[row] as number) > known) && !(groups && learned.has(groups[row])),
  );
  return { train, test };
}

function refusals({ features, names, labels }: PredictorRows, train: readonly number[]): string[] {
  const n = labels.length;
  const ones = Array.from(labels).filter((label) => label === 1).length;
  if (ones === 0 || ones === n) return [`all ${n} labels are ${ones === 0 ? 0 : 1}: a single class`];
  const refused: string[] = [];
  const { refused: flat } = checkFeatures(features, names, { from: 0, to: features.rows });
  refused.push(...flat.map(({ name, reason }) => `${name} is ${reason}`));
  for (const [column, name] of names.entries()) {
    const values = takeColumns(features, [column]).data;
    if (separates(values, labels)) refused.push(`${name} alone tells every label: it holds the answer`);
  }
  let changes = 0;
  for (let row = 1; row < n; row++) if (labels[row] !== labels[row - 1]) changes++;
  if (changes === 1) refused.push("the label changes once in the whole record: it is the place in time, or the phase of a protocol");
  const learned = train.filter((row) => labels[row] === 1).length;
  if (refused.length === 0 && (learned === 0 || learned === train.length)) refused.push("the training part holds a single class");
  return refused;
}

/** Whether one threshold, or one value against all others, tells the classes apart without an error. */
function separates(values: Float64Array, labels: ArrayLike<number>): boolean {
  const seen = new Map<number, Set<number>>();
  values.forEach((value, row) => {
    const at = seen.get(value) ?? new Set<number>();
    seen.set(value, at.add(labels[row] as number));
  });
  if ([...seen.values()].some((classes) => classes.size > 1)) return false;
  const ordered = [...seen].sort(([a], [b]) => a - b).map(([, classes]) => [...classes][0] as number);
  const changes = ordered.reduce((sum, label, i) => sum + (i > 0 && label !== ordered[i - 1] ? 1 : 0), 0);
  return changes <= 2;
}

/** Mean negative log-likelihood, nats. */
function logLoss(labels: Float64Array, probabilities: Float64Array): number {
  let sum = 0;
  labels.forEach((label, i) => {
    const p = Math.min(1 - LEAST_PROBABILITY, Math.max(LEAST_PROBABILITY, probabilities[i] as number));
    sum -= Math.log(label === 1 ? p : 1 - p);
  });
  return sum / labels.length;
}
