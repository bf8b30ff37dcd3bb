import { type Matrix, matrix } from "../matrix.ts";

/** Linear taps: row t is u[t], u[t-1], .., u[t-k+1], with 0 before the start. specs/reservoir.md 2.1 */
export function delayTaps(u: Float64Array, k: number): Matrix {
  const out = matrix(u.length, k);
  for (let t = 0; t < u.length; t++) for (let i = 0; i < Math.min(k, t + 1); i++) out.data[t * k + i] = u[t - i] as number;
  return out;
}

/**
 * Second-order Volterra taps: with v the linear taps less 0.25 (the mean of u; the zeros before the start too), the k values v_i and
 * the k (k + 1) / 2 products v_i v_j, i <= j. specs/reservoir.md 2.2
 */
export function quadraticTaps(u: Float64Array, k: number): Matrix {
  const linear = delayTaps(u, k).data.map((value) => value - 0.25);
  const cols = k + (k * (k + 1)) / 2;
  const out = matrix(u.length, cols);
  for (let t = 0; t < u.length; t++) {
    const taps = linear.subarray(t * k, (t + 1) * k);
    out.data.set(taps, t * cols);
    let at = t * cols + k;
    for (let i = 0; i < k; i++) for (let j = i; j < k; j++) out.data[at++] = (taps[i] as number) * (taps[j] as number);
  }
  return out;
}
