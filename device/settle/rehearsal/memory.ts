/** Rows 7 and 8 on a twin: does it forget how it started, and what does it remember of its input? Answers and temperature apart. */
import { STATUS } from "../../../common/nonce-batch.ts";
import { splitmix64 } from "../../../common/random.ts";
import { type Matrix, matrix, takeColumns } from "../../../reservoir/matrix.ts";
import { echoState } from "../../../reservoir/properties/echo-state.ts";
import { pearson } from "../../../reservoir/statistics/rank-correlation.ts";
import type { Evidence, Rehearsal } from "../claim.ts";
import { countOf, type RehearsalContext } from "./arms.ts";
import { BitaxeBench } from "./bitaxe-bench.ts";

const RANGE_MHZ = [400, 500] as const;
const clockFor = (u: number) => RANGE_MHZ[0] + u * (RANGE_MHZ[1] - RANGE_MHZ[0]);
const STATES = ["verified nonces", "mean interval", "temperature"] as const;
const [ANSWERS, TEMPERATURE] = [[0, 1], [2]];

/** Drives a board with an input in [0, 1) by its clock; everything is recorded. */
async function driven(
  { record, progress }: RehearsalContext,
  { note, bench, u, stepMs }: { note: string; bench: BitaxeBench; u: Float64Array; stepMs: number },
): Promise<{ states: Matrix; evidence: readonly Evidence[] }> {
  await record.begin(note, { stepMs, steps: u.length });
  const states = matrix(u.length, STATES.length);
  for (let t = 0; t < u.length; t++) {
    if (t % 50 === 0) progress(note, t, u.length);
    bench.setClock(clockFor(u[t] as number));
    const batch = bench.run(stepMs);
    record.nonces(batch, bench.takeJobs());
    const count = countOf(batch, STATUS.valid);
    states.data.set([count, stepMs / Math.max(1, count), Math.round(8 * bench.telemetry().chipC) / 8], t * STATES.length);
  }
  await record.result("input-and-states", { states: STATES, u: Array.from(u), values: Array.from(states.data) });
  return { states, evidence: await record.end() };
}

const input = (steps: number, seed: number) => {
  const random = splitmix64(seed);
  return Float64Array.from({ length: steps }, () => random.next());
};
const board = (seed: number, mhz: number) => new BitaxeBench({ seed, mhz, volts: 1.2, ticketLog2: 0, workScale: 24 });

/** Row 7: a hot start and a cold one, and twice the same start. */
export async function echo(context: RehearsalContext): Promise<Readonly<Record<string, Rehearsal>>> {
  const { seed } = context;
  const u = input(100, seed);
  const evidence: Evidence[] = [];
  const run = async (start: "hot" | "cold", device: number) => {
    const bench = board(device, start === "hot" ? RANGE_MHZ[1] : RANGE_MHZ[0]);
    bench.run(start === "hot" ? 600_000 : 5_000);
    bench.takeJobs();
    const done = await driven(context, { note: `LV06 from a ${start} start, work ${device}`, bench, u, stepMs: 5000 });
    evidence.push(...done.evidence);
    return done.states;
  };
  const [hotA, coldA, hotB, coldB] = [
    await run("hot", seed + 71),
    await run("cold", seed + 72),
    await run("hot", seed + 73),
    await run("cold", seed + 74),
  ];
  const of = (columns: number[]) => {
    const [a, b, c, d] = [hotA, coldA, hotB, coldB].map((one) => takeColumns(one, columns)) as [Matrix, Matrix, Matrix, Matrix];
    return echoState(
      [
        [a, b],
        [c, d],
      ],
      [[a, c]],
      0.25,
    );
  };
  const [answers, heat] = [of(ANSWERS), of(TEMPERATURE)];
  const text = (after: number | null) => (after === null ? "not within 100 steps" : `after ${after} steps (${after * 5} s)`);
  return {
    "echo-state": {
      origin: "twin",
      design:
        "LV06 at 1.20 V, one random sequence of 100 clocks of 5 s, twice from ten minutes at 500 MHz and twice from a cold start, no restart; each run with work of its own",
      measured: [
        { name: "answers: the start is forgotten", value: text(answers.forgottenAfter) },
        { name: "temperature: the start is forgotten", value: text(heat.forgottenAfter) },
        { name: "temperature: decay a step", value: heat.rate === null ? "none" : heat.rate.perStep },
      ],
      controls: [
        { name: "distance of two runs from the same start, answers", value: answers.noise },
        { name: "and temperature", value: heat.noise },
      ],
      sampleSize: "4 runs of 100 steps",
      shows:
        "The answers forget at once because they never knew: a device without memory passes this test, so that passing says nothing. The temperature does remember its start and then forgets it. A rig must show that something beside heat depends on the past before the property means anything.",
      evidence,
      plots: [
        {
          title: "Distance between a hot and a cold start",
          x: "step of 5 s",
          y: "standard deviations",
          series: [
            { name: "answers", style: "line", points: Array.from(answers.distance, (y, x) => [x, y] as const) },
            { name: "temperature", style: "line", points: Array.from(heat.distance, (y, x) => [x, y] as const) },
          ],
        },
      ],
    },
  };
}

const LAGS = 20;
const SHIFTS = 200;

/** Row 8. */
export async function capacity(context: RehearsalContext): Promise<Readonly<Record<string, Rehearsal>>> {
  const { seed } = context;
  const u = input(2000, seed + 8);
  const bench = board(seed + 8, 450);
  bench.run(300_000);
  bench.takeJobs();
  const { states, evidence } = await driven(context, { note: "LV06, input in the clock, steps of 1 s", bench, u, stepMs: 1000 });
  const column = (at: number) => takeColumns(states, [at]).data;
  const [nonces, heat] = [remembered(column(0), u, seed), remembered(column(2), u, seed)];
  const beyond = nonces.capacities.slice(1).reduce((sum, value) => sum + Math.max(0, value - nonces.floor), 0);
  const points = (of: typeof nonces) => of.capacities.map((value, lag) => [lag, value] as const);
  return {
    "memory-capacity": {
      origin: "twin",
      design: "LV06 at 1.20 V on its own wires, a random clock between 400 and 500 MHz each second, 2000 steps, lags 0 to 20",
      measured: [
        { name: "answers: squared correlation with the input of the same step", value: nonces.capacities[0] as number },
        { name: "answers: what the lags 1 to 20 add above the floor", value: beyond },
        { name: "temperature: sum over the lags 0 to 20", value: heat.capacities.reduce((sum, value) => sum + value, 0) },
      ],
      controls: [{ name: "floor of one lag: 99 % of circular shifts of the input", value: nonces.floor }],
      sampleSize: "2000 steps",
      shows: `All that the answers know is the clock of their own second (the encoding, lag 0). ${beyond < 3 * nonces.floor ? "Lags add nothing above what shifted inputs give." : "Lags add more than shifted inputs give: look for the reason before believing it."} The temperature knows the past through its heat sink: one slow number, whatever is driven.`,
      evidence,
      plots: [
        {
          title: "What the twin remembers of its input",
          x: "lag, s",
          y: "squared correlation",
          series: [
            { name: "answers", style: "line", points: points(nonces) },
            { name: "temperature", style: "line", points: points(heat) },
          ],
          marks: [{ axis: "y", at: nonces.floor, label: "floor" }],
        },
      ],
    },
  };
}

function remembered(state: Float64Array, u: Float64Array, seed: number): { capacities: number[]; floor: number } {
  const capacities = Array.from(
    { length: LAGS + 1 },
    (_, lag) => pearson(state.subarray(LAGS), u.subarray(LAGS - lag, u.length - lag)) ** 2,
  );
  const random = splitmix64(seed + 88);
  const shifted = Array.from({ length: SHIFTS }, () => {
    const by = 100 + Math.floor(random.next() * (u.length - 200));
    return pearson(state, Float64Array.of(...u.subarray(by), ...u.subarray(0, by))) ** 2;
  }).sort((a, b) => a - b);
  return { capacities, floor: shifted[Math.floor(0.99 * SHIFTS)] as number };
}
