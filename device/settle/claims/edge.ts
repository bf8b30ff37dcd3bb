/** Rows 14 and 15: the edge of chaos. What can the published points of the sweep have held? CLAIMS A, B, D */
import { splitmix64 } from "../../../common/random.ts";
import { poissonCvBand } from "../../../reservoir/statistics/cv-band.ts";
import { exponentials } from "../../../reservoir/statistics/monte-carlo.ts";
import type { ClaimRow, Finding, SettleBench } from "../claim.ts";
import { s9Rate } from "../rates.ts";
import { spread } from "./timing.ts";

interface EdgePoint {
  readonly mhz: number;
  readonly difficulty: number;
  readonly cv: number;
}

/** What 300 s of a published point of the sweep can have held. CLAIMS D */
async function edge({ mhz, difficulty, cv }: EdgePoint, { seed, evidence }: SettleBench): Promise<Finding> {
  const ratePerS = s9Rate(mhz, difficulty);
  const n = Math.round(ratePerS * 300);
  const band = poissonCvBand(n);
  const random = splitmix64(seed);
  const draws = 2000;
  const ofThree = Array.from({ length: draws }, () => spread(exponentials(3, random)));
  const few = ofThree.filter((one) => one <= cv).length / draws;
  return {
    measured: [
      { name: "shares that 300 s can hold", value: n },
      { name: "published CV", value: cv, band, bandOf: "95 % of a Poisson process of so many" },
      { name: "hand-over time that would explain it, s", value: (1 / cv - 1) / ratePerS },
    ],
    controls: [
      { name: "chance of so low a CV from 3 intervals", value: few },
      { name: "points that such chance gives among the sweep's 952", value: Math.round(952 * few) },
      { name: "samples a point the paper says it took", value: "10 000+" },
    ],
    sampleSize: "the published figures; neither script nor samples are published",
    power: `${n} intervals tell a CV of ${cv} from 1 in every run: what is missing is the data`,
    verdict: "not testable with these data",
    because: `At this set-point an S9 finds ${n} shares in 300 s, not ten thousand; of so many, chance gives a CV of ${band[0].toFixed(2)} to ${band[1].toFixed(2)}. The published ${cv} needs ${((1 / cv - 1) / ratePerS).toFixed(1)} s without work at each job, or a statistic of two or three intervals, of which ${(100 * few).toFixed(1)} % are as low. Only a new measurement can say.`,
    evidence: [
      evidence.table(
        { name: `CV of 3 intervals at ${mhz} MHz`, seed, draws },
        ["cv"],
        ofThree.map((one) => [one]),
      ),
    ],
    origin: "software",
    plots: [],
  };
}

const EDGE_METHOD =
  "The share rate follows from cores x clock / (difficulty x 2^32) with the hardware's floor of 256; the CV's band from simulated exponential intervals; the dead time from CV = 1/(1 + rate x dead time).";

export const EDGE: readonly ClaimRow[] = [
  {
    row: 14,
    name: "edge-sync",
    claim: 'Edge of chaos, "SYNC" at 7.6 V and 325 MHz',
    published: "CV 0.092",
    device: "S9",
    kind: "software",
    question: "1000 shares at 7.6 V, 325 MHz, difficulty 4096, with the latency of every hand-over logged.",
    method: EDGE_METHOD,
    controls: ["Poisson process", "dead time that would explain it", "chance from three intervals"],
    rig: {
      rig: "S9",
      design: "one set-point, beside 8.8 V; 7.6 V is below the firmware's 7.95 V",
      arms: 2,
      samples: 1000,
      unit: "shares",
      ratePerS: s9Rate(325, 4096),
      settleS: 600,
      detects: "a CV outside 0.94 to 1.06",
    },
    run: (bench) => edge({ mhz: 325, difficulty: 4096, cv: 0.092 }, bench),
  },
  {
    row: 15,
    name: "edge-optimal",
    claim: 'Edge of chaos, "OPTIMAL" at 7.6 V and 200 MHz',
    published: "CV 0.586, H 0.453",
    device: "S9",
    kind: "software",
    question: "1000 shares at 7.6 V, 200 MHz, difficulty 1024, with the latency of every hand-over logged.",
    method: EDGE_METHOD,
    controls: ["Poisson process", "dead time that would explain it", "chance from three intervals"],
    rig: {
      rig: "S9",
      design: "one set-point, beside 8.8 V; 7.6 V is below the firmware's 7.95 V",
      arms: 2,
      samples: 1000,
      unit: "shares",
      ratePerS: s9Rate(200, 1024),
      settleS: 600,
      detects: "a CV outside 0.94 to 1.06",
    },
    run: (bench) => edge({ mhz: 200, difficulty: 1024, cv: 0.586 }, bench),
  },
];
