/** How many different things a set of states says. specs/reservoir.md 4, oracle `rank`. */
import type { Matrix } from "../matrix.ts";
import { columnsOf } from "./information-processing.ts";
import { dot } from "./subspace.ts";

/** Singular values of a matrix whose columns are centred, largest first: one-sided Jacobi rotations, exact to rounding even for the smallest. */
export function singularValues(x: Matrix): Float64Array {
  const columns = columnsOf(x).map((column) => {
    const mean = column.reduce((sum, value) => sum + value, 0) / column.length;
    return column.map((value) => value - mean);
  });
  for (let sweep = 0; sweep < 60; sweep++) {
    let largest = 0;
    for (let i = 0; i < columns.length; i++)
      for (let j = i + 1; j < columns.length; j++)
        largest = Math.max(largest, rotate(columns[i] as Float64Array, columns[j] as Float64Array));
    if (largest < 1e-14) break;
  }
  return Float64Array.from(columns, (column) => Math.sqrt(dot(column, column)))
    .sort()
    .reverse();
}

/** Makes two columns orthogonal; returns the cosine that was between them. */
function rotate(a: Float64Array, b: Float64Array): number {
  const [aa, bb, ab] = [dot(a, a), dot(b, b), dot(a, b)];
  const cosine = aa > 0 && bb > 0 ? Math.abs(ab) / Math.sqrt(aa * bb) : 0;
  if (cosine < 1e-15) return 0;
  const tangent2 = (bb - aa) / (2 * ab);
  const t = Math.sign(tangent2 || 1) / (Math.abs(tangent2) + Math.sqrt(1 + tangent2 * tangent2));
  const c = 1 / Math.sqrt(1 + t * t);
  const s = c * t;
  for (let i = 0; i < a.length; i++) {
    const [ai, bi] = [a[i] as number, b[i] as number];
    a[i] = c * ai - s * bi;
    b[i] = s * ai + c * bi;
  }
  return cosine;
}

export interface RankMeasures {
  /** Singular values above 1e-6 of the largest. */
  readonly rank: number;
  /** (sum s^2)^2 / sum s^4. */
  readonly participation: number;
  /** exp of the entropy of s^2 / sum s^2: of the shares of variance. */
  readonly effective: number;
}

export function rankMeasures(values: Float64Array, tolerance = 1e-6): RankMeasures {
  const largest = values[0] ?? 0;
  let [square, fourth] = [0, 0];
  for (const s of values) {
    square += s * s;
    fourth += s ** 4;
  }
  let entropy = 0;
  for (const s of values) if (s > 0) entropy -= (s ** 2 / square) * Math.log(s ** 2 / square);
  return {
    rank: largest > 0 ? values.reduce((count, s) => count + (s > tolerance * largest ? 1 : 0), 0) : 0,
    participation: fourth > 0 ? square ** 2 / fourth : 0,
    effective: square > 0 ? Math.exp(entropy) : 0,
  };
}

export interface SeparationRanks {
  /** Rank of the final states of inputs that differ everywhere: how many it can tell apart. Legenstein, Maass 2007 */
  readonly kernel: number;
  /** Rank of the final states of inputs that agree at the end and differ before: how much of the irrelevant past it keeps. */
  readonly generalisation: number;
  /** At least this much above the noise of repeated runs, relative to the largest singular value. */
  readonly tolerance: number;
}

/**
 * Kernel and generalisation rank from final states, one row per input sequence; `repeated` rows come from one and the same input, and what they
 * span is noise: its largest singular value sets the tolerance (or 1e-6 when there is none).
 */
export function separationRanks(different: Matrix, alikeAtTheEnd: Matrix, repeated: Matrix | null): SeparationRanks {
  const kernel = singularValues(different);
  const noise = repeated ? (singularValues(repeated)[0] as number) * Math.sqrt(different.rows / Math.max(1, repeated.rows)) : 0;
  const largest = kernel[0] as number;
  const tolerance = Math.max(1e-6, largest > 0 ? noise / largest : 1);
  const generalisation = singularValues(alikeAtTheEnd);
  const above = (values: Float64Array) => values.reduce((count, s) => count + (s > tolerance * largest ? 1 : 0), 0);
  return { kernel: above(kernel), generalisation: above(generalisation), tolerance };
}
