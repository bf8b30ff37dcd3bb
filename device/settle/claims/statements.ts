/** Rows 27, 28, 29, 32: statements about scaling, platforms, proofs and archives. CLAIMS A, J, K */
import { type Random, splitmix64 } from "../../../common/random.ts";
import { policyWorth } from "../../../reservoir/statistics/savings.ts";
import type { ClaimRow, Finding, SettleBench } from "../claim.ts";
import { LV06_PER_S } from "../rates.ts";

async function scaling({ evidence }: SettleBench): Promise<Finding> {
  const bits = [1e3, 1e6, 1e9];
  const levels = bits.map((n) => Math.ceil(Math.log2(n / 64 + 1)));
  return {
    measured: bits.map((n, i) => ({ name: `levels of the number system for ${n} bits`, value: levels[i] as number })),
    controls: [{ name: "joules for an equal task", value: "no task is defined" }],
    sampleSize: "the definition",
    power: "none",
    verdict: "not testable with these data",
    because:
      "The number of levels does grow as the logarithm, by definition. What is to be computed in how many levels, and with how many joules, is nowhere said, so that there is nothing to measure.",
    evidence: [
      evidence.table(
        { name: "levels by definition", seed: 0, draws: bits.length },
        ["bits", "levels"],
        bits.map((n, i) => [n, levels[i] as number]),
      ),
    ],
    origin: "software",
    plots: [],
  };
}

async function platforms({ recordings }: SettleBench): Promise<Finding | null> {
  const capture = (await recordings?.capture()) ?? null;
  if (capture === null) return null;
  const { report, evidence } = capture;
  const files = ["flawed/lv06-windows-2s.csv", "flawed/lv06-windows-3s.csv"].filter((file) => recordings?.has(file));
  return {
    measured: [
      { name: "platforms with shares that verify", value: report.verified > 0 ? 1 : 0 },
      { name: "sets of a second platform without raw shares", value: files.length },
    ],
    controls: [{ name: "verified shares of the one", value: report.verified }],
    sampleSize: "every recording in the folder",
    power: "none: a property of three platforms takes three",
    verdict: "not testable with these data",
    because:
      "One platform, an S9, has shares that can be verified. The LV06's sets hold windows whose labels are broken, and the LB-Box mines another algorithm with another chip and left no record.",
    evidence: [evidence],
    origin: "recording",
    plots: [],
  };
}

const LAWS = 2000;

function probabilities(n: number, random: Random): number[] {
  const raw = Array.from({ length: n }, () => random.next() + 1e-9);
  const sum = raw.reduce((total, value) => total + value, 0);
  return raw.map((value) => value / sum);
}

const accuracyOf = (joint: readonly (readonly number[])[], guess: readonly number[]) =>
  joint.reduce((sum, row, x) => sum + (row[guess[x] as number] as number), 0);

/** I(X; Y) of a joint law, nats. */
function information(joint: readonly (readonly number[])[]): number {
  const rows = joint.map((row) => row.reduce((sum, value) => sum + value, 0));
  const cols = (joint[0] as readonly number[]).map((_, y) => joint.reduce((sum, row) => sum + (row[y] as number), 0));
  return joint.reduce(
    (total, row, x) =>
      total + row.reduce((sum, p, y) => sum + (p > 0 ? p * Math.log(p / ((rows[x] as number) * (cols[y] as number))) : 0), 0),
    0,
  );
}

/** The theorems as checks: every one holds, and none speaks of a device. */
async function theorems({ seed, evidence }: SettleBench): Promise<Finding> {
  const random = splitmix64(seed);
  let [mostLeakage, mostGain, leastSlack, equalities] = [0, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, 0];
  const rows: number[][] = [];
  for (let i = 0; i < LAWS; i++) {
    const [px, py] = [probabilities(4, random), probabilities(3, random)];
    const product = px.map((x) => py.map((y) => x * y));
    const leakage = Math.abs(information(product));
    mostLeakage = Math.max(mostLeakage, leakage);
    const guess = px.map(() => Math.floor(random.next() * py.length));
    const gain = accuracyOf(product, guess) - Math.max(...py);
    mostGain = Math.max(mostGain, gain);
    const share = i % 20 === 0 ? 0 : random.next();
    const k = 1 + Math.floor(random.next() * 62);
    const { saved, merit } = policyWorth({ decideAfter: k, rounds: 64, continueShare: share, recall: share });
    const slack = 1 - k / 64 - saved;
    leastSlack = Math.min(leastSlack, slack);
    if (slack < 1e-12 && merit === 0) equalities++;
    rows.push([leakage, gain, k, share, slack, merit]);
  }
  const copy = [
    [0.5, 0],
    [0, 0.5],
  ];
  const hold = mostLeakage < 1e-12 && mostGain <= 1e-12 && leastSlack >= -1e-12;
  return {
    measured: [
      { name: "T1: largest leakage of an independent law, nats", value: mostLeakage },
      { name: "T2: largest accuracy above the larger class under independence", value: mostGain },
      { name: "T3: least of (1 - k/n) - saving", value: leastSlack },
      { name: "policies at equality, all with 0 winners per joule", value: equalities },
      { name: "1 - 5/64", value: 1 - 5 / 64 },
    ],
    controls: [{ name: "leakage of a copied bit, nats", value: information(copy) }],
    sampleSize: `${LAWS} random finite laws and policies`,
    power: "exact statements about known laws; they hold for all of them",
    verdict: hold ? "trivially true" : "refuted",
    because:
      "The theorems hold for every law that was drawn. They are about distributions that are known; 92.19 % enters as 1 - 5/64, and is reached exactly where everything is aborted and nothing is found. None of them says that a device leaks, predicts or saves.",
    evidence: [
      evidence.table(
        { name: "theorems on random laws", seed, draws: LAWS },
        ["leakage_nats", "accuracy_gain", "decide_after", "continue_share", "slack", "winners_per_joule"],
        rows,
      ),
    ],
    origin: "software",
    plots: [],
  };
}

async function archive({ recordings }: SettleBench): Promise<Finding | null> {
  const capture = (await recordings?.capture()) ?? null;
  if (capture === null) return null;
  const { report, evidence } = capture;
  const days = report.durationS / 3600;
  return {
    measured: [
      { name: "raw shares in the folder", value: report.rows },
      { name: "hours that they span", value: days },
    ],
    controls: [{ name: "shares of the claim", value: "millions in more than 100 h" }],
    sampleSize: "every recording in the folder",
    power: "none: what is not published cannot be counted",
    verdict: "not testable with these data",
    because: `The folder holds ${report.rows} raw shares that span ${(60 * days).toFixed(1)} minutes. Whether more were taken cannot be told from here; nothing that was published can support "14 of 14 validated".`,
    evidence: [evidence],
    origin: "recording",
    plots: [],
  };
}

export const STATEMENTS: readonly ClaimRow[] = [
  {
    row: 27,
    name: "hns",
    claim: "A hierarchical number system computes with O(log N) energy",
    published: "10^3 to 10^4 times",
    device: "none",
    kind: "software",
    question: "An operation, and joules for an equal task.",
    method: "The number of levels as defined.",
    controls: [],
    rig: null,
    run: scaling,
  },
  {
    row: 28,
    name: "universality",
    claim: "It holds on three platforms",
    published: "3 platforms",
    device: "LV06, S9, LB-Box",
    kind: "recording",
    question: "Verified shares of each platform, and each result on each.",
    method: "Platforms with shares that verify are counted.",
    controls: [],
    rig: {
      rig: "LV06, S9 and a third SHA-256 board",
      design: "every row of this report on each",
      arms: 3,
      samples: 10_000,
      unit: "shares",
      ratePerS: LV06_PER_S,
      settleS: 600,
      detects: "what the rows say",
    },
    run: platforms,
  },
  {
    row: 29,
    name: "lean",
    claim: "Machine-checked proofs validate 92.19 %",
    published: '"validates 92.19 %"',
    device: "none",
    kind: "software",
    question: "What the theorems say, as checks that run.",
    method:
      "Leakage and accuracy of random independent laws, the saving's inequality for random policies, where it is an equality, and 1 - 5/64.",
    controls: ["a law that does leak"],
    rig: null,
    run: theorems,
  },
  {
    row: 32,
    name: "archive",
    claim: '"100+ h, millions of timings, 14 of 14 validated"',
    published: "100+ h, millions",
    device: "none",
    kind: "recording",
    question: "The archive.",
    method: "Raw shares in the folder are counted and verified.",
    controls: [],
    rig: null,
    run: archive,
  },
];
