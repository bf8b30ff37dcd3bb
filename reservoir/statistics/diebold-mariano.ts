import { ScienceError } from "../../common/errors.ts";
import { studentTSf } from "./special.ts";

export interface DieboldMariano {
  /** Mean squared-error difference over its standard error. Positive: the first forecast is better. */
  readonly statistic: number;
  /** One-sided: the chance of a statistic at least this large when the first forecast is no better. */
  readonly pValue: number;
  /** MSE of the first over MSE of the second. */
  readonly mseRatio: number;
  readonly n: number;
  /** Newey-West lag. */
  readonly lag: number;
}

/** Newey and West's rule of thumb, floor(4 (n / 100)^(2/9)). specs/reservoir.md 5 S5 */
export function neweyWestLag(n: number): number {
  return Math.floor(4 * (n / 100) ** (2 / 9));
}

/**
 * Does the first forecast have the smaller squared error? Diebold and Mariano's test: d = e2^2 - e1^2, its long-run variance by Newey
 * and West (Bartlett weights, autocovariances over n), Student's t with n - 1 degrees of freedom (Harvey, Leybourne and Newbold 1997:
 * the normal law rejects too often for small n). Forecasts that err alike everywhere give statistic 0, p 0.5.
 * ScienceError BAD_TARGETS for unequal lengths or fewer than 10 targets.
 */
export function dieboldMariano(target: Float64Array, first: Float64Array, second: Float64Array): DieboldMariano {
  const n = target.length;
  if (n < 10 || first.length !== n || second.length !== n)
    throw new ScienceError(
      "BAD_TARGETS",
      `${n} targets with ${first.length} and ${second.length} predictions cannot be compared.`,
      "Pass one prediction of each kind per target, at least 10.",
    );
  let firstSum = 0;
  let secondSum = 0;
  const difference = target.map((value, i) => {
    const a = (value - (first[i] as number)) ** 2;
    const b = (value - (second[i] as number)) ** 2;
    firstSum += a;
    secondSum += b;
    return b - a;
  });
  const mean = difference.reduce((sum, value) => sum + value, 0) / n;
  const lag = neweyWestLag(n);
  let variance = autocovariance(difference, mean, 0);
  for (let k = 1; k <= lag; k++) variance += 2 * (1 - k / (lag + 1)) * autocovariance(difference, mean, k);
  const statistic = mean === 0 ? 0 : mean / Math.sqrt(variance / n);
  return { statistic, pValue: studentTSf(statistic, n - 1), mseRatio: firstSum / secondSum, n, lag };
}

function autocovariance(values: Float64Array, mean: number, lag: number): number {
  let sum = 0;
  for (let t = lag; t < values.length; t++) sum += ((values[t] as number) - mean) * ((values[t - lag] as number) - mean);
  return sum / values.length;
}
