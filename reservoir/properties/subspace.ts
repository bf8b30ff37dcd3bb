/** Subspaces of the space of time series, by orthonormal series: what capacities are projections onto. */
import { ScienceError } from "../../common/errors.ts";

/** A column that keeps less than this of its spread beyond the base, or beyond the other columns, adds rounding alone. */
const TOLERANCE = 1e-6;

/** Orthonormal series of n values each. */
export interface Subspace {
  readonly n: number;
  readonly vectors: readonly Float64Array[];
}

export function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}

/** Takes the part within the subspace off `series`, in place; twice, so that rounding of the first time goes too. */
export function removeWithin(series: Float64Array, { vectors }: Subspace): Float64Array {
  for (let pass = 0; pass < 2; pass++) {
    for (const vector of vectors) {
      const along = dot(series, vector);
      if (along === 0) continue;
      for (let i = 0; i < series.length; i++) series[i] = (series[i] as number) - along * (vector[i] as number);
    }
  }
  return series;
}

/** The constant series. */
export function constantSubspace(n: number): Subspace {
  return { n, vectors: [new Float64Array(n).fill(1 / Math.sqrt(n))] };
}

/**
 * What `columns` span beyond `base` (which should hold the constant): orthonormal, orthogonal to the base, largest first. Columns whose spread
 * lies within the rest to a part in 10^6 are left out, so the number of vectors is the rank. ScienceError MATRIX_SHAPE, NON_FINITE.
 */
export function spanBeyond(base: Subspace, columns: readonly Float64Array[]): Subspace {
  const { n } = base;
  const open: Float64Array[] = [];
  for (const [at, column] of columns.entries()) {
    if (column.length !== n)
      throw new ScienceError("MATRIX_SHAPE", `Column ${at} has ${column.length} rows, the base ${n}.`, "Use the same rows for both.");
    const mean = column.reduce((sum, value) => sum + value, 0) / n;
    const rest = column.map((value) => value - mean);
    const spread = Math.sqrt(dot(rest, rest));
    if (!Number.isFinite(spread))
      throw new ScienceError("NON_FINITE", `Column ${at} has values that are not finite.`, "Leave out the rows or the feature.", {
        column: at,
      });
    if (spread <= 16 * Number.EPSILON * Math.abs(mean) * Math.sqrt(n)) continue;
    for (let i = 0; i < n; i++) rest[i] = (rest[i] as number) / spread;
    open.push(removeWithin(rest, base));
  }
  const vectors: Float64Array[] = [];
  while (open.length > 0) {
    let [best, length] = [-1, TOLERANCE];
    for (const [at, rest] of open.entries()) {
      const norm = Math.sqrt(dot(rest, rest));
      if (norm > length) [best, length] = [at, norm];
    }
    if (best < 0) break;
    const [vector] = open.splice(best, 1) as [Float64Array];
    for (let i = 0; i < n; i++) vector[i] = (vector[i] as number) / length;
    removeWithin(vector, { n, vectors: [...base.vectors, ...vectors] });
    const again = Math.sqrt(dot(vector, vector));
    for (let i = 0; i < n; i++) vector[i] = (vector[i] as number) / again;
    vectors.push(vector);
    for (const rest of open) removeWithin(rest, { n, vectors: [vector] });
  }
  return { n, vectors };
}

/** Both, one after the other: `beyond` must be orthogonal to `base`. */
export function joined(base: Subspace, beyond: Subspace): Subspace {
  return { n: base.n, vectors: [...base.vectors, ...beyond.vectors] };
}
