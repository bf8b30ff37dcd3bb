/** Legendre polynomials, orthonormal for a uniform v in [-1, 1]: mean 0, variance 1, uncorrelated. */

/** sqrt(2 d + 1) P_d(v). */
export function legendre(degree: number, v: number): number {
  let [before, now] = [1, v];
  if (degree === 0) return 1;
  for (let d = 1; d < degree; d++) [before, now] = [now, ((2 * d + 1) * v * now - d * before) / (d + 1)];
  return Math.sqrt(2 * degree + 1) * now;
}

/** One series per degree 1..degrees of a series in [-1, 1]. */
export function legendreColumns(v: Float64Array, degrees: number): Float64Array[] {
  return Array.from({ length: degrees }, (_, i) => v.map((value) => legendre(i + 1, value)));
}

/** A series brought to [-1, 1] by its least and largest value; a constant one becomes 0. */
export function toUnitRange(series: Float64Array): Float64Array {
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of series) {
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  return series.map((value) => (most > least ? (2 * (value - least)) / (most - least) - 1 : 0));
}
