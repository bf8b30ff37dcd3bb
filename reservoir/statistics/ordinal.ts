/**
 * Ordinal patterns: permutation entropy and Jensen-Shannon statistical complexity (Bandt, Pompe 2002; Lamberti et al. 2004), the plane that PECCARY
 * maps signals on. Definitions and oracle: specs/reservoir.md 4.1, `ordinal`.
 */
import { ScienceError } from "../../common/errors.ts";
import type { Random } from "../../common/random.ts";
import { doubles, requireFinite, statisticsKernels } from "./kernels.ts";
import { monteCarloP } from "./monte-carlo.ts";
import { seededUniforms } from "./seeded.ts";

export interface OrdinalPlane {
  readonly order: number;
  readonly delay: number;
  /** Windows counted. */
  readonly n: number;
  /** Entropy over ln(order!): 1 for white noise. */
  readonly entropy: number;
  readonly complexity: number;
  /** Patterns that did not occur. */
  readonly missing: number;
  /** Share of neighbouring pairs that are equal: above a few per cent the patterns show the clock's tick, not the signal. */
  readonly ties: number;
}

const LARGEST_ORDER = 8;

/**
 * Counts of the order! patterns, numbered lexicographically by the stable argsort of each window x[i], x[i + delay], ...; equal values keep their order
 * unless `ties` breaks them at random. ScienceError BAD_ORDER, NO_DATA, BAD_VALUES.
 */
export function ordinalCounts(x: ArrayLike<number>, order: number, delay = 1, ties: Random | null = null): Float64Array {
  return countsAndTies(x, order, delay, ties).counts;
}

/** As ordinalCounts, with the number of values that equal the one before. */
function countsAndTies(
  x: ArrayLike<number>,
  order: number,
  delay: number,
  ties: Random | null,
): { readonly counts: Float64Array; readonly equal: number } {
  if (!Number.isInteger(order) || order < 2 || order > LARGEST_ORDER || !Number.isInteger(delay) || delay < 1)
    throw new ScienceError("BAD_ORDER", `No patterns of order ${order}, delay ${delay}.`, `Use an order of 2 to ${LARGEST_ORDER}.`, {
      order,
      delay,
    });
  const windows = x.length - (order - 1) * delay;
  if (windows < 1) throw new ScienceError("NO_DATA", `${x.length} values hold no pattern of order ${order}.`, "Collect more data.");
  const breaker = ties ? Float64Array.from({ length: x.length }, () => ties.next()) : null;
  const counts = new Float64Array(factorial(order));
  const native = statisticsKernels();
  const equal = native === null ? equalNeighbours(x) : native.ordinalCounts(doubles(x), breaker, order, delay, counts);
  if (native === null || equal < 0) requireFinite("Value", x);
  if (native !== null) return { counts, equal };
  const sorted = new Int32Array(order);
  for (let from = 0; from < windows; from++) {
    for (let k = 0; k < order; k++) {
      const value = x[from + k * delay] as number;
      let at = k;
      while (at > 0) {
        const other = sorted[at - 1] as number;
        const held = x[from + other * delay] as number;
        const after =
          held > value ||
          (held === value && breaker !== null && (breaker[from + other * delay] as number) > (breaker[from + k * delay] as number));
        if (!after) break;
        sorted[at] = other;
        at--;
      }
      sorted[at] = k;
    }
    const index = lexicographic(sorted);
    counts[index] = (counts[index] as number) + 1;
  }
  return { counts, equal };
}

function factorial(n: number): number {
  return n < 2 ? 1 : n * factorial(n - 1);
}

function lexicographic(permutation: Int32Array): number {
  const n = permutation.length;
  let index = 0;
  for (let i = 0; i < n; i++) {
    let smaller = 0;
    for (let j = i + 1; j < n; j++) if ((permutation[j] as number) < (permutation[i] as number)) smaller++;
    index = index * (n - i) + smaller;
  }
  return index;
}

/** Normalised entropy and complexity of pattern counts. */
export function ordinalPlaneOf(counts: ArrayLike<number>): { entropy: number; complexity: number; missing: number } {
  const patterns = counts.length;
  let total = 0;
  for (let i = 0; i < patterns; i++) total += counts[i] as number;
  let own = 0;
  let mixed = 0;
  let missing = 0;
  for (let i = 0; i < patterns; i++) {
    const p = (counts[i] as number) / total;
    if (p > 0) own -= p * Math.log(p);
    else missing++;
    const half = (p + 1 / patterns) / 2;
    mixed -= half * Math.log(half);
  }
  const most = Math.log(patterns);
  const entropy = own / most;
  const scale = -2 / (((patterns + 1) / patterns) * Math.log(patterns + 1) - 2 * Math.log(2 * patterns) + Math.log(patterns));
  return { entropy, complexity: scale * (mixed - own / 2 - most / 2) * entropy, missing };
}

export function ordinalPlane(x: ArrayLike<number>, order: number, delay = 1, ties: Random | null = null): OrdinalPlane {
  const { counts, equal } = countsAndTies(x, order, delay, ties);
  return {
    order,
    delay,
    n: x.length - (order - 1) * delay,
    ...ordinalPlaneOf(counts),
    ties: equal / Math.max(1, x.length - 1),
  };
}

function equalNeighbours(x: ArrayLike<number>): number {
  let equal = 0;
  for (let i = 1; i < x.length; i++) if (x[i] === x[i - 1]) equal++;
  return equal;
}

export interface OrdinalTest extends OrdinalPlane {
  /** The chance that independent values of any one continuous law have so low an entropy at this n. */
  readonly pValue: number;
  /** Entropy under the null at this n. */
  readonly nullMean: number;
  readonly nullSd: number;
  /** The chance that they have so high a complexity, and complexity under the null: short series of noise are not at 0. */
  readonly pComplexity: number;
  readonly nullComplexityMean: number;
  readonly nullComplexitySd: number;
  /** Enough data for the entropy to mean something by itself: 50 order! values. specs/reservoir.md 4.1 */
  readonly enough: boolean;
}

/**
 * Where independent values of this very n lie in the plane, by Monte Carlo, ties broken at random in the data. The two p look at one departure from
 * noise from two sides: choose one beforehand, or correct for both. Oracle `ordinal.finite_size_iid_noise_montecarlo`.
 */
export function testOrdinal(x: ArrayLike<number>, order: number, { delay = 1, draws = 199, seed = 1 } = {}): OrdinalTest {
  const random = seededUniforms(seed);
  const found = ordinalPlane(x, order, delay, random);
  const entropies = new Float64Array(draws);
  const complexities = new Float64Array(draws);
  for (let draw = 0; draw < draws; draw++) {
    const noise = Float64Array.from({ length: x.length }, () => random.next());
    const { entropy, complexity } = ordinalPlaneOf(ordinalCounts(noise, order, delay));
    entropies[draw] = entropy;
    complexities[draw] = complexity;
  }
  const [nullMean, nullSd] = meanAndSd(entropies);
  const [nullComplexityMean, nullComplexitySd] = meanAndSd(complexities);
  const pValue = monteCarloP(
    -found.entropy,
    entropies.map((value) => -value),
  );
  const pComplexity = monteCarloP(found.complexity, complexities);
  const enough = x.length >= 50 * factorial(order);
  return { ...found, pValue, nullMean, nullSd, pComplexity, nullComplexityMean, nullComplexitySd, enough };
}

function meanAndSd(values: Float64Array): [number, number] {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return [mean, Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1))];
}
