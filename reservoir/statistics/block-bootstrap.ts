/** How uncertain a statistic of a correlated series is. specs/reservoir.md 4.3 */
import { ScienceError } from "../../common/errors.ts";
import { intervalExtent } from "./interval-sums.ts";
import { doubles, isConstant, requireFinite, statisticsKernels } from "./kernels.ts";
import { seededUniforms } from "./seeded.ts";

/** Integrated autocorrelation time, 1/2 + sum of autocorrelations up to the first lag beyond 5 times itself (Sokal's window), in samples; 1/2 of a constant. ScienceError BAD_VALUES. */
export function integratedAutocorrelationTime(x: ArrayLike<number>): number {
  requireFinite("Value", x);
  if (isConstant(x)) return 0.5;
  const n = x.length;
  let mean = 0;
  for (let i = 0; i < n; i++) mean += (x[i] as number) / n;
  let variance = 0;
  for (let i = 0; i < n; i++) variance += ((x[i] as number) - mean) ** 2;
  if (!(variance > 0)) return 0.5;
  let tau = 0.5;
  for (let lag = 1; lag < n / 2 && lag < 5 * tau + 1; lag++) {
    let sum = 0;
    for (let i = lag; i < n; i++) sum += ((x[i] as number) - mean) * ((x[i - lag] as number) - mean);
    tau += sum / variance;
  }
  return Math.max(0.5, tau);
}

export interface Bootstrap {
  readonly estimate: number;
  /** 95 % interval, by percentiles. */
  readonly interval: readonly [number, number];
  readonly standardError: number;
  readonly block: number;
  /** False when there are fewer than 20 blocks: then the interval is too narrow. */
  readonly reliable: boolean;
}

/**
 * Moving-block bootstrap of a statistic of rows 0..n-1 of a series: `statistic` gets the chosen row numbers. Block: max(25, 5 tau) as coverage
 * simulations demand, or as given. ScienceError NO_DATA for fewer than two draws.
 */
export function blockBootstrap(
  n: number,
  statistic: (rows: Uint32Array) => number,
  { block, draws = 999, seed = 1 }: { block: number; draws?: number; seed?: number },
): Bootstrap {
  const length = Math.max(1, Math.min(n, Math.round(block)));
  const nextRows = rowSource(n, length, seed);
  const all = new Uint32Array(n);
  for (let i = 0; i < n; i++) all[i] = i;
  return summary(
    statistic(all),
    Float64Array.from({ length: draws }, () => statistic(nextRows())),
    n,
    length,
  );
}

/** blockBootstrap of the mean of x, the same draws, from running sums: a draw costs as much as there are blocks. No values, or one that is NaN: NaN. Errors as blockBootstrap. */
export function blockBootstrapOfMean(
  x: ArrayLike<number>,
  { block, draws = 999, seed = 1 }: { block: number; draws?: number; seed?: number },
): Bootstrap {
  const n = x.length;
  const length = Math.max(1, Math.min(n, Math.round(block)));
  const means = new Float64Array(draws);
  const mean = intervalExtent(x).sum / n;
  const native = n > 0 ? statisticsKernels() : null;
  if (native !== null) native.blockMeans(doubles(x), length, BigInt.asUintN(64, BigInt(seed)), mean, means);
  else {
    // About the mean, so that the running sum stays small.
    const running = new Float64Array(n + 1);
    for (let i = 0; i < n; i++) running[i + 1] = (running[i] as number) + ((x[i] as number) - mean);
    const random = seededUniforms(seed);
    for (let draw = 0; draw < draws; draw++) {
      let sum = 0;
      for (let at = 0; at < n; at += length) {
        const from = Math.floor(random.next() * (n - length + 1));
        sum += (running[from + Math.min(length, n - at)] as number) - (running[from] as number);
      }
      means[draw] = mean + sum / n;
    }
  }
  return summary(mean, means, n, length);
}

function summary(estimate: number, draws: Float64Array, n: number, length: number): Bootstrap {
  if (draws.length < 2)
    throw new ScienceError("NO_DATA", `${draws.length} draws have no interval.`, "Draw a hundred times or more.", { draws: draws.length });
  const drawn = draws.sort();
  const count = drawn.length;
  const mean = drawn.reduce((sum, value) => sum + value, 0) / count;
  const standardError = Math.sqrt(drawn.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (count - 1));
  const at = (share: number) => drawn[Math.min(count - 1, Math.max(0, Math.round(share * (count + 1)) - 1))] as number;
  return { estimate, interval: [at(0.025), at(0.975)], standardError, block: length, reliable: n / length >= 20 };
}

/** Draw after draw of rows, in the same array: blocks that start anywhere. */
function rowSource(n: number, length: number, seed: number): () => Uint32Array {
  const rows = new Uint32Array(n);
  const native = statisticsKernels();
  if (native !== null) {
    let used = 0;
    const state = BigInt.asUintN(64, BigInt(seed));
    return () => {
      used += native.blockRows(state, used, length, rows);
      return rows;
    };
  }
  const random = seededUniforms(seed);
  return () => {
    for (let at = 0; at < n; ) {
      const from = Math.floor(random.next() * (n - length + 1));
      for (let k = 0; k < length && at < n; k++) rows[at++] = from + k;
    }
    return rows;
  };
}

/** The block that coverage simulations ask for. specs/reservoir.md 4.3 */
export function blockLength(x: ArrayLike<number>): number {
  return Math.max(25, Math.ceil(5 * integratedAutocorrelationTime(x)));
}
