/** Do chips that are neighbours delay their answers together, more than chips that are not? */
import { splitmix64 } from "../../../common/random.ts";
import { shifted } from "../../../reservoir/statistics/surrogates.ts";
import { pByDraws } from "./draws.ts";
import type { Looked, Observed } from "./observed.ts";
import { leastAmplitude } from "./power.ts";
import { lessRunningMean } from "./scores.ts";

/** Shared rails are slow: so long do means last. */
const MEAN_S = 1;
const SHIFTS = 1999;
/** Fewer than this cannot be shifted against each other. */
const LEAST_SECONDS = 20;
/** Slower than this is temperature, which all chips share. */
const DRIFT_SECONDS = 31;
/** Below this, chips that are no neighbours go together too. */
const COMMON_BELOW = 0.25;
/** Chips whose means hold less than this of something slow have nothing that a file could show them to share. */
const LEAST_FIELD = 0.05;

/**
 * Mean correlation of neighbours' means of a second; p against the chips shifted in time. Where the others correlate as well, what all chips share is taken
 * out, and neighbours are held against the others. null where there are too few seconds, or no two chips that are no neighbours: what two chips share may be what
 * all share.
 */
export function neighboursTogether({ tS, chip }: Observed, scores: Float64Array): Looked | null {
  const firstS = tS[0] as number;
  const seconds = Math.floor(((tS[tS.length - 1] as number) - firstS) / MEAN_S);
  const places = [...new Set(chip)].sort((a, b) => a - b);
  const adjacent = places.map((place, i) => i > 0 && place === (places[i - 1] as number) + 1);
  const near = adjacent.filter(Boolean).length;
  if (near === 0 || near === (places.length * (places.length - 1)) / 2 || seconds < LEAST_SECONDS) return null;
  const rowOf = new Map(places.map((place, row) => [place, row]));
  const [sums, counts] = [0, 1].map(() => places.map(() => new Float64Array(seconds))) as [Float64Array[], Float64Array[]];
  for (let i = 0; i < tS.length; i++) {
    const second = Math.floor(((tS[i] as number) - firstS) / MEAN_S);
    if (second >= seconds) continue;
    const row = rowOf.get(chip[i] as number) as number;
    const [sum, count] = [sums[row] as Float64Array, counts[row] as Float64Array];
    sum[second] = (sum[second] as number) + (scores[i] as number);
    count[second] = (count[second] as number) + 1;
  }
  const means = sums.map((row, i) =>
    lessRunningMean(
      row.map((sum, second) => sum / Math.max(1, counts[i]?.[second] as number)),
      DRIFT_SECONDS,
    ),
  );
  const of = (rows: readonly Float64Array[]) => correlations(rows.map(unit), adjacent);
  const field = slowShare(means, counts);
  const least = field > LEAST_FIELD ? (level: number) => leastAmplitude(near * seconds * field ** 2, level, 0.5) : null;
  if (againstShifts(means, (rows) => of(rows).others) >= COMMON_BELOW)
    return { pValue: againstShifts(means, (rows) => of(rows).neighbours), least };
  const pValue = againstShifts(lessMean(means), (rows) => {
    const { neighbours, others } = of(lessMean(rows));
    return neighbours - others;
  });
  return { pValue, least };
}

/** What of the means of seconds is more than the noise of their answers, whose scores have variance 1: what could be shared. */
function slowShare(means: readonly Float64Array[], counts: readonly Float64Array[]): number {
  const shares = means.map((row, i) => {
    const size = dot(row, row) / row.length;
    const noise = (counts[i] as Float64Array).reduce((sum, count) => sum + 1 / Math.max(1, count), 0) / row.length;
    return size > 0 ? Math.max(0, 1 - ((1 - size) * noise) / size / (1 - noise)) : 0;
  });
  return shares.reduce((sum, share) => sum + share, 0) / shares.length;
}

interface Correlations {
  readonly neighbours: number;
  /** Of chips that are not neighbours; 0 where there are none. */
  readonly others: number;
}

/** One-sided. */
function againstShifts(rows: readonly Float64Array[], of: (rows: readonly Float64Array[]) => number): number {
  const seconds = rows[0]?.length ?? 0;
  const observed = of(rows);
  const random = splitmix64(seconds);
  return pByDraws(SHIFTS, () => of(rows.map((row) => shifted(row, 1 + Math.floor(random.next() * (seconds - 1))))) >= observed);
}

/** Means over pairs of rows of mean 0 and length 1. */
function correlations(rows: readonly Float64Array[], adjacent: readonly boolean[]): Correlations {
  const sum = new Float64Array(rows[0]?.length ?? 0);
  let [near, pairs] = [0, 0];
  rows.forEach((row, i) => {
    for (let second = 0; second < sum.length; second++) sum[second] = (sum[second] as number) + (row[second] as number);
    if (!adjacent[i]) return;
    near += dot(rows[i - 1] as Float64Array, row);
    pairs++;
  });
  const own = rows.reduce((total, row) => total + dot(row, row), 0);
  const others = (rows.length * (rows.length - 1)) / 2 - pairs;
  return { neighbours: near / pairs, others: others > 0 ? ((dot(sum, sum) - own) / 2 - near) / others : 0 };
}

function lessMean(rows: readonly Float64Array[]): Float64Array[] {
  const mean = new Float64Array(rows[0]?.length ?? 0);
  for (const row of rows) for (let i = 0; i < mean.length; i++) mean[i] = (mean[i] as number) + (row[i] as number) / rows.length;
  return rows.map((row) => row.map((value, i) => value - (mean[i] as number)));
}

function unit(row: Float64Array): Float64Array {
  const mean = row.reduce((sum, value) => sum + value, 0) / row.length;
  const length = Math.sqrt(row.reduce((sum, value) => sum + (value - mean) ** 2, 0));
  return row.map((value) => (length > 0 ? (value - mean) / length : 0));
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}
