import { ScienceError } from "../../common/errors.ts";

/**
 * [n, (q - 1) sqrt(n) at 2.5 %, the same at 97.5 %] for the CV (n - 1 in the variance) of n exponential intervals. n = 2 is exact,
 * sqrt(2) U; the others are seeded Monte Carlo with 4e6 samples up to n = 50, falling to 1.5e5 at n = 5000: good to 0.005. The
 * last row is the normal limit. cv-band.test.ts draws some of them again.
 */
const QUANTILES: readonly (readonly [number, number, number])[] = [
  [2, -1.3642, 0.5358],
  [3, -1.4277, 0.8617],
  [4, -1.4191, 1.0369],
  [5, -1.4114, 1.1549],
  [6, -1.41422, 1.2411],
  [7, -1.4236, 1.3146],
  [8, -1.4374, 1.3744],
  [10, -1.4617, 1.4725],
  [12, -1.4844, 1.5443],
  [15, -1.5133, 1.6283],
  [20, -1.5516, 1.7227],
  [25, -1.5801, 1.78],
  [30, -1.6052, 1.8258],
  [40, -1.64, 1.8803],
  [50, -1.6657, 1.9208],
  [70, -1.7014, 1.9601],
  [100, -1.7385, 1.9969],
  [150, -1.777, 2.0159],
  [200, -1.7972, 2.0238],
  [300, -1.8227, 2.0277],
  [500, -1.8523, 2.022],
  [1000, -1.8879, 2.0208],
  [2000, -1.9015, 1.9933],
  [5000, -1.9262, 1.9791],
  [Number.POSITIVE_INFINITY, -1.96, 1.96],
];

/**
 * Where the coefficient of variation of n intervals of a Poisson process lies in 95 of 100 cases: [low, high]. `ddof` is what the
 * variance was divided by, n - ddof: 0 as in coefficientOfVariation and the papers (CLAIMS B), 1 as in the oracles.
 * Between tabled n the scaled quantiles are interpolated in 1 / sqrt(n). ScienceError TOO_FEW_INTERVALS below n = 2.
 */
export function poissonCvBand(n: number, ddof: 0 | 1 = 0): [number, number] {
  if (!(n >= 2 && n < Number.POSITIVE_INFINITY))
    throw new ScienceError("TOO_FEW_INTERVALS", `${n} intervals have no coefficient of variation.`, "Wait for at least two intervals.", {
      n,
    });
  const below = QUANTILES.findLastIndex((row) => row[0] <= n);
  const last = QUANTILES[below] as readonly [number, number, number];
  const next = QUANTILES[below + 1] as readonly [number, number, number];
  const share = (last[0] ** -0.5 - n ** -0.5) / (last[0] ** -0.5 - next[0] ** -0.5);
  const scale = ddof === 1 ? 1 : Math.sqrt((n - 1) / n);
  const at = (side: 1 | 2) => scale * (1 + (last[side] + share * (next[side] - last[side])) / Math.sqrt(n));
  return [at(1), at(2)];
}
