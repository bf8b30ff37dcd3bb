import { ScienceError } from "../../common/errors.ts";
import { doubles, isConstant, requireFinite, sortedOrder } from "./kernels.ts";
import { studentTSf } from "./special.ts";

/** Ranks from 1, ties given their mean rank. ScienceError BAD_VALUES for one that is not finite. */
export function ranks(values: ArrayLike<number>): Float64Array {
  requireFinite("Value", values);
  const n = values.length;
  const order = sortedOrder(doubles(values));
  const out = new Float64Array(n);
  for (let from = 0; from < n; ) {
    let to = from;
    while (to + 1 < n && values[order[to + 1] as number] === values[order[from] as number]) to++;
    for (let k = from; k <= to; k++) out[order[k] as number] = (from + to) / 2 + 1;
    from = to + 1;
  }
  return out;
}

/**
 * Spearman's rank correlation of two equally long samples, with its two-sided p-value by Student's t on n - 2 degrees of freedom; both NaN when either
 * sample is constant. ScienceError NO_DATA below three, BAD_VALUES.
 */
export function spearman(x: ArrayLike<number>, y: ArrayLike<number>): { rho: number; pValue: number } {
  const n = x.length;
  if (n !== y.length || n < 3) {
    throw new ScienceError(
      "NO_DATA",
      `Spearman's correlation needs two samples of equal length, 3 or more (got ${n} and ${y.length}).`,
      "Check the columns.",
    );
  }
  const rho = pearson(ranks(x), ranks(y));
  const t = Math.abs(rho) * Math.sqrt((n - 2) / Math.max(1e-300, 1 - rho * rho));
  return { rho, pValue: Math.min(1, 2 * studentTSf(t, n - 2)) };
}

/** Pearson's correlation; NaN when either sample is constant. */
export function pearson(x: ArrayLike<number>, y: ArrayLike<number>): number {
  const n = x.length;
  // Not by the variance: rounding of the mean gives a constant one too.
  if (isConstant(x) || isConstant(y)) return Number.NaN;
  let meanX = 0;
  let meanY = 0;
  for (let i = 0; i < n; i++) {
    meanX += (x[i] as number) / n;
    meanY += (y[i] as number) / n;
  }
  let xy = 0;
  let xx = 0;
  let yy = 0;
  for (let i = 0; i < n; i++) {
    const dx = (x[i] as number) - meanX;
    const dy = (y[i] as number) - meanY;
    xy += dx * dy;
    xx += dx * dx;
    yy += dy * dy;
  }
  return xy / Math.sqrt(xx * yy);
}
