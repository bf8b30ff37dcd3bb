/** Rows 1 to 5: is the rhythm of shares more than chance and hand-over time? CLAIMS A, B */
import { splitmix64 } from "../../../common/random.ts";
import { coefficientOfVariation } from "../../../reservoir/statistics/coefficient-of-variation.ts";
import { poissonCvBand } from "../../../reservoir/statistics/cv-band.ts";
import { intervalsOf } from "../../../reservoir/statistics/intervals.ts";
import { exponentials, monteCarloP } from "../../../reservoir/statistics/monte-carlo.ts";
import { rayleighP, strongestLine, zSquared } from "../../../reservoir/statistics/periodicity.ts";
import { recordedPoisson } from "../../../reservoir/verdict/timing/battery.ts";
import type { ClaimRow, Finding, SettleBench } from "../claim.ts";
import { LV06_PER_S } from "../rates.ts";
import type { CaptureShares } from "../recordings.ts";

/** Below it, a share of the job before may still be on its way; above it the hazard is flat. CLAIMS B */
const FLAT_FROM_MS = 50;
const DRAWS = 999;

/** Rate where the hazard is flat, and the dead time that the mean then leaves for the hand-over. */
function deadTime({ timesS, sinceJobMs }: CaptureShares) {
  const tail = sinceJobMs.filter((ms) => ms > FLAT_FROM_MS);
  const ratePerS = 1000 / (tail.reduce((sum, ms) => sum + ms - FLAT_FROM_MS, 0) / tail.length);
  const meanS = ((timesS.at(-1) as number) - (timesS[0] as number)) / (timesS.length - 1);
  return { ratePerS, meanS, deadS: Math.max(0, meanS - 1 / ratePerS), tail: tail.length };
}

async function nonPoisson({ recordings, seed, evidence: book }: SettleBench): Promise<Finding | null> {
  const capture = (await recordings?.capture()) ?? null;
  if (capture === null) return null;
  const { timesS, evidence } = capture;
  const { ratePerS, meanS, deadS } = deadTime(capture);
  const cv = coefficientOfVariation(timesS) as number;
  const n = timesS.length - 1;
  const random = splitmix64(seed);
  const nulls = Float64Array.from(
    { length: DRAWS },
    () => coefficientOfVariation(recordedPoisson(n + 1, meanS, { tick: 0, deadTime: deadS }, random)) as number,
  ).sort();
  const band = [nulls[24] as number, nulls[974] as number] as const;
  const expected = 1 / (1 + ratePerS * deadS);
  const p = monteCarloP(
    Math.abs(cv - expected),
    nulls.map((one) => Math.abs(one - expected)),
  );
  const intervals = intervalsOf(timesS).sort();
  const quantiles = Array.from({ length: 60 }, (_, i) => (i + 0.5) / 60);
  return {
    measured: [
      { name: "CV of intervals, duplicates left out", value: cv, band, bandOf: "95 % of a Poisson process with the hand-over's dead time" },
      { name: "p against that process", value: p },
      { name: "dead time at a hand-over, ms", value: 1000 * deadS },
      { name: `rate more than ${FLAT_FROM_MS} ms after a job, 1/s`, value: ratePerS },
    ],
    controls: [
      { name: "CV by 1/(1 + rate x dead time)", value: expected },
      {
        name: "CV band of a Poisson process without dead time",
        value: poissonCvBand(n)
          .map((one) => one.toFixed(3))
          .join(" to "),
      },
      ...[2, 6, 10, 49].map((few) => ({
        name: `95 % CV band of ${few} Poisson intervals`,
        value: poissonCvBand(few)
          .map((one) => one.toFixed(2))
          .join(" to "),
      })),
    ],
    sampleSize: `${n} intervals of an S9 whose voltage was not recorded`,
    power: "800 intervals a voltage show a change of CV by 0.1, 3100 one by 0.05; there is one voltage here, and it is unknown",
    verdict: "not testable with these data",
    because: `A CV below 1 needs no silicon: the capture's ${cv.toFixed(3)} comes from ${(1000 * deadS).toFixed(1)} ms without work at each new job, for which chance alone gives ${expected.toFixed(3)} (p ${p.toFixed(2)}). Whether voltage changes it cannot be seen where no voltage was recorded; the published excursions are inside what chance gives for so few intervals.`,
    evidence: [
      evidence,
      book.table(
        { name: "Poisson process with dead time", seed, draws: DRAWS },
        ["cv"],
        Array.from(nulls, (one) => [one]),
      ),
    ],
    origin: "recording",
    plots: [
      {
        title: "Intervals of the capture against chance with a dead time",
        x: "quantile of chance, s",
        y: "quantile of the capture, s",
        series: [
          {
            name: "capture",
            style: "points",
            points: quantiles.map((share) => [deadS - Math.log1p(-share) / ratePerS, intervals[Math.floor(share * n)] as number] as const),
          },
          {
            name: "equal",
            style: "line",
            points: [
              [0, 0],
              [0.45, 0.45],
            ],
          },
        ],
      },
    ],
  };
}

async function heartbeat({ recordings }: SettleBench): Promise<Finding | null> {
  const capture = (await recordings?.capture()) ?? null;
  if (capture === null) return null;
  const { timesS, evidence } = capture;
  const n = timesS.length;
  const [from, to] = [0.5, 5];
  const times = timesS.map((time) => time - (timesS[0] as number));
  const line = strongestLine(times, from, to);
  const atClaim = zSquared(times, CLAIMED_HZ);
  const pClaim = rayleighP(atClaim, n);
  const needed = -2 * Math.log(0.01 / line.trials);
  // Z of a rate modulated by a depth m has mean 2 + n m^2 / 2 and, where it is large, a spread of twice its root.
  const depth = Math.sqrt(2 / n) * (Math.sqrt(needed) + 1.28);
  const steps = 450;
  return {
    measured: [
      { name: `p of a line at ${CLAIMED_HZ} Hz, alone (Rayleigh)`, value: pClaim },
      { name: `strongest line from ${from} to ${to} Hz, Hz`, value: line.frequency },
      { name: "its p, corrected for all frequencies looked at", value: line.pGlobal },
    ],
    controls: [
      { name: "p of the same line at 1 Hz, which nobody claims", value: rayleighP(zSquared(times, 1), n) },
      { name: "frequencies looked at", value: Math.round(line.trials) },
    ],
    sampleSize: `${n} shares in ${(times[n - 1] as number).toFixed(0)} s of an S9; the claim is of a LV06`,
    power: `a modulation of the share rate by ${(100 * depth).toFixed(0)} % or more is found in 9 of 10 records`,
    verdict: "not testable with these data",
    because: `${pClaim < 0.01 ? "There is a line" : "There is no line"} at ${CLAIMED_HZ} Hz in the shares of the S9 (p ${pClaim.toFixed(2)}), and ${line.pGlobal < 0.01 ? `the strongest, at ${line.frequency.toFixed(2)} Hz, is more than chance gives` : "the strongest between 0.5 and 5 Hz is what chance gives"}. The claim is of another board and of its power, sampled fast, with fan, regulator and polling ruled out: that takes a shunt.`,
    evidence: [evidence],
    origin: "recording",
    plots: [
      {
        title: "Periodogram of the share times",
        x: "frequency, Hz",
        y: "Rayleigh power",
        series: [
          {
            name: "capture",
            style: "line",
            points: Array.from({ length: steps }, (_, i) => {
              const f = from + ((to - from) * i) / steps;
              return [f, zSquared(times, f)] as const;
            }),
          },
        ],
        marks: [
          { axis: "x", at: CLAIMED_HZ, label: "claimed" },
          { axis: "y", at: needed, label: "1 % over all frequencies" },
        ],
      },
    ],
  };
}

const CLAIMED_HZ = 2.4;

/** The highest CV of several points of equal law: that one of them stands out is what happens. */
async function resonance({ seed, evidence }: SettleBench): Promise<Finding> {
  const random = splitmix64(seed);
  const points = 11;
  const draws = 400;
  const highest = (n: number) =>
    Float64Array.from({ length: draws }, () => {
      let most = 0;
      for (let point = 0; point < points; point++) most = Math.max(most, spread(exponentials(n, random)));
      return most;
    });
  const rows: number[][] = [];
  const measured = [25, 100, 400].map((n) => {
    const found = highest(n);
    for (const cv of found) rows.push([n, cv]);
    const reached = found.filter((cv) => cv >= 1.0426).length / draws;
    return { name: `chance that the highest of ${points} flat points of ${n} shares reaches 1.0426`, value: reached };
  });
  const least = Math.min(...measured.map(({ value }) => value));
  return {
    measured,
    controls: [{ name: "true CV at every point", value: 1 }],
    sampleSize: `${draws} simulated sweeps of ${points} frequencies; the published number of shares a point is unknown`,
    power: "400 shares a point show a CV that is higher by 0.2 at one of 11 frequencies",
    verdict: "not testable with these data",
    because: `A sweep in which nothing happens has a highest point, and it reaches the published 1.0426 in at least ${(100 * least).toFixed(0)} of 100 sweeps. Without the shares of each point nothing else can be said; the rig can measure it.`,
    evidence: [evidence.table({ name: "highest of eleven", seed, draws }, ["shares_a_point", "highest_cv"], rows)],
    origin: "software",
    plots: [],
  };
}

export function spread(x: Float64Array): number {
  const mean = x.reduce((sum, value) => sum + value, 0) / x.length;
  return Math.sqrt(x.reduce((sum, value) => sum + (value - mean) ** 2, 0) / x.length) / mean;
}

export const TIMING: readonly ClaimRow[] = [
  {
    row: 1,
    name: "non-poisson",
    claim: "Share timing is not Poisson at low voltage",
    published: 'CV "excursions"',
    device: "LV06",
    kind: "recording",
    question:
      "Raw share times at verified voltages, 800 and more a point, with a fit of the dead time, in random order beside a control at nominal voltage.",
    method:
      "Rate from the flat part of the time since a job (above 50 ms), dead time from the mean interval, CV against simulated Poisson processes with that dead time.",
    controls: ["Poisson process with the same dead time", "Poisson bands for the published sample sizes"],
    rig: {
      rig: "LV06",
      design: "nominal and three lower voltages, read back, in random blocks",
      arms: 4,
      samples: 800,
      unit: "shares",
      ratePerS: LV06_PER_S,
      settleS: 600,
      detects: "a change of CV by 0.2 at 99 %, by 0.1 at 80 %",
    },
    run: nonPoisson,
  },
  {
    row: 2,
    name: "voltage-table",
    claim: "CV falls with voltage, from 1.01 at 1.12 V to 0.40 at 0.84 V",
    published: "4 points",
    device: "LV06",
    kind: "hardware",
    question: "As row 1, with the seed really sent in the coinbase and arms in AB/BA order that the analysis does not know.",
    method: "",
    controls: ["arms blinded", "seed constant against seed varied"],
    rig: {
      rig: "LV06",
      design:
        "four voltages x two seeds, AB/BA, blinded; 0.84 V is outside what the firmware applies (1.0 to 1.3 V) and must be shown to be reached",
      arms: 8,
      samples: 800,
      unit: "shares",
      ratePerS: LV06_PER_S,
      settleS: 600,
      detects: "a change of CV by 0.1 at 80 %",
    },
    run: null,
  },
  {
    row: 3,
    name: "heartbeat",
    claim: "A silicon heartbeat",
    published: "2.4 Hz",
    device: "LV06",
    kind: "recording",
    question: "Power sampled at 50 Hz or faster and share times, each searched for lines with a correction for every frequency looked at.",
    method:
      "Rayleigh's test at 2.4 Hz, and the strongest line from 0.5 to 5 Hz with its look-elsewhere correction, on the share times of the capture.",
    controls: ["a frequency that nobody claims", "fan, regulator, radio beacon and polling as known lines (rig)"],
    rig: {
      rig: "LV06 with a shunt on its supply",
      design: "power at 1 kHz, mining and halted, fan at three speeds, polling at two rates",
      arms: 12,
      samples: 600,
      unit: "s of power",
      ratePerS: 1,
      settleS: 300,
      detects: "a line of 1e-4 of the mean power, if the shunt's noise is white at 1 %",
    },
    run: heartbeat,
  },
  {
    row: 4,
    name: "resonance",
    claim: "A resonance at 460 MHz",
    published: "CV 1.0426",
    device: "LV06",
    kind: "software",
    question: "Eleven frequencies with 400 shares each, corrected for eleven looks.",
    method: "Sweeps of eleven points of equal, exponential law are simulated; how often does the highest reach the published CV?",
    controls: ["flat CV"],
    rig: {
      rig: "LV06",
      design: "eleven frequencies from 300 to 500 MHz in random order",
      arms: 11,
      samples: 400,
      unit: "shares",
      ratePerS: LV06_PER_S,
      settleS: 300,
      detects: "one point that is higher by 0.2, Holm over eleven",
    },
    run: resonance,
  },
  {
    row: 5,
    name: "seeds",
    claim: 'Semantic seeds change the rhythm ("attention")',
    published: ".70 against .57",
    device: "LV06",
    kind: "hardware",
    question: "Seeds in the coinbase, arms in random order, 1000 shares an arm, and a test of equivalence.",
    method: "",
    controls: ["random bytes for a seed", "labels permuted"],
    rig: {
      rig: "LV06",
      design: "two seeds and random bytes, blocks of 100 shares in random order",
      arms: 3,
      samples: 1000,
      unit: "shares",
      ratePerS: LV06_PER_S,
      settleS: 60,
      detects: "a difference of CV of 0.13 at 90 %",
    },
    run: null,
  },
];
