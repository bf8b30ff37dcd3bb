/** Mutual information, nats: of tables by counting, of continuous samples by nearest neighbours. specs/reservoir.md 4.1, oracle `mutual_information`. */
import { ScienceError } from "../../common/errors.ts";
import { permutation } from "../../common/random.ts";
import { doubles, requireFinite, statisticsKernels } from "./kernels.ts";
import { monteCarloP } from "./monte-carlo.ts";
import { seededUniforms } from "./seeded.ts";
import { chi2Sf, digamma } from "./special.ts";

export interface TableInformation {
  readonly n: number;
  /** Plug-in estimate: too large by about (r - 1)(c - 1) / 2n. */
  readonly plugin: number;
  /** With Miller and Madow's correction by the occupied cells; may be negative. */
  readonly corrected: number;
  /** G = 2 n plugin, chi-squared with (r - 1)(c - 1) degrees of freedom under independence. */
  readonly g: number;
  readonly pValue: number;
}

/** rows x cols table of counts, row-major. Empty rows and columns do not count. ScienceError NO_DATA, BAD_VALUES. */
export function tableInformation(table: ArrayLike<number>, rows: number, cols: number): TableInformation {
  const rowSums = new Float64Array(rows);
  const colSums = new Float64Array(cols);
  let n = 0;
  let counts = table.length === rows * cols;
  for (let r = 0; r < rows; r++) {
    let sum = 0;
    for (let c = 0; c < cols; c++) {
      const count = table[r * cols + c] as number;
      if (!(count >= 0)) counts = false;
      colSums[c] = (colSums[c] as number) + count;
      sum += count;
    }
    rowSums[r] = sum;
    n += sum;
  }
  const wrong = counts ? -1 : Array.prototype.findIndex.call(table, (count: number) => !(count >= 0));
  if (wrong >= 0) throw new ScienceError("BAD_VALUES", `Count ${wrong} is ${table[wrong]}.`, "Count from 0 up.", { at: wrong });
  if (!counts || !(n > 0))
    throw new ScienceError("NO_DATA", `A ${rows} x ${cols} table of ${n} counts holds no information.`, "Count something first.");
  let plugin = 0;
  let cells = 0;
  for (let r = 0; r < rows; r++) {
    const rowSum = rowSums[r] as number;
    for (let c = 0; c < cols; c++) {
      const count = table[r * cols + c] as number;
      if (count === 0) continue;
      cells++;
      plugin += (count / n) * Math.log((count * n) / (rowSum * (colSums[c] as number)));
    }
  }
  const used = (sums: Float64Array) => sums.reduce((total, sum) => total + (sum > 0 ? 1 : 0), 0);
  const [r, c] = [used(rowSums), used(colSums)];
  const g = 2 * n * plugin;
  const freedom = (r - 1) * (c - 1);
  return { n, plugin, corrected: plugin - (cells - r - c + 1) / (2 * n), g, pValue: freedom > 0 ? chi2Sf(g, freedom) : 1 };
}

/** How often each pair of codes 0 .. rows - 1 and 0 .. cols - 1 occurs: a table for tableInformation. ScienceError NO_DATA, BAD_VALUES. */
export function pairCounts(a: ArrayLike<number>, b: ArrayLike<number>, rows: number, cols: number): Float64Array {
  if (a.length !== b.length) throw new ScienceError("NO_DATA", `${a.length} codes and ${b.length} are not pairs.`, "Pass one for each.");
  const counts = new Float64Array(rows * cols);
  const bytes = a instanceof Uint8Array && b instanceof Uint8Array && Math.max(rows, cols) <= 256 ? statisticsKernels() : null;
  // What is out of range is looked for only when there is some.
  if (bytes?.pairCounts(a as Uint8Array, b as Uint8Array, rows, cols, counts)) return counts;
  counts.fill(0);
  for (let i = 0; i < a.length; i++) {
    const [row, col] = [a[i] as number, b[i] as number];
    if (!(row >= 0 && row < rows && col >= 0 && col < cols && Number.isInteger(row) && Number.isInteger(col)))
      throw badPair(i, row, col, rows, cols);
    counts[row * cols + col] = (counts[row * cols + col] as number) + 1;
  }
  return counts;
}

const badPair = (at: number, row: number, col: number, rows: number, cols: number) =>
  new ScienceError("BAD_VALUES", `Pair ${at} is ${row}, ${col}.`, `Use whole codes below ${rows} and ${cols}.`, { at });

/**
 * Kraskov, Stoegbauer and Grassberger's first estimator (2004) with k neighbours in the maximum norm: psi(k) + psi(n) - <psi(nx + 1) + psi(ny + 1)>.
 * x, y: n numbers each. Cost n log n, n^2 without the addon. ScienceError NO_DATA; BAD_VALUES for one that is not finite, and where a pair occurs more than k
 * times: its neighbours are at no distance, and of a constant the estimate would be ln n.
 */
export function nearestNeighbourInformation(x: ArrayLike<number>, y: ArrayLike<number>, k = 3): number {
  const n = x.length;
  if (y.length !== n) throw new ScienceError("NO_DATA", `${n} values and ${y.length} are not pairs.`, "Pass one for each.", { n });
  if (n <= k + 1) throw new ScienceError("NO_DATA", `${n} pairs are too few for ${k} neighbours.`, "Collect more data.", { n, k });
  requireFinite("Value", x);
  requireFinite("Value", y);
  const native = k <= MOST_NEIGHBOURS ? statisticsKernels() : null;
  const table = digammas(n);
  if (native !== null) {
    const sum = native.neighbourSum(doubles(x), doubles(y), k, table);
    if (Number.isNaN(sum)) throw tied(k);
    return digamma(k) + digamma(n) - sum / n;
  }
  const nearest = new Float64Array(k);
  let sum = 0;
  for (let i = 0; i < n; i++) {
    nearest.fill(Number.POSITIVE_INFINITY);
    const [xi, yi] = [x[i] as number, y[i] as number];
    for (let j = 0; j < n; j++) {
      if (j === i) continue;
      const d = Math.max(Math.abs((x[j] as number) - xi), Math.abs((y[j] as number) - yi));
      if (d >= (nearest[k - 1] as number)) continue;
      let at = k - 1;
      for (; at > 0 && (nearest[at - 1] as number) > d; at--) nearest[at] = nearest[at - 1] as number;
      nearest[at] = d;
    }
    const reach = nearest[k - 1] as number;
    if (reach === 0) throw tied(k);
    let [nx, ny] = [0, 0];
    for (let j = 0; j < n; j++) {
      if (j === i) continue;
      if (Math.abs((x[j] as number) - xi) < reach) nx++;
      if (Math.abs((y[j] as number) - yi) < reach) ny++;
    }
    sum += (table[nx + 1] as number) + (table[ny + 1] as number);
  }
  return digamma(k) + digamma(n) - sum / n;
}

const tied = (k: number) =>
  new ScienceError("BAD_VALUES", `Some pair has ${k} others at the very same place.`, "Add the clock's tick as noise first.", { k });

/** What the native search keeps at hand. */
const MOST_NEIGHBOURS = 64;

/** digamma(i) for i = 1 .. n by its recurrence, started anew every so often so that rounding does not add up. */
function digammas(n: number): Float64Array {
  const table = new Float64Array(n + 1);
  for (let i = 1; i <= n; i++) table[i] = i % 64 === 1 ? digamma(i) : (table[i - 1] as number) + 1 / (i - 1);
  return table;
}

/** p of "x tells nothing of y" by shuffling y: assumes that neighbours in time are independent; shift instead where they are not. */
export function permutationInformation(
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  { k = 3, draws = 199, seed = 1 } = {},
): { information: number; pValue: number } {
  const information = nearestNeighbourInformation(x, y, k);
  const random = seededUniforms(seed);
  const nulls = Float64Array.from({ length: draws }, () => {
    const order = permutation(y.length, random);
    const shuffled = Float64Array.from(order, (at) => y[at] as number);
    return nearestNeighbourInformation(x, shuffled, k);
  });
  return { information, pValue: monteCarloP(information, nulls) };
}
