/**
 * Does the substrate forget how it started? Pairs of runs with the same input from different initial conditions: their distance must fall to the distance
 * that two runs from the same condition keep (noise). CLAIMS A 7: a memoryless device passes trivially, so the length of memory is reported beside the answer.
 */
import { ScienceError } from "../../common/errors.ts";
import type { Matrix } from "../matrix.ts";
import { studentTQuantile } from "../statistics/special.ts";

export interface EchoState {
  /** Root mean square distance of the pairs at each step, in standard deviations of the states. */
  readonly distance: Float64Array;
  /** What two runs from the same start differ by: the floor. */
  readonly noise: number;
  /** Decay of the distance above the floor, per step (natural logarithm; negative forgets), with a 95 % interval; null when it never was above the floor. */
  readonly rate: { readonly perStep: number; readonly interval: readonly [number, number]; readonly steps: number } | null;
  /** First step from which on the distance, over any ten steps, is no larger than the floor allows; null when there is none. */
  readonly forgottenAfter: number | null;
  /** All pairs end at the floor. */
  readonly holds: boolean;
}

/** Steps over which a distance is compared with the floor: single ones scatter. */
const WINDOW = 10;

/**
 * pairs: two or more pairs of steps x features matrices, same input, different start. repeats: pairs with the same start. `within`: how much above
 * the floor still counts as the floor, relative (default 0.1, stated beforehand), beside three standard errors. ScienceError MATRIX_SHAPE, NO_DATA.
 */
export function echoState(
  pairs: readonly (readonly [Matrix, Matrix])[],
  repeats: readonly (readonly [Matrix, Matrix])[],
  within = 0.1,
): EchoState {
  const first = pairs[0]?.[0];
  if (!first || repeats.length === 0)
    throw new ScienceError(
      "NO_DATA",
      "Echo state needs a pair of runs and a repeated one.",
      "Run the same input twice from the same start, too.",
    );
  const scale = columnScales(pairs);
  const distances = pairs.map((pair) => distanceOf(pair, scale));
  const floor = repeats.map((pair) => distanceOf(pair, scale));
  const distance = meanSquareRoot(distances);
  const noise = Math.sqrt(mean(floor.flatMap((series) => [...series.map((value) => value * value)])));
  const floorLimit = (count: number) => noise * (1 + within) * (1 + 3 / Math.sqrt(2 * count)) + 1e-12;
  const quiet = (series: readonly Float64Array[], from: number, to: number) =>
    Math.sqrt(mean(series.flatMap((one) => [...one.subarray(from, to)].map((value) => value * value)))) <=
    floorLimit((to - from) * series.length);
  let forgottenAfter: number | null = null;
  for (let t = Math.max(0, distance.length - WINDOW); t >= 0 && quiet(distances, t, t + WINDOW); t--) forgottenAfter = t;
  const holds = distances.every((series) => quiet([series], Math.max(0, distance.length - WINDOW), distance.length));
  return { distance, noise, rate: decay(distances, noise), forgottenAfter, holds };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}

/** Standard deviation of each column over all runs. */
function columnScales(pairs: readonly (readonly [Matrix, Matrix])[]): Float64Array {
  const runs = pairs.flat();
  const cols = (runs[0] as Matrix).cols;
  return Float64Array.from({ length: cols }, (_, column) => {
    let [n, sum, square] = [0, 0, 0];
    for (const run of runs)
      for (let row = 0; row < run.rows; row++) {
        const value = run.data[row * cols + column] as number;
        n++;
        sum += value;
        square += value * value;
      }
    return Math.sqrt(Math.max(0, square / n - (sum / n) ** 2));
  });
}

function distanceOf([a, b]: readonly [Matrix, Matrix], scale: Float64Array): Float64Array {
  if (a.rows !== b.rows || a.cols !== b.cols || a.cols !== scale.length)
    throw new ScienceError("MATRIX_SHAPE", "Both runs of a pair need the same steps and features.", "Cut the longer one.");
  return Float64Array.from({ length: a.rows }, (_, row) => {
    let sum = 0;
    let used = 0;
    for (let column = 0; column < a.cols; column++) {
      const sd = scale[column] as number;
      if (!(sd > 0)) continue;
      const at = row * a.cols + column;
      sum += (((a.data[at] as number) - (b.data[at] as number)) / sd) ** 2;
      used++;
    }
    return used > 0 ? Math.sqrt(sum / used) : 0;
  });
}

function meanSquareRoot(series: readonly Float64Array[]): Float64Array {
  return (series[0] as Float64Array).map((_, t) => Math.sqrt(mean(series.map((one) => (one[t] as number) ** 2))));
}

/** Slope of ln distance against the step, over the leading steps in which the distance is more than three times the floor; interval over pairs. */
function decay(distances: readonly Float64Array[], noise: number): EchoState["rate"] {
  const slopes: number[] = [];
  let steps = 0;
  for (const series of distances) {
    let to = 0;
    while (to < series.length && (series[to] as number) > Math.max(3 * noise, 1e-9)) to++;
    if (to < 3) continue;
    steps = Math.max(steps, to);
    let [sx, sy, sxx, sxy] = [0, 0, 0, 0];
    for (let t = 0; t < to; t++) {
      const y = Math.log(series[t] as number);
      sx += t;
      sy += y;
      sxx += t * t;
      sxy += t * y;
    }
    slopes.push((to * sxy - sx * sy) / (to * sxx - sx * sx));
  }
  if (slopes.length === 0) return null;
  const perStep = mean(slopes);
  // One pair alone has no interval.
  if (slopes.length === 1) return { perStep, interval: [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY], steps };
  const variance = slopes.reduce((sum, slope) => sum + (slope - perStep) ** 2, 0) / (slopes.length - 1);
  const half = studentTQuantile(0.025, slopes.length - 1) * Math.sqrt(variance / slopes.length);
  return { perStep, interval: [perStep - half, perStep + half], steps };
}
