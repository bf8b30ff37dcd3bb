/** Do chips that are neighbours delay their answers together, more than chips that are not? */
import { splitmix64 } from "../../../common/random.ts";
import { pearson } from "../../../reservoir/statistics/rank-correlation.ts";
import { shifted } from "../../../reservoir/statistics/surrogates.ts";
import type { Observed } from "./observed.ts";

/** Shared rails are slow: so long do means last. */
const MEAN_S = 1;
const SHIFTS = 1999;
/** Fewer than this cannot be shifted against each other. */
const LEAST_SECONDS = 20;

/** Mean correlation of neighbours' means of a second; p against the chips shifted in time. 1 where there are too few. */
export function neighboursP({ tS, chip, residualNs }: Observed): number {
  const firstS = tS[0] as number;
  const seconds = Math.floor(((tS[tS.length - 1] as number) - firstS) / MEAN_S);
  const chips = chip.reduce((most, one) => Math.max(most, one), 0) + 1;
  if (chips < 2 || seconds < LEAST_SECONDS) return 1;
  const [sums, counts] = [0, 1].map(() => Array.from({ length: chips }, () => new Float64Array(seconds))) as [
    Float64Array[],
    Float64Array[],
  ];
  tS.forEach((at, i) => {
    const second = Math.floor((at - firstS) / MEAN_S);
    if (second >= seconds) return;
    const [sum, count] = [sums[chip[i] as number] as Float64Array, counts[chip[i] as number] as Float64Array];
    sum[second] = (sum[second] as number) + (residualNs[i] as number);
    count[second] = (count[second] as number) + 1;
  });
  const means = sums.map((row, one) => row.map((sum, second) => sum / Math.max(1, counts[one]?.[second] as number)));
  const observed = ofNeighbours(means);
  const random = splitmix64(seconds);
  let as = 0;
  for (let i = 0; i < SHIFTS; i++)
    if (ofNeighbours(means.map((row) => shifted(row, 1 + Math.floor(random.next() * (seconds - 1))))) >= observed) as++;
  return (1 + as) / (1 + SHIFTS);
}

function ofNeighbours(rows: readonly Float64Array[]): number {
  let sum = 0;
  for (let i = 1; i < rows.length; i++) {
    const r = pearson(rows[i - 1] as Float64Array, rows[i] as Float64Array);
    sum += Number.isFinite(r) ? r : 0;
  }
  return sum / (rows.length - 1);
}
