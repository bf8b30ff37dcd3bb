import { dieboldMariano } from "../statistics/diebold-mariano.ts";
import type { Scored } from "./score.ts";

/** Whether one predictor beat another, with all that decides it. */
export interface Comparison {
  readonly answer: boolean;
  readonly dmStatistic: number;
  /** One-sided: small when the first predictor is better. */
  readonly pValue: number;
  readonly mseRatio: number;
}

/** Level of the paired test. */
export const ALPHA = 0.01;
const MOST_MSE_RATIO = 0.95;

/** Beaten means: lower error, one-sided Diebold-Mariano p < 0.01, and at least 5 % less squared error. specs/reservoir.md 5 S5 */
export function beats(target: Float64Array, first: Scored, second: Scored): Comparison {
  const { statistic, pValue, mseRatio } = dieboldMariano(target, first.predicted, second.predicted);
  const answer = first.score.nrmse < second.score.nrmse && pValue < ALPHA && mseRatio <= MOST_MSE_RATIO;
  return { answer, dmStatistic: statistic, pValue, mseRatio };
}

/** "NRMSE 0.93 against 0.39 (Diebold-Mariano p = 1.00)", with as many decimals as tell the two apart, and the ratio where it decided. */
export function comparisonWords(first: number, second: number, { answer, pValue, mseRatio }: Comparison): string {
  let decimals = 2;
  while (decimals < 4 && first.toFixed(decimals) === second.toFixed(decimals)) decimals++;
  const tooClose =
    !answer && pValue < ALPHA
      ? `, but the squared error is ${mseRatio.toFixed(3)} of the control's and must be at most ${MOST_MSE_RATIO}`
      : "";
  return `NRMSE ${first.toFixed(decimals)} against ${second.toFixed(decimals)} (Diebold-Mariano p ${pText(pValue)}${tooClose})`;
}

function pText(p: number): string {
  if (p < 1e-4) return "< 0.0001";
  return `= ${p < 0.1 ? p.toPrecision(2) : p.toFixed(2)}`;
}
