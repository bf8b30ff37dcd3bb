import { ScienceError } from "../../common/errors.ts";
import { doubles, statisticsKernels } from "./kernels.ts";

/**
 * Standard deviation over mean of the intervals between event times (population form, as the papers use it); null for fewer than two intervals, and
 * when all events have the same time. Times may fall: recordings have such. ScienceError BAD_TIMES where one is not finite.
 */
export function coefficientOfVariation(times: ArrayLike<number>): number | null {
  const n = times.length - 1;
  if (n < 2) return null;
  const mean = ((times[n] as number) - (times[0] as number)) / n;
  const squares = squaresAbout(mean, times);
  if (!Number.isFinite(squares))
    throw new ScienceError("BAD_TIMES", "Not every event time is a number.", "Leave out events whose time is not known.");
  return mean > 0 ? Math.sqrt(squares / n) / mean : null;
}

/** Sum of squares of the intervals about the mean. */
function squaresAbout(mean: number, times: ArrayLike<number>): number {
  const native = statisticsKernels();
  if (native !== null) return native.intervalSquares(doubles(times), mean);
  let squares = 0;
  for (let i = 1; i < times.length; i++) squares += ((times[i] as number) - (times[i - 1] as number) - mean) ** 2;
  return squares;
}
