/**
 * The timing statistics' kernels (stat_*.h). Synchronous; arrays are read and written in place; TypeError where one has the wrong type or
 * length. They check sizes, not sense: statistics/ refuses what has no answer.
 */
export interface StatisticsKernels {
  /** So many values that are whatever was in the memory, which is used again when they are collected; null when too much of it is out. */
  unfilled(length: number): Float64Array | null;
  /** out: sum and least of the intervals; `events`: x holds event times, whose differences they are. */
  intervalExtent(x: Float64Array, events: boolean, out: Float64Array): void;
  /** Sum of squares of the differences of event times about the mean given. */
  intervalSquares(times: Float64Array, mean: number): number;
  /** out: pairs of neighbours that are not both 0, their squared and absolute contrasts, products about the mean; sum and squares about it. */
  neighbourSums(x: Float64Array, events: boolean, mean: number, out: Float64Array): void;
  neverFalls(x: Float64Array): boolean;
  everyFinite(x: Float64Array): boolean;
  /** Sum of squared second (order 2) or third (3) differences over m, every `step`. */
  differenceSquares(x: Float64Array, m: number, order: number, step: number): number;
  windowCounts(times: Float64Array, window: number, counts: Float64Array): void;
  /** out, four a window length: windows, events, sum of squares about the mean count, sum of squared differences of neighbours. */
  windowSums(times: Float64Array, windows: Float64Array, until: number, out: Float64Array): void;
  /** In place; NaN last. */
  sort(x: Float64Array): void;
  /** order[rank] = index; equal values by index. */
  sortedOrder(x: Float64Array, order: Uint32Array): void;
  /** Sorts x. out: mean, Kolmogorov's distance, A^2. */
  exponentialDistances(x: Float64Array, out: Float64Array): void;
  /** Returns how many values equal the one before; -1, with counts of no meaning, when some value is not finite. */
  ordinalCounts(x: Float64Array, breaker: Float64Array | null, order: number, delay: number, counts: Float64Array): number;
  /** out, one row of frequencies after the other: re, im; with values also of twice the frequency, and weighted by them. */
  harmonicSums(times: Float64Array, values: Float64Array | null, first: number, step: number, out: Float64Array): void;
  fourier(re: Float64Array, im: Float64Array, backward: boolean): void;
  multitaper(x: Float64Array, mean: number, tapers: number, size: number, power: Float64Array, pValue: Float64Array): void;
  iaaft(x: Float64Array, series: Float64Array, iterations: number): void;
  /** Numbers first, first + 1, ... of splitmix64(seed). */
  uniforms(seed: bigint, first: number, out: Float64Array): void;
  /** Blocks of `block` values in random order. */
  shuffle(x: Float64Array, block: number, seed: bigint, out: Float64Array): void;
  /** Returns how many numbers of the stream were used. */
  blockRows(seed: bigint, first: number, block: number, rows: Uint32Array): number;
  /** means[d]: of x over the rows of the d-th draw of blockRows; mean: of x. */
  blockMeans(x: Float64Array, block: number, seed: bigint, mean: number, means: Float64Array): void;
  /** counts, rows x cols: of each pair of codes; false, with counts of no meaning, when some code is too large. */
  pairCounts(a: Uint8Array, b: Uint8Array, rows: number, cols: number, counts: Float64Array): boolean;
  /** digamma: of 0 .. n; entry 0 is not used. */
  neighbourSum(x: Float64Array, y: Float64Array, k: number, digamma: Float64Array): number;
  /** out: radius, points, points on diagonals, lines, longest, points on verticals. */
  recurrence(x: Float64Array, dimension: number, delay: number, rank: number, leastLine: number, out: Float64Array): void;
}
