/** S4: the same memory statistic with the input shifted against drive and states, which leaves everything but their relation. */
import { splitmix64 } from "../../../common/random.ts";
import { circularProjections } from "../../statistics/correlation.ts";
import { monteCarloP } from "../../statistics/monte-carlo.ts";
import { circularShifts } from "../../statistics/surrogates.ts";
import type { GatePlan, Prepared } from "./session.ts";

export interface ShiftControl {
  /** Sum of raw capacities over the lags, and the largest any shift gave. */
  readonly sum: number;
  readonly largestShifted: number;
  readonly shifts: number;
  readonly pValue: number;
  /** More memory than in every shift. */
  readonly found: boolean;
}

/** p is 1 / (shifts + 1) at best: 99 shifts decide at 1 %. */
export function shiftControl(v: Float64Array, prepared: Prepared, plan: GatePlan): ShiftControl {
  const total = memoryByShift(v, prepared, plan.lags);
  const sum = total(0);
  const nulls = circularShifts(v.length, plan.shifts, splitmix64(plan.seed)).map(total);
  const pValue = monteCarloP(sum, nulls);
  return { sum, largestShifted: Math.max(...nulls), shifts: plan.shifts, pValue, found: pValue <= plan.alpha + 1e-12 };
}

/** The sum over the lags of the raw capacities for the input shifted by so many steps, all from one set of projections. */
function memoryByShift(v: Float64Array, { rows, base, beyond }: Prepared, lags: number): (by: number) => number {
  const n = v.length;
  const from = rows[0] as number;
  // Steps that do not count are zeros in every window.
  const spread = (series: Float64Array): Float64Array => {
    const window = new Float64Array((rows[rows.length - 1] as number) - from + 1);
    rows.forEach((row, i) => {
      window[row - from] = series[i] as number;
    });
    return window;
  };
  const within = circularProjections(base.vectors.map(spread), from, v);
  const explained = circularProjections(beyond.vectors.map(spread), from, v);
  const [squares] = circularProjections(
    [spread(new Float64Array(rows.length).fill(1))],
    from,
    v.map((value) => value * value),
  ) as [Float64Array];
  const sumOfSquares = (series: readonly Float64Array[], s: number) =>
    series.reduce((sum, projection) => sum + (projection[s] as number) ** 2, 0);
  return (by) => {
    let sum = 0;
    for (let k = 1; k <= lags; k++) {
      const s = (((by - k) % n) + n) % n;
      sum += sumOfSquares(explained, s) / ((squares[s] as number) - sumOfSquares(within, s));
    }
    return sum;
  };
}
