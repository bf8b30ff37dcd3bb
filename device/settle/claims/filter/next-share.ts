/** Row 19: does the timing of an S9 tell which share comes next? True difficulties, features from before, held out in time. CLAIMS A, F (e), K 2 */
import { permutation, splitmix64 } from "../../../../common/random.ts";
import { type Matrix, matrix, takeRows } from "../../../../reservoir/matrix.ts";
import { checkPredictor, type PredictorRows } from "../../../../reservoir/verdict/claims/predictor-check.ts";
import type { ClaimRow, Finding, SettleBench } from "../../claim.ts";
import { trainerRows } from "../../flawed-sets.ts";
import { S9_PER_S } from "../../rates.ts";
import type { CaptureShares } from "../../recordings.ts";
import { accuracyOf, publishedPredictions, refusal } from "./published-learners.ts";

const LOOK_BACK = 10;
const LABEL_FROM = 1024;

/** At each share, what the last ten looked like; the label is the next one's difficulty. */
function nextShareRows({ timesS, sinceJobMs, difficulty }: CaptureShares): PredictorRows {
  const names = ["rate", "mean interval", "spread of intervals", "time since job", "difficulty", "square of time since job"];
  const count = timesS.length - LOOK_BACK - 1;
  const features = matrix(count, names.length);
  const labels = new Float64Array(count);
  const when = new Float64Array(count);
  let widest = 0;
  for (let row = 0; row < count; row++) {
    const now = row + LOOK_BACK;
    const span = (timesS[now] as number) - (timesS[now - LOOK_BACK] as number);
    widest = Math.max(widest, span);
    const mean = span / LOOK_BACK;
    let square = 0;
    for (let i = now - LOOK_BACK; i < now; i++) square += ((timesS[i + 1] as number) - (timesS[i] as number) - mean) ** 2 / LOOK_BACK;
    const since = sinceJobMs[now] as number;
    features.data.set([1 / mean, mean, Math.sqrt(square), since, Math.log2(difficulty[now] as number), since * since], row * names.length);
    labels[row] = (difficulty[now + 1] as number) >= LABEL_FROM ? 1 : 0;
    when[row] = timesS[now] as number;
  }
  return { names, features, labels, timesS: when, windowS: widest };
}

/** The published trainer's accuracy on the same rows: windows overlap, and the split is random. */
function learnerAccuracy(rows: PredictorRows, seed: number): number {
  const first = Float64Array.from({ length: Math.min(600, rows.features.rows) }, (_, i) => i);
  return accuracyOf(
    publishedPredictions(
      { ...rows, features: takeRows(rows.features, first), labels: Float64Array.from(rows.labels).subarray(0, first.length) },
      seed,
    ),
  );
}

async function s9({ recordings, seed }: SettleBench): Promise<Finding | null> {
  const capture = (await recordings?.capture()) ?? null;
  const table = recordings?.flawed("s9-labels-0000-1499.csv") ?? null;
  if (capture === null || table === null) return null;
  const published = await checkPredictor(trainerRows(table, ["jitter_ms"]), seed);
  const rows = nextShareRows(capture);
  const corrected = await checkPredictor(rows, seed);
  const shuffled = await checkPredictor({ ...rows, labels: labelsShuffled(rows, seed) }, seed + 1);
  const knowing = await checkPredictor(withKnowledge(rows, seed), seed);
  const { held } = corrected;
  const positives = Array.from(rows.labels).filter((label) => label === 1).length / rows.labels.length;
  const needed = corrected.rowsNeeded.map(({ auc, rows: count }) => `${count} for ${auc}`).join(", ");
  return {
    measured: [
      refusal(published, table),
      ...(held === null
        ? [{ name: "corrected test", value: `refused: ${corrected.refused.join("; ")}` }]
        : [
            {
              name: "corrected test: area under the curve, held out in time",
              value: held.auc,
              band: held.aucInterval,
              bandOf: "95 %, by Hanley and McNeil",
            },
            { name: "its permutation p", value: held.permutationP },
            { name: "its accuracy", value: held.accuracy },
            { name: "saying always the same", value: held.baseline },
          ]),
      {
        name: "accuracy of the published learner (16-8-4, random split of the first 600 overlapping windows)",
        value: learnerAccuracy(rows, seed),
      },
      { name: `share of labels that are 1 (D >= ${LABEL_FROM})`, value: positives },
    ],
    controls: [
      { name: "area under the curve with labels in random order", value: shuffled.held?.auc ?? "refused" },
      { name: "planted: area with one feature that knows the label with noise", value: knowing.held?.auc ?? "refused" },
      { name: "planted: its permutation p", value: knowing.held?.permutationP ?? "refused" },
    ],
    sampleSize: `${corrected.trainRows} shares to train on, ${corrected.testRows} later ones to test on`,
    power: `rows for 80 % power by area under the curve: ${needed}`,
    verdict: corrected.answer,
    because: `The published labels were made with the wrong byte order and are all 0: the guard refuses them (${published.refused.join("; ")}). With difficulties from hashing each header again, and only what was known before the share, the area under the curve is ${held === null ? "not to be had" : `${held.auc.toFixed(3)} (0.5 is chance, p ${held.permutationP.toFixed(2)})`}${OUTCOMES[corrected.answer] ?? ""}.`,
    evidence: [capture.evidence, table.evidence],
    origin: "recording",
    plots: [],
  };
}

const OUTCOMES: Readonly<Partial<Record<Finding["verdict"], string>>> = {
  refuted: ": below 0.55 with 95 % confidence; an area of 0.51 cannot be excluded with so few",
  reproduced: ": more than chance",
  "not testable with these data": ": it may be chance, and may be 0.55",
};

function labelsShuffled({ labels }: PredictorRows, seed: number): Float64Array {
  return Float64Array.from(permutation(labels.length, splitmix64(seed)), (row) => labels[row] as number);
}

/** Positive control: one more feature, which is the label in noise. */
function withKnowledge({ features, labels, names, ...rest }: PredictorRows, seed: number): PredictorRows {
  const random = splitmix64(seed + 7);
  const wider: Matrix = matrix(features.rows, features.cols + 1);
  for (let row = 0; row < features.rows; row++) {
    wider.data.set(features.data.subarray(row * features.cols, (row + 1) * features.cols), row * wider.cols);
    wider.data[row * wider.cols + features.cols] = 0.5 * (labels[row] as number) + random.next();
  }
  return { ...rest, names: [...names, "planted"], features: wider, labels };
}
export const TPF_S9: ClaimRow = {
  row: 19,
  name: "tpf-s9",
  claim: "Timing predicts which shares of an S9 are good",
  published: "label D > 1024",
  device: "S9",
  kind: "recording",
  question: "Difficulties from hashing each header again, features from before the share, a split in time.",
  method:
    "Ridge on rate, mean and spread of the last ten intervals, time since the job and the last difficulty; trained on the first 60 %, tested on later windows that do not overlap; area under the curve with a permutation p.",
  controls: ["labels in random order", "a planted feature", "the published labels, which the guard refuses"],
  rig: {
    rig: "S9",
    design: "raw shares at one set-point",
    arms: 1,
    samples: 35_000,
    unit: "shares",
    ratePerS: S9_PER_S,
    settleS: 300,
    detects: "an area under the curve of 0.51",
  },
  run: s9,
};
