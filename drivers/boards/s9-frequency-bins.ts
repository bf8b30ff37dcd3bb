/**
 * The stock firmware's table of 114 frequencies, to which the factory data's bins are indices. specs/bm1387.md 2.1
 * Rebuilt from the dividers behind it, and checked against the 189 bins of three real boards. (The text's "66 = 606" is off by
 * one: those boards say that 66 is 600 and 67 is 606.)
 */

/** 25 MHz * fb / (2 * postDividers) for fb from `first` to `last` by `step`. */
const grid = (postDividers: number, first: number, last: number, step = 1): number[] =>
  Array.from({ length: Math.floor((last - first) / step) + 1 }, (_, i) => (25 * (first + i * step)) / (2 * postDividers));

/** 404.17 to 533.33 MHz; every third is on the finer grid too. Its next, 541.67 MHz, is not in the table. */
const thirds = grid(3, 97, 128).filter((_, i) => (97 + i) % 3 !== 0);

/** MHz by index, exact; the stock firmware shows them cut to whole MHz (462.5 is "462"). */
export const FREQUENCY_BINS_MHZ: readonly number[] = [
  ...grid(4, 32, 128, 8),
  ...[...thirds, ...grid(2, 65, 128)].sort((a, b) => a - b),
  ...grid(1, 66, 94, 2),
];
