/** Row 6 on a twin: what does a step of the clock leave behind, in temperature and in the rate? */
import { STATUS } from "../../../common/nonce-batch.ts";
import type { Rehearsal } from "../claim.ts";
import { countOf, type RehearsalContext } from "./arms.ts";
import { BitaxeBench } from "./bitaxe-bench.ts";

const HELD_S = 600;
const CLOCKS_MHZ = [400, 500, 400, 500, 400, 500] as const;
/** The first seconds belong to die and package; what is looked for is slower. */
const FROM_S = 5;

interface Second {
  readonly atS: number;
  readonly mhz: number;
  readonly chipC: number;
  readonly nonces: number;
}

export async function thermalGhost({ record, seed, progress }: RehearsalContext): Promise<Readonly<Record<string, Rehearsal>>> {
  const bench = new BitaxeBench({ seed: seed + 6, mhz: 450, volts: 1.2, ticketLog2: 0, workScale: 24 });
  await record.begin("LV06, steps of the clock held for 600 s", { seed, clocks: CLOCKS_MHZ });
  bench.run(60_000);
  bench.takeJobs();
  const seconds: Second[] = [];
  for (const [i, asked] of CLOCKS_MHZ.entries()) {
    const mhz = bench.setClock(asked);
    progress("thermal ghost: steps of the clock", i, CLOCKS_MHZ.length);
    for (let second = 0; second < HELD_S; second++) {
      const batch = bench.run(1000);
      record.nonces(batch, bench.takeJobs());
      // As the board's sensor shows it: steps of an eighth of a degree.
      const chipC = Math.round(8 * bench.telemetry().chipC) / 8;
      seconds.push({ atS: i * HELD_S + second + 1, mhz, chipC, nonces: countOf(batch, STATUS.valid) });
    }
  }
  await record.result("seconds", seconds);
  const evidence = await record.end();
  const steps = CLOCKS_MHZ.slice(1).map((_, i) => fitStep(seconds.slice((i + 1) * HELD_S, (i + 2) * HELD_S)));
  const taus = steps.map(({ tauS }) => tauS);
  const ratio = (from: number, to: number, step: readonly Second[]) => {
    const part = step.slice(from, to);
    return part.reduce((sum, { nonces, mhz }) => sum + nonces / mhz, 0) / part.length;
  };
  const drift = CLOCKS_MHZ.map((_, i) => {
    const step = seconds.slice(i * HELD_S, (i + 1) * HELD_S);
    return ratio(0, 60, step) / ratio(300, 600, step) - 1;
  });
  const meanDrift = mean(drift);
  const error = 1 / Math.sqrt(60 * 80 * drift.length);
  return {
    "thermal-ghost": {
      origin: "twin",
      design:
        "LV06 at 1.20 V on its own wires, five steps between 400 and 500 MHz, each held for 600 s, temperature and nonces each second, no restart",
      measured: [
        {
          name: "time constant of the temperature, s",
          value: mean(taus),
          band: [Math.min(...taus), Math.max(...taus)],
          bandOf: "least and largest of five steps",
        },
        {
          name: "first minute's rate per MHz over that of the last five, less 1",
          value: meanDrift,
          band: [-2 * error, 2 * error],
          bandOf: "95 % of chance",
        },
      ],
      controls: steps.map(({ fromC, toC }, i) => ({
        name: `step ${i + 1}: temperature, C`,
        value: `${fromC.toFixed(1)} to ${toC.toFixed(1)}`,
      })),
      sampleSize: `${seconds.length} s, ${seconds.reduce((sum, { nonces }) => sum + nonces, 0)} nonces`,
      shows: `A heat sink remembers: the temperature follows a step with ${mean(taus).toFixed(0)} s, by the model's own figure for its sink. The rate of answers ${Math.abs(meanDrift) <= 2 * error ? "does not follow it" : "follows it"}: per MHz it is the same in the first minute. Memory of more than 10 s is real, is heat, and is seen by a thermometer; whether a real chip's answers carry it is for the rig.`,
      evidence,
      plots: [
        {
          title: "Temperature of the twin through the steps",
          x: "s",
          y: "degrees Celsius",
          series: [
            { name: "chip", style: "line", points: seconds.filter((_, i) => i % 10 === 0).map(({ atS, chipC }) => [atS, chipC] as const) },
          ],
        },
      ],
    },
  };
}

const mean = (x: readonly number[]) => x.reduce((sum, value) => sum + value, 0) / x.length;

/** First order by least squares over a grid of time constants; offset and size follow at each. */
function fitStep(step: readonly Second[]): { tauS: number; fromC: number; toC: number } {
  const after = step.slice(FROM_S);
  const temps = after.map(({ chipC }) => chipC);
  let best = { tauS: Number.NaN, rest: Number.POSITIVE_INFINITY };
  for (let tauS = 5; tauS <= 300; tauS *= 1.01) {
    const decay = after.map((_, i) => Math.exp(-i / tauS));
    const [d, c] = [mean(decay), mean(temps)];
    const slope =
      decay.reduce((sum, value, i) => sum + (value - d) * ((temps[i] as number) - c), 0) /
      decay.reduce((sum, value) => sum + (value - d) ** 2, 0);
    const rest = decay.reduce((sum, value, i) => sum + ((temps[i] as number) - c - slope * (value - d)) ** 2, 0);
    if (rest < best.rest) best = { tauS, rest };
  }
  return { tauS: best.tauS, fromC: step[0]?.chipC ?? Number.NaN, toC: step.at(-1)?.chipC ?? Number.NaN };
}
