/** Rows 10 and 11 by the clock: where the input does reach the silicon. An LV06 in each mode that one chip allows, and a chorus of S9 chips. CLAIMS C */
import type { NonceBatch } from "../../../common/nonce-batch.ts";
import { splitmix64 } from "../../../common/random.ts";
import { type Matrix, matrix, takeColumns } from "../../../reservoir/matrix.ts";
import { narma10 } from "../../../reservoir/tasks/narma10.ts";
import { activityOf, chipDrive, couplingMatrix } from "../../dispatcher/coupling.ts";
import type { Evidence, Quantity, Rehearsal } from "../claim.ts";
import { isValid, type RehearsalContext } from "./arms.ts";
import type { TwinBench } from "./bench.ts";
import { BitaxeBench } from "./bitaxe-bench.ts";
import { type ModeScore, STEPS, scoreMode } from "./narma.ts";
import { S9Bench } from "./s9-bench.ts";

interface Mode {
  readonly name: string;
  readonly stepMs: number;
  /** Clocks of the step, MHz, one or one a chip; and what of them the host fed back. */
  readonly clocks: (u: number, before: readonly number[]) => { readonly mhz: readonly number[]; readonly fedBack: readonly number[] };
}

interface Driven {
  /** Counts of each chip, mean interval, temperature. */
  readonly states: Matrix;
  readonly clocks: readonly (readonly number[])[];
  readonly host: Matrix;
  readonly evidence: readonly Evidence[];
}

async function driven({ record, progress }: RehearsalContext, bench: TwinBench, mode: Mode, u: Float64Array): Promise<Driven> {
  const { name, stepMs } = mode;
  await record.begin(`NARMA-10 by the clock: ${name}`, { stepMs, steps: u.length, chips: bench.chips });
  bench.run(120_000);
  bench.takeJobs();
  const states = matrix(u.length, bench.chips + 2);
  const host = matrix(u.length, 1 + 2 * bench.chips);
  const clocks: number[][] = [];
  let before: readonly number[] = Array<number>(bench.chips).fill(0);
  for (let t = 0; t < u.length; t++) {
    if (t % 100 === 0) progress(`NARMA-10 by the clock: ${name}`, t, u.length);
    const { mhz, fedBack } = mode.clocks(u[t] as number, before);
    const applied = mhz.length === 1 ? [bench.setClock(mhz[0] as number)] : mhz.map((one, chip) => bench.setClock(one, chip));
    const batch = bench.run(stepMs);
    record.nonces(batch, bench.takeJobs());
    before = countsOf(batch, bench.chips);
    const total = before.reduce((sum, count) => sum + count, 0);
    // As a sensor shows it: steps of an eighth of a degree.
    states.data.set([...before, stepMs / Math.max(1, total), Math.round(8 * bench.telemetry().chipC) / 8], t * states.cols);
    host.data.set([u[t] as number, ...applied, ...fedBack], t * host.cols);
    clocks.push(applied);
  }
  await record.result("narma-clock", { mode: name, u: Array.from(u), clocks, states: Array.from(states.data) });
  return { states, clocks, host, evidence: await record.end() };
}

function countsOf(batch: NonceBatch, chips: number): number[] {
  const counts = Array<number>(chips).fill(0);
  for (let i = 0; i < batch.length; i++)
    if (isValid(batch, i)) counts[batch.chip[i] as number] = (counts[batch.chip[i] as number] as number) + 1;
  return counts;
}

/** Chance with the very same clocks: Poisson counts at each chip's rate. */
function surrogate({ clocks }: Driven, { stepMs, perMhz, seed }: { stepMs: number; perMhz: number; seed: number }): Matrix {
  const random = splitmix64(seed);
  const chips = clocks[0]?.length ?? 1;
  const rows = matrix(clocks.length, chips + 1);
  clocks.forEach((mhz, t) => {
    const counts = mhz.map((one) => {
      let [count, at] = [0, 0];
      const ratePerMs = (one * perMhz) / 1000;
      for (;;) {
        at -= Math.log1p(-random.next()) / ratePerMs;
        if (at >= stepMs) return count;
        count++;
      }
    });
    rows.data.set(
      [
        ...counts,
        stepMs /
          Math.max(
            1,
            counts.reduce((sum, count) => sum + count, 0),
          ),
      ],
      t * rows.cols,
    );
  });
  return rows;
}

const LV06_MS = 250;
const [LOW_MHZ, HIGH_MHZ] = [400, 500];
const clockFor = (u: number) => LOW_MHZ + (HIGH_MHZ - LOW_MHZ) * Math.min(1, Math.max(0, 2 * u));
/** One hash a clock in each of 894 places (CLAIMS B), one nonce in 2^32 of them. */
const PER_S_AND_MHZ = (894 * 1e6) / 2 ** 32;
/** What chance brings in a step at the middle clock. */
const USUAL = (450 * PER_S_AND_MHZ * LV06_MS) / 1000;

const LV06_MODES: readonly Mode[] = [
  { name: "constant", stepMs: LV06_MS, clocks: () => ({ mhz: [clockFor(0.25)], fedBack: [0] }) },
  { name: "monologue", stepMs: LV06_MS, clocks: (u) => ({ mhz: [clockFor(u)], fedBack: [0] }) },
  {
    name: "dialogue",
    stepMs: LV06_MS,
    clocks(u, [before]) {
      const fedBack = 0.1 * Math.max(-1, Math.min(1, (before ?? USUAL) / USUAL - 1));
      return { mhz: [clockFor(0.8 * u + 0.05 + fedBack)], fedBack: [fedBack] };
    },
  },
];

/** As published, the LV06 got a job every 40 ms and a share every six seconds. */
const PUBLISHED_MS = 40;

const COLUMNS = ["mode", "series", "nrmse", "surrogate", "host_alone", "input_only", "taps_10", "shuffled", "p_against_surrogate"];
const rowOf = (s: ModeScore) => [
  s.mode,
  s.series,
  s.nrmse,
  s.surrogate,
  s.hostAlone ?? "",
  s.inputOnly,
  s.taps10,
  s.shuffled,
  s.againstSurrogateP,
];

export async function lv06Clock(context: RehearsalContext): Promise<Readonly<Record<string, Rehearsal>>> {
  const { seed } = context;
  const { u } = narma10(seed, STEPS);
  const evidence: Evidence[] = [];
  const scores: ModeScore[] = [];
  for (const mode of LV06_MODES) {
    const bench = new BitaxeBench({ seed: seed + 10, mhz: 450, volts: 1.2, ticketLog2: 0, workScale: 24 });
    const done = await driven(context, bench, mode, u);
    evidence.push(...done.evidence);
    const chance = surrogate(done, { stepMs: LV06_MS, perMhz: PER_S_AND_MHZ, seed: seed + 110 });
    const host = mode.name === "constant" ? null : done.host;
    scores.push(await scoreMode({ mode: mode.name, states: takeColumns(done.states, [0, 1]), surrogate: chance, host }, seed));
    if (mode.name !== "constant")
      scores.push(await scoreMode({ mode: `${mode.name}, with the thermometer`, states: done.states, surrogate: chance, host }, seed));
  }
  const floor = new BitaxeBench({ seed: seed + 12, mhz: 400, volts: 1.2, ticketLog2: 9, workScale: 32 });
  const published = await driven(
    context,
    floor,
    { name: "40 ms a step at the firmware's floor", stepMs: PUBLISHED_MS, clocks: () => ({ mhz: [400], fedBack: [0] }) },
    u,
  );
  evidence.push(...published.evidence);
  const nothing = surrogate(published, { stepMs: PUBLISHED_MS, perMhz: PER_S_AND_MHZ / 512, seed: seed + 112 });
  scores.push(
    await scoreMode(
      { mode: "as published: 40 ms a step", states: takeColumns(published.states, [0, 1]), surrogate: nothing, host: null },
      seed,
    ),
  );
  const shares = published.states.data.reduce((sum, value, i) => sum + (i % published.states.cols === 0 ? value : 0), 0);
  const kept = context.evidence.table({ name: "NARMA-10 by the clock of an LV06", seed, draws: 1 }, COLUMNS, scores.map(rowOf));
  const of = (mode: string) => scores.find((score) => score.mode === mode) as ModeScore;
  const heat = of("monologue, with the thermometer");
  return {
    "narma-lv06": {
      origin: "twin",
      design: `LV06 at 1.20 V on its own wires, the clock between ${LOW_MHZ} and ${HIGH_MHZ} MHz, ${LV06_MS} ms a step, about ${USUAL.toFixed(0)} nonces each; and as published, ${PUBLISHED_MS} ms a step at the firmware's floor of 512. Chorus takes chips with clocks of their own: one chip has no neighbours`,
      measured: scores.flatMap(modeQuantities),
      controls: controlsOf(scores),
      sampleSize: `${STEPS} steps a mode, one series; ${shares} shares in the ${STEPS} steps as published`,
      shows: `As published there are ${shares} shares in ${STEPS} steps: nothing of the input can be in them (${of("as published: 40 ms a step").nrmse.toFixed(2)}). Driven by its clock and heard nonce by nonce, the chip says what its clock is, as chance with the same clocks does. The thermometer is the one thing with a memory of its own: with it the monologue scores ${heat.nrmse.toFixed(2)} instead of ${of("monologue").nrmse.toFixed(2)}, ${heat.beatsSurrogate ? "better than chance with the same clocks: heat is the substrate's own contribution" : "no better than chance with the same clocks: heat remembers too little, and too long, for steps of a quarter of a second, and the substrate's own contribution is nothing"}. Ten lags of the input score ${heat.taps10.toFixed(2)}.`,
      evidence: [...evidence, kept],
      plots: [],
    },
  };
}

const CHORUS_CHIPS = 4;
const CHORUS_MS = 1000;
const COUPLING = { reach: 1, gainMhz: 60, clipMhz: 60, spreadMhz: 150 } as const;

/** The chorus, which the difficulty cannot do: clocks of single chips. */
export async function chorus(context: RehearsalContext): Promise<{ scores: ModeScore[]; evidence: readonly Evidence[] }> {
  const { seed } = context;
  const { u } = narma10(seed, STEPS);
  const neighbours = couplingMatrix(CHORUS_CHIPS, COUPLING.reach);
  const place = { homeMhz: 600, limits: { minMhz: 450, maxMhz: 700 } };
  const mode: Mode = {
    name: "chorus",
    stepMs: CHORUS_MS,
    clocks(input, before) {
      const { clocksMhz, offsetsMhz } = chipDrive(input, activityOf(before), neighbours, COUPLING, place);
      return { mhz: clocksMhz, fedBack: offsetsMhz };
    },
  };
  const bench = new S9Bench({ seed: seed + 14, chips: CHORUS_CHIPS, mhz: 600, ticketLog2: 2, workScale: 28 });
  const done = await driven(context, bench, mode, u);
  const perMhz = (114 * 1e6) / 2 ** 34;
  const chance = surrogate(done, { stepMs: CHORUS_MS, perMhz, seed: seed + 114 });
  const columns = Array.from({ length: CHORUS_CHIPS + 1 }, (_, i) => i);
  const score = await scoreMode({ mode: "chorus", states: takeColumns(done.states, columns), surrogate: chance, host: done.host }, seed);
  const kept = context.evidence.table({ name: "NARMA-10 in a chorus of S9 chips", seed, draws: 1 }, COLUMNS, [rowOf(score)]);
  return { scores: [score], evidence: [...done.evidence, kept] };
}

export const CHORUS_DESIGN = `chorus: ${CHORUS_CHIPS} chips with clocks of their own around 600 MHz, moved by ${COUPLING.spreadMhz} MHz by the input and by up to ${COUPLING.clipMhz} MHz by their neighbours' answers, 9.40 V, ${CHORUS_MS} ms and about 16 answers of difficulty 4 a step`;

export function modeQuantities({ mode, nrmse, surrogate: chance, hostAlone }: ModeScore): Quantity[] {
  return [
    { name: `${mode}: the twin's answers`, value: nrmse },
    { name: `${mode}: chance with the same log`, value: chance },
    ...(hostAlone === null ? [] : [{ name: `${mode}: what the host asked for, without a chip`, value: hostAlone }]),
  ];
}

function controlsOf(scores: readonly ModeScore[]): Quantity[] {
  const first = scores[0] as ModeScore;
  return [
    { name: "u(t) alone", value: first.inputOnly },
    { name: "ten lags of u in a shift register", value: first.taps10 },
    { name: "steps in another order", value: first.shuffled },
    {
      name: "modes in which the twin beats chance with its log",
      value:
        scores
          .filter(({ beatsSurrogate }) => beatsSurrogate)
          .map(({ mode }) => mode)
          .join("; ") || "none",
    },
  ];
}
