/** The coefficient of variation of the intervals between nonces, block by block, against what a Poisson process gives. */

/**
 * [n, low, high]: where the CV of n intervals of a Poisson process lies in 95 of 100 cases (variance divided by n - 1). Seeded Monte Carlo, 20 000 to
 * 40 000 blocks each, good to 0.002; cv-blocks.test.ts draws some of them again.
 */
export const CV_BANDS = [
  [64, 0.7885, 1.2436],
  [128, 0.845, 1.1792],
  [256, 0.8867, 1.1281],
  [512, 0.9181, 1.0904],
  [1024, 0.9414, 1.0634],
  [2048, 0.958, 1.0443],
  [4096, 0.9699, 1.0313],
] as const;

/** Enough blocks to see a course, as long as they allow. */
const WANTED_BLOCKS = 24;

export interface CvBlocks {
  /** Intervals in a block. */
  readonly intervals: number;
  readonly band: readonly [number, number];
  /** Seconds before the last event at which each block ends (negative), and its CV. */
  readonly endS: readonly number[];
  readonly cv: readonly number[];
  /** Blocks outside the band: one in twenty is what chance gives. */
  readonly outside: number;
}

/** `timesMs` ascending; null with fewer than two of the shortest blocks. */
export function cvBlocks(timesMs: Float64Array): CvBlocks | null {
  const total = timesMs.length - 1;
  const fitting = CV_BANDS.findLast(([n]) => total / n >= WANTED_BLOCKS) ?? CV_BANDS[0];
  const [intervals, low, high] = fitting;
  const blocks = Math.floor(total / intervals);
  if (blocks < 2) return null;
  const last = timesMs[total] as number;
  const endS: number[] = [];
  const cv: number[] = [];
  for (let block = blocks; block > 0; block--) {
    const to = total - (block - 1) * intervals;
    endS.push(((timesMs[to] as number) - last) / 1000);
    cv.push(variation(timesMs, to - intervals, to));
  }
  return { intervals, band: [low, high], endS, cv, outside: cv.filter((value) => value < low || value > high).length };
}

function variation(timesMs: Float64Array, from: number, to: number): number {
  const n = to - from;
  const mean = ((timesMs[to] as number) - (timesMs[from] as number)) / n;
  let squares = 0;
  for (let i = from; i < to; i++) squares += ((timesMs[i + 1] as number) - (timesMs[i] as number) - mean) ** 2;
  return Math.sqrt(squares / (n - 1)) / mean;
}
