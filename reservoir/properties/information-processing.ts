/**
 * Information processing capacity (Dambre, Verstraeten, Schrauwen, Massar 2012): capacities for all products of Legendre polynomials of past inputs, each
 * counted only beyond its null threshold. Their sum is at most the rank of the states, and equals it for a fading memory.
 */
import { ScienceError } from "../../common/errors.ts";
import type { Matrix } from "../matrix.ts";
import { capacity, type Explaining } from "./capacity.ts";
import { legendreColumns } from "./legendre.ts";
import { constantSubspace, spanBeyond } from "./subspace.ts";

/** One factor: the polynomial of this degree of the input so many steps ago. */
export interface Factor {
  readonly degree: number;
  readonly delay: number;
}

export interface FoundCapacity {
  readonly factors: readonly Factor[];
  readonly degree: number;
  readonly capacity: number;
  readonly pValue: number;
}

export interface InformationProcessing {
  /** Beyond the threshold, largest first. */
  readonly found: readonly FoundCapacity[];
  /** Sum of the capacities found, by total degree: index 1 is linear memory. */
  readonly byDegree: readonly number[];
  readonly total: number;
  readonly rank: number;
  /** Basis functions tried. */
  readonly tried: number;
  /** A capacity counts when its p is below this. */
  readonly threshold: number;
}

export interface InformationSettings {
  /** Largest delay by total degree: [degree 1, degree 2, ...]. Default [50, 20, 10, 6]. */
  readonly delays?: readonly number[];
  /** Null probability per basis function, default 1e-4 (Dambre 2012). */
  readonly threshold?: number;
  readonly onProgress?: (tried: number, total: number) => void;
}

const DELAYS = [50, 20, 10, 6];

/**
 * states: rows x features, row t read after input v[t] in [-1, 1], i.i.d. uniform. The first rows are used from the largest delay on.
 * ScienceError BAD_INPUT when v leaves [-1, 1]; NO_DATA when fewer rows than 3 x features remain.
 */
export function informationProcessing(states: Matrix, v: Float64Array, settings: InformationSettings = {}): InformationProcessing {
  const { delays = DELAYS, threshold = 1e-4, onProgress } = settings;
  if (v.length !== states.rows || v.some((value) => !(Math.abs(value) <= 1)))
    throw new ScienceError(
      "BAD_INPUT",
      "The input must be one number in [-1, 1] per row of states.",
      "Scale it: v = 4 u - 1 for u in [0, 0.5].",
    );
  const skip = Math.max(...delays);
  const n = states.rows - skip;
  if (n < 3 * states.cols)
    throw new ScienceError(
      "NO_DATA",
      `${n} usable rows are too few for ${states.cols} states.`,
      "Drive it for longer, or look less far back.",
    );
  const base = constantSubspace(n);
  const explaining: Explaining = { base, states: spanBeyond(base, columnsOf(states, skip)) };
  const polynomials = legendreColumns(v, delays.length);
  const found: FoundCapacity[] = [];
  const byDegree = new Array<number>(delays.length + 1).fill(0);
  const all = delays.flatMap((most, i) => [...products(i + 1, most)]);
  const target = new Float64Array(n);
  all.forEach((factors, tried) => {
    target.fill(1);
    for (const { degree, delay } of factors) {
      const column = polynomials[degree - 1] as Float64Array;
      for (let t = 0; t < n; t++) target[t] = (target[t] as number) * (column[skip + t - delay] as number);
    }
    const { corrected, pValue } = capacity(target, explaining);
    if (pValue < threshold) {
      const degree = factors.reduce((sum, factor) => sum + factor.degree, 0);
      found.push({ factors, degree, capacity: corrected, pValue });
      byDegree[degree] = (byDegree[degree] as number) + corrected;
    }
    onProgress?.(tried + 1, all.length);
  });
  found.sort((a, b) => b.capacity - a.capacity);
  const total = byDegree.reduce((sum, value) => sum + value, 0);
  return { found, byDegree, total, rank: explaining.states.vectors.length, tried: all.length, threshold };
}

/** All ways to share `degree` among inputs 0..most steps ago; each input once. */
function* products(degree: number, most: number, from = 0): Generator<readonly Factor[]> {
  for (let delay = from; delay <= most; delay++) {
    for (let own = degree; own >= 1; own--) {
      if (own === degree) yield [{ degree: own, delay }];
      else for (const rest of products(degree - own, most, delay + 1)) yield [{ degree: own, delay }, ...rest];
    }
  }
}

/** Columns of the rows from `skip` on. */
export function columnsOf(states: Matrix, skip = 0): Float64Array[] {
  const n = states.rows - skip;
  return Array.from({ length: states.cols }, (_, column) =>
    Float64Array.from({ length: n }, (_, row) => states.data[(row + skip) * states.cols + column] as number),
  );
}

export interface MemoryFunction {
  /** Corrected capacity for the input k steps ago, k = 0, 1, ... */
  readonly byLag: readonly number[];
  readonly pByLag: readonly number[];
  /** Sum over lags 1.. of those beyond the threshold: memory, without the present input. */
  readonly total: number;
}

/** Linear memory: capacities for v[t - k]. */
export function memoryFunction(states: Matrix, v: Float64Array, mostLag = 50, threshold = 1e-4): MemoryFunction {
  const { found } = informationProcessing(states, v, { delays: [mostLag], threshold: 2 });
  const byLag = new Array<number>(mostLag + 1).fill(0);
  const pByLag = new Array<number>(mostLag + 1).fill(1);
  for (const { factors, capacity, pValue } of found) {
    const lag = factors[0]?.delay ?? 0;
    byLag[lag] = capacity;
    pByLag[lag] = pValue;
  }
  const total = byLag.reduce((sum, value, lag) => sum + (lag > 0 && (pByLag[lag] as number) < threshold ? value : 0), 0);
  return { byLag, pByLag, total };
}
