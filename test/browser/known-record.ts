/** A record whose runs and results are known, and what a page shows beside it: for tests of every panel, and to look at. */
import { allocateNonces } from "../../common/nonce-batch.ts";
import { splitmix64 } from "../../common/random.ts";
import type { ControlScore, NarmaReport, Snapshot, SweepPoint } from "../../telemetry/messages.ts";
import type { Store } from "../../telemetry/store/store.ts";

const score = (name: string, description: string, features: number, nrmse: number): ControlScore => ({
  name,
  description,
  features,
  nrmse,
  rmseOverRange: nrmse / 5,
});

const STEPS = 200;
const wave = (step: number, shift: number): number => 0.35 + 0.1 * Math.sin(step / 5 + shift) + 0.05 * Math.sin(step / 2.3);

export const REPORT: NarmaReport = {
  origin: "twin",
  runId: 3,
  task: "narma10",
  seed: 42,
  redraws: 0,
  washout: 50,
  train: 450,
  test: STEPS,
  stepMs: 80,
  mode: { name: "monologue", words: "Open loop.", hostMemory: { lag: 0, recursive: false, words: "The host adds no memory." } },
  featuresUsed: ["nonces", "hash rate"],
  featuresRefused: [{ name: "regulator temperature", reason: "does not vary" }],
  substrate: score("substrate", "what the board answered", 20, 0.897),
  controls: [
    score("constant", "the mean of the targets", 0, 1),
    score("u(t) only", "the present input", 1, 0.884),
    score("taps", "30 past inputs", 30, 0.408),
  ],
  tapsByCount: [],
  excluded: { train: 0, test: 0, reasons: [] },
  beatsTaps: { answer: false, taps: 30, substrateNrmse: 0.897, tapsNrmse: 0.408, dmStatistic: 9.1, pValue: 1 },
  beatsInputOnly: { answer: false, inputNrmse: 0.884, pValue: 0.932 },
  verdict: "On a digital twin: the substrate did not beat the 30-tap linear control: NRMSE 0.90 against 0.41 (Diebold-Mariano p = 1.00).",
  test_y: Array.from({ length: STEPS }, (_, step) => wave(step, 0)),
  predicted: Array.from({ length: STEPS }, (_, step) => wave(step, 0.4)),
};

export const SWEEP: SweepPoint[] = [8400, 8600, 8800, 9000].flatMap((coreVoltageMv, row) =>
  [550, 600, 650, 700].map((frequencyMhz, column): SweepPoint => {
    const strain = column - row;
    const invalid = [0, 0, 1, 40, 260, 700][Math.max(0, strain + 2)] as number;
    const rate = strain > 2 ? 0.05 : strain > 1 ? 0.8 : 1 - 0.01 * column;
    const regime = (["healthy", "healthy", "healthy", "marginal", "edge", "dead"] as const)[Math.max(0, strain + 2)] ?? null;
    const skipped = row === 0 && column === 3;
    return {
      index: row * 4 + column,
      total: 16,
      coreVoltageMv,
      frequencyMhz,
      ticketDifficulty: 1,
      status: skipped ? "invalid" : "done",
      reason: skipped ? "chips fell silent" : null,
      seconds: 10,
      nonces: { valid: 3000, invalid, stale: 0, duplicate: 0, "unknown-job": 0 },
      // A share that is no whole number of percent: its cell rounds it, its description does not.
      hashRateGhs: 14_037 * rate,
      expectedGhs: 14_000,
      powerW: 380,
      chipTempC: 60,
      joulesPerTerahash: 27 / rate,
      cv: 0.9 + 0.05 * strain,
      cvBand: [0.975, 1.025],
      regime,
      regimeReason: "by the counts",
    };
  }),
);

const STUDY = {
  substrate: "rig",
  origin: "twin",
  answer: "refuted",
  computes: false,
  verdict: "On a digital twin: it does not compute; the states change the squared error by less than 5 %.",
  could: "Memory of 2.3 % of the variance of one lag.",
  planHash: "9f2b5c1e7d3a4f60aa11bb22cc33dd44",
  gain: { mean: -0.004, interval: [-0.012, 0.004] },
  noDifference: { pDifferent: 0.31 },
  controls: [
    {
      name: "constant",
      what: "the mean",
      origin: "software",
      measure: "NRMSE",
      score: 1,
      substrate: 0.91,
      sessions: 5,
      asked: "drive and states err less, by the rule of S5",
      otherwise: "T3 at most",
      holds: true,
      note: null,
    },
    {
      name: "states in random order",
      what: "the states at other steps",
      origin: "twin",
      measure: "sessions",
      score: 0,
      substrate: 5,
      sessions: 5,
      asked: "memory in at most one",
      otherwise: "no answer",
      holds: true,
      note: null,
    },
  ],
  sessions: Array.from({ length: 5 }, (_, at) => ({
    tier: "T0 responds",
    passes: false,
    n: 1900,
    invalid: [],
    usefulness: { useful: { mseRatio: 0.99 + 0.002 * at } },
  })),
};

async function oneRun(
  store: Store,
  kind: string,
  note: string,
  seed: number,
  results: readonly (readonly [string, unknown])[],
): Promise<void> {
  const id = await store.startRun({ kind, origin: "twin", note: kind, provenance: { plan: { seed, stepMs: 80 }, software: "0.1.0" } });
  const random = splitmix64(seed);
  const batch = allocateNonces(1200);
  let tNs = 1_000_000_000n;
  for (let row = 0; row < batch.length; row++) {
    tNs += BigInt(Math.round(-Math.log(1 - random.next()) * 1e7));
    batch.tNs[row] = tNs;
    batch.status[row] = random.next() < 0.01 * seed ? 1 : 0;
    batch.residualNs[row] = 1e6 + 2e5 * (random.next() + random.next() - 1);
    batch.core[row] = row % 112;
  }
  store.addNonces(id, batch);
  for (const [result, value] of results) await store.putResult(id, result, "twin", value);
  await store.endRun(id, "finished", note);
}

/** Run 1: bring-up, 2: sweep, 3: NARMA-10, 4: the study, 5: mining. */
export async function fillRecord(store: Store): Promise<void> {
  await oneRun(store, "bring-up", "chips enumerated and ramped", 1, []);
  await oneRun(
    store,
    "sweep",
    "16 of 16 points measured",
    2,
    SWEEP.map((point) => ["sweep-point", point] as const),
  );
  await oneRun(store, "narma10", REPORT.verdict, 3, [["narma10-report", REPORT]]);
  await oneRun(store, "computes", STUDY.verdict, 4, [["computes-report", STUDY]]);
  await oneRun(store, "mining", "at the set-point", 5, []);
}

/** What the hub knows besides. */
export const KNOWN: Partial<Snapshot> = {
  sweep: SWEEP,
  report: REPORT,
  clocks: [{ chip: 0, nonces: 2048, ppm: 3.2, ppmInterval: [2.4, 4.1], jitterNs: 16_000 }],
  drive: {
    name: "monologue",
    words: "Open loop: each input is one set-point.",
    hostMemory: { lag: 0, recursive: false, words: "The host adds no memory." },
  },
  safety: {
    action: "none",
    rule: "ok",
    reason: "all readings are within their limits",
    margins: [
      { name: "chip temperature", value: 17, limit: 75, unit: "°C" },
      { name: "regulator temperature", value: null, limit: 105, unit: "°C" },
      { name: "input power", value: 90, limit: 450, unit: "W" },
    ],
  },
  events: [
    { wallMs: 1_700_000_000_000, level: "info", source: "record", text: "run 5 begins: mining, at the set-point" },
    { wallMs: 1_700_000_100_000, level: "warning", source: "survey", text: "chip 40 gave no nonces for 60 s" },
    // As many as are not all in view: the list is then scrolled.
    ...Array.from({ length: 30 }, (_, minute) => ({
      wallMs: 1_700_000_160_000 + 60_000 * minute,
      level: "info" as const,
      source: "record",
      text: `the wall clock was looked at for the ${minute + 1}. time, and it agrees with the monotonic one within the limits that are stated`,
    })),
  ],
};
