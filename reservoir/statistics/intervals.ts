/** Statistics of the intervals between events, one after the other. CLAIMS B, specs/reservoir.md 4.1 */
import { ScienceError } from "../../common/errors.ts";
import { intervalExtent, neighbourSums } from "./interval-sums.ts";
import { doubles, unfilled } from "./kernels.ts";

export interface IntervalStatistics {
  /** Intervals. */
  readonly n: number;
  readonly mean: number;
  /** Standard deviation (over n - ddof) over mean: 1 for a Poisson process, 1 - d for a dead time d of the mean. */
  readonly cv: number;
  /** Shinomoto's local variation, 3 <((a - b) / (a + b))^2> of neighbours a, b: 1 for a Poisson process whose rate may drift slowly. */
  readonly lv: number;
  /** Holt's CV2, <2 |a - b| / (a + b)>: 1 for a Poisson process. */
  readonly cv2: number;
  /** Correlation of neighbours; standard error about 1 / sqrt(n) for independent intervals. */
  readonly serialR1: number;
}

/** Intervals between times that are in order. */
export function intervalsOf(times: ArrayLike<number>): Float64Array {
  const out = unfilled(Math.max(0, times.length - 1));
  for (let i = 0; i < out.length; i++) out[i] = (times[i + 1] as number) - (times[i] as number);
  return out;
}

/** ScienceError TOO_FEW_INTERVALS below three; BAD_INTERVALS for one that is negative or not finite, or when all are zero. Oracle `events.poisson`. */
export function intervalStatistics(intervals: ArrayLike<number>, ddof: 0 | 1 = 0): IntervalStatistics {
  return statisticsOf(intervals, false, ddof);
}

/** intervalStatistics(intervalsOf(times)), without storing the intervals. */
export function eventStatistics(times: ArrayLike<number>, ddof: 0 | 1 = 0): IntervalStatistics {
  return statisticsOf(times, true, ddof);
}

function statisticsOf(x: ArrayLike<number>, events: boolean, ddof: 0 | 1): IntervalStatistics {
  const n = events ? Math.max(0, x.length - 1) : x.length;
  if (n < 3)
    throw new ScienceError("TOO_FEW_INTERVALS", `${n} intervals say nothing of their order.`, "Wait for at least three intervals.", { n });
  const { sum } = requireIntervals(x, events);
  requireSomeTime(sum);
  const mean = sum / n;
  const interval = (i: number) => (events ? (x[i + 1] as number) - (x[i] as number) : (x[i] as number));
  const of = neighbourSums(x, events, mean);
  const [first, last] = [interval(0) - mean, interval(n - 1) - mean];
  // Pearson's correlation of all but the last with all but the first, from sums about the mean of all.
  const [headSum, tailSum] = [of.sum - last, of.sum - first];
  const product = of.products - (headSum * tailSum) / (n - 1);
  const headSquares = of.squares - last ** 2 - headSum ** 2 / (n - 1);
  const tailSquares = of.squares - first ** 2 - tailSum ** 2 / (n - 1);
  return {
    n,
    mean,
    cv: Math.sqrt(of.squares / (n - ddof)) / mean,
    lv: (3 * of.local) / of.pairs,
    cv2: (2 * of.absolute) / of.pairs,
    serialR1: product / Math.sqrt(headSquares * tailSquares),
  };
}

/** ScienceError BAD_INTERVALS for the first one that is negative or not finite. */
function requireIntervals(x: ArrayLike<number>, events: boolean): { sum: number; least: number } {
  const extent = intervalExtent(x, events);
  if (extent.least >= 0 && extent.sum < Number.POSITIVE_INFINITY) return extent;
  const intervals = events ? intervalsOf(x) : doubles(x);
  const at = intervals.findIndex((value) => !(value >= 0 && value < Number.POSITIVE_INFINITY));
  throw new ScienceError("BAD_INTERVALS", `Interval ${at} is ${intervals[at]}.`, "Sort the event times first.", { at });
}

function requireSomeTime(sum: number): void {
  if (sum === 0) throw new ScienceError("BAD_INTERVALS", "All events have the same time.", "Check the column of times.");
}

export interface DeadTime {
  /** Time after each event in which no other can come. */
  readonly deadTime: number;
  /** Rate while events can come, per unit of time; infinite when all intervals are alike. */
  readonly rate: number;
  /** The CV that such a process has, 1 - deadTime / mean = 1 / (1 + rate x deadTime). CLAIMS B */
  readonly cv: number;
  /** Fano factor of long windows, (1 - deadTime / mean)^2. */
  readonly fano: number;
  /** Of the dead time. */
  readonly standardError: number;
}

/**
 * Dead time and rate of a Poisson process with a fixed dead time, from its intervals: for a shifted exponential the least interval is the
 * maximum-likelihood shift, here with its bias (mean - least) / (n - 1) taken off, which makes both estimates unbiased (Johnson, Kotz, Balakrishnan 1994, chapter 19).
 * ScienceError TOO_FEW_INTERVALS below two, BAD_INTERVALS for one that is negative or not finite, or when all are zero.
 */
export function fitDeadTime(intervals: ArrayLike<number>): DeadTime {
  return deadTimeOf(intervals, false);
}

/** fitDeadTime(intervalsOf(times)), without storing the intervals. */
export function fitDeadTimeOfEvents(times: ArrayLike<number>): DeadTime {
  return deadTimeOf(times, true);
}

function deadTimeOf(x: ArrayLike<number>, events: boolean): DeadTime {
  const n = events ? Math.max(0, x.length - 1) : x.length;
  if (n < 2) throw new ScienceError("TOO_FEW_INTERVALS", `${n} intervals have no dead time.`, "Wait for at least two intervals.", { n });
  const { sum, least } = requireIntervals(x, events);
  requireSomeTime(sum);
  const mean = sum / n;
  // Intervals that are all alike: what rounding of the sum leaves is no rate.
  if (mean - least <= n * Number.EPSILON * mean)
    return { deadTime: least, rate: Number.POSITIVE_INFINITY, cv: 0, fano: 0, standardError: 0 };
  const scale = ((mean - least) * n) / (n - 1);
  const deadTime = Math.max(0, least - scale / n);
  const share = 1 - deadTime / mean;
  return { deadTime, rate: 1 / (mean - deadTime), cv: share, fano: share ** 2, standardError: scale / n };
}
