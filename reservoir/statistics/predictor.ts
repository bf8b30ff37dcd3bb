/** Does a predictor know anything? Held-out accuracy against the larger class, and the area under the curve. CLAIMS K 2 */
import { ScienceError } from "../../common/errors.ts";
import { requireFinite } from "./kernels.ts";
import { betainc, normalQuantile } from "./special.ts";

export interface BaselineTest {
  readonly n: number;
  readonly accuracy: number;
  /** Share of the training labels' larger class among the held-out labels: what saying always the same scores. */
  readonly baseline: number;
  /** One-sided exact McNemar test: the chance of so many more held-out rows that the predictor alone gets right when it is no better. */
  readonly pValue: number;
  /** Chance that a positive scores above a negative; ties count half. NaN with one class held out. */
  readonly auc: number;
  readonly aucInterval: readonly [number, number];
}

/**
 * labels: 0 or 1; scores: larger for 1; predicted positive above `threshold`. `majority`: the larger class of the TRAINING labels. ScienceError ONE_CLASS when all
 * held-out labels are alike, NO_DATA below ten, BAD_VALUES.
 */
export function beatsBaseline(labels: ArrayLike<number>, scores: ArrayLike<number>, majority: 0 | 1, threshold = 0.5): BaselineTest {
  const n = labels.length;
  if (n < 10 || scores.length !== n)
    throw new ScienceError("NO_DATA", `${n} labels with ${scores.length} scores decide nothing.`, "Hold out at least ten rows.");
  requireLabels(labels);
  let [right, baseline, onlyPredictor, onlyBaseline, positives] = [0, 0, 0, 0, 0];
  for (let i = 0; i < n; i++) {
    const label = labels[i] as number;
    const hit = ((scores[i] as number) > threshold ? 1 : 0) === label;
    const usual = label === majority;
    positives += label;
    if (hit) right++;
    if (usual) baseline++;
    if (hit && !usual) onlyPredictor++;
    if (!hit && usual) onlyBaseline++;
  }
  if (positives === 0 || positives === n)
    throw new ScienceError("ONE_CLASS", "All held-out labels are alike: any constant is right.", "Choose a label that varies.", {
      positives,
      n,
    });
  const discordant = onlyPredictor + onlyBaseline;
  const auc = areaUnderCurve(labels, scores);
  const half = 1.959963984540054 * aucStandardError(auc, positives, n - positives);
  return {
    n,
    accuracy: right / n,
    baseline: baseline / n,
    pValue: onlyPredictor === 0 ? 1 : betainc(onlyPredictor, discordant - onlyPredictor + 1, 0.5),
    auc,
    aucInterval: [Math.max(0, auc - half), Math.min(1, auc + half)],
  };
}

function requireLabels(labels: ArrayLike<number>): void {
  const at = Array.prototype.findIndex.call(labels, (label: number) => label !== 0 && label !== 1);
  if (at >= 0) throw new ScienceError("BAD_VALUES", `Label ${at} is ${labels[at]}.`, "Labels are 0 or 1.", { at });
}

/** Mann and Whitney's statistic over all pairs, ties half; NaN without both classes. ScienceError BAD_VALUES for a label that is not 0 or 1 or a score that is not finite. */
export function areaUnderCurve(labels: ArrayLike<number>, scores: ArrayLike<number>): number {
  requireLabels(labels);
  requireFinite("Score", scores);
  const n = labels.length;
  const order = Array.from({ length: n }, (_, i) => i).sort((a, b) => (scores[a] as number) - (scores[b] as number));
  let [positives, rankSum] = [0, 0];
  for (let from = 0; from < n; ) {
    let to = from;
    while (to + 1 < n && scores[order[to + 1] as number] === scores[order[from] as number]) to++;
    for (let k = from; k <= to; k++) {
      if (labels[order[k] as number] !== 1) continue;
      positives++;
      rankSum += (from + to) / 2 + 1;
    }
    from = to + 1;
  }
  const negatives = n - positives;
  return positives > 0 && negatives > 0 ? (rankSum - (positives * (positives + 1)) / 2) / (positives * negatives) : Number.NaN;
}

/** Standard error of an area under the curve. Hanley and McNeil 1982. */
export function aucStandardError(auc: number, positives: number, negatives: number): number {
  const q1 = auc / (2 - auc);
  const q2 = (2 * auc * auc) / (1 + auc);
  const variance = auc * (1 - auc) + (positives - 1) * (q1 - auc * auc) + (negatives - 1) * (q2 - auc * auc);
  return Math.sqrt(Math.max(0, variance) / (positives * negatives));
}

/** Rows needed to tell an AUC from one half: one-sided 5 %, power 80 %, with this share of positives. CLAIMS K 2 quotes 1 400, 8 700 and 35 000 for 0.55, 0.52 and 0.51 at a quarter. */
export function rowsForAuc(auc: number, positiveShare: number): number {
  const wanted = normalQuantile(0.95) + normalQuantile(0.8);
  for (let n = 20; n < 1e9; n = Math.ceil(n * 1.01)) {
    const positives = Math.max(1, Math.round(n * positiveShare));
    if ((auc - 0.5) / aucStandardError(0.5, positives, n - positives) >= wanted) return n;
  }
  return Number.POSITIVE_INFINITY;
}
