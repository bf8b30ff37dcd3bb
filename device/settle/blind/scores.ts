/** Delays as the tests see them: no outlier, no chip's own offset or scale, no slow drift. */
import { rankGaussianised } from "../../../reservoir/statistics/surrogates.ts";

/** The places of each chip's answers, in order of time. */
function placesByChip(chip: Int32Array): number[][] {
  const places = new Map<number, number[]>();
  for (let i = 0; i < chip.length; i++) {
    const own = places.get(chip[i] as number);
    if (own === undefined) places.set(chip[i] as number, [i]);
    else own.push(i);
  }
  return [...places.values()];
}

/** Normal scores by rank among the answers of the same chip. */
export function chipScores(chip: Int32Array, values: Float64Array): Float64Array {
  const scores = new Float64Array(values.length);
  for (const places of placesByChip(chip)) {
    const own = rankGaussianised(Float64Array.from(places, (i) => values[i] as number));
    for (let k = 0; k < places.length; k++) scores[places[k] as number] = own[k] as number;
  }
  return scores;
}

/** Less the mean of about `width` answers of the same chip around each. Steps and drifts slower than that are gone. */
export function levelled(chip: Int32Array, values: Float64Array, width: number): Float64Array {
  const out = new Float64Array(values.length);
  for (const places of placesByChip(chip)) {
    const own = lessRunningMean(
      Float64Array.from(places, (i) => values[i] as number),
      width,
    );
    for (let k = 0; k < places.length; k++) out[places[k] as number] = own[k] as number;
  }
  return out;
}

export function lessRunningMean(values: Float64Array, width: number): Float64Array {
  const means = runningMean(values, width);
  return values.map((value, i) => value - (means[i] as number));
}

/** Of `width` values around each; as many at the ends, to one side. */
export function runningMean(values: Float64Array, width: number): Float64Array {
  const n = values.length;
  const sums = new Float64Array(n + 1);
  for (let i = 0; i < n; i++) sums[i + 1] = (sums[i] as number) + (values[i] as number);
  const size = Math.min(n, width);
  return values.map((_, i) => {
    const from = Math.max(0, Math.min(n - size, i - Math.floor(size / 2)));
    return ((sums[from + size] as number) - (sums[from] as number)) / size;
  });
}

/** Numbers without what least squares finds of the columns in them. Columns that say nothing new are left out. */
export function less(values: Float64Array, columns: readonly Float64Array[]): Float64Array {
  const rest = Float64Array.from(values);
  const basis: Float64Array[] = [];
  for (const column of [new Float64Array(values.length).fill(1), ...columns]) {
    const own = Float64Array.from(column);
    const size = dot(own, own);
    for (const other of basis) take(own, other);
    if (dot(own, own) <= 1e-12 * size) continue;
    basis.push(own);
    take(rest, own);
  }
  return rest;
}

function take(from: Float64Array, what: Float64Array): void {
  const factor = dot(from, what) / dot(what, what);
  for (let i = 0; i < from.length; i++) from[i] = (from[i] as number) - factor * (what[i] as number);
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}
