/** Row 23 on twins: three boards on supplies of their own, side by side. Nothing couples them; a coupling is planted beside it. */
import { splitmix64 } from "../../../common/random.ts";
import { pearson } from "../../../reservoir/statistics/rank-correlation.ts";
import { circularShifts, shifted } from "../../../reservoir/statistics/surrogates.ts";
import type { Evidence, Rehearsal } from "../claim.ts";
import { type Arm, type RehearsalContext, recordArms, validTimes } from "./arms.ts";
import { S9Bench } from "./s9-bench.ts";

const HOUR_S = 3600;
const SHIFTS = 999;
/** Share of a board's counts that a planted common part makes up, in standard deviations. */
const PLANTED = 0.3;

export async function spatialCoupling(context: RehearsalContext): Promise<Readonly<Record<string, Rehearsal>>> {
  const counts: Float64Array[] = [];
  const evidence: Evidence[] = [];
  for (const board of [0, 1, 2]) {
    const bench = new S9Bench({ seed: context.seed + 230 + board, chips: 1, mhz: 600, ticketLog2: 0, workScale: 26 });
    const plan = { label: `board ${board}`, set: () => {}, settleS: 60, shares: Number.POSITIVE_INFINITY, mostS: HOUR_S };
    const { arms, evidence: kept } = await recordArms(context, `S9, board ${board} of three`, bench, [plan]);
    evidence.push(...kept);
    counts.push(countsPerSecond(arms[0] as Arm));
  }
  const own = strongestPair(counts, context.seed);
  const random = splitmix64(context.seed + 239);
  const common = Float64Array.from({ length: HOUR_S }, () => Math.sqrt(12) * (random.next() - 0.5));
  const planted = counts.map((series) => {
    const scale = spread(series);
    return series.map((value, i) => value + PLANTED * scale * (common[i] as number));
  });
  const found = strongestPair(planted, context.seed + 1);
  return {
    "spatial-coupling": {
      origin: "twin",
      design:
        "three twins with supplies of their own, one chip at 600 MHz and 9.40 V in the place of each board, an hour side by side, answers counted each second",
      measured: [
        { name: "largest correlation of two boards' counts", value: own.r },
        { name: "its p against circular shifts, over three pairs", value: own.pValue },
      ],
      controls: [
        { name: `planted: a common part of ${PLANTED} standard deviations, largest correlation`, value: found.r },
        { name: "planted: its p", value: found.pValue },
      ],
      sampleSize: `${HOUR_S} s of three boards`,
      shows: `Boards that share nothing show ${own.pValue < 0.05 ? "a correlation by chance" : "none"}, and a common part of a tenth of the variance is ${found.pValue < 0.05 ? "found" : "missed"} in an hour. In one housing a common supply, fan and room give such a part: it has to be measured and taken out before a coupling can be claimed.`,
      evidence,
      plots: [],
    },
  };
}

function countsPerSecond({ nonces }: Arm): Float64Array {
  const times = validTimes(nonces);
  const counts = new Float64Array(HOUR_S);
  const start = times[0] as number;
  for (const time of times) {
    const second = Math.floor(time - start);
    if (second < HOUR_S) counts[second] = (counts[second] as number) + 1;
  }
  return counts;
}

function spread(x: Float64Array): number {
  const mean = x.reduce((sum, value) => sum + value, 0) / x.length;
  return Math.sqrt(x.reduce((sum, value) => sum + (value - mean) ** 2, 0) / x.length);
}

/** Largest of three correlations; p by shifting boards against each other, largest against largest. */
function strongestPair(boards: readonly Float64Array[], seed: number): { r: number; pValue: number } {
  const [a, b, c] = boards as [Float64Array, Float64Array, Float64Array];
  const largest = (x: Float64Array, y: Float64Array, z: Float64Array) =>
    [pearson(x, y), pearson(x, z), pearson(y, z)].reduce((most, r) => (Math.abs(r) > Math.abs(most) ? r : most), 0);
  const r = largest(a, b, c);
  const random = splitmix64(seed);
  const [first, second] = [circularShifts(b.length, SHIFTS, random), circularShifts(c.length, SHIFTS, random)];
  let as = 0;
  for (let i = 0; i < SHIFTS; i++)
    if (Math.abs(largest(a, shifted(b, first[i] as number), shifted(c, second[i] as number))) >= Math.abs(r)) as++;
  return { r, pValue: (1 + as) / (1 + SHIFTS) };
}
