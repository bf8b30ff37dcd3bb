/** Statistics of the intervals between events, one after the other. CLAIMS B, specs/reservoir.md 4.1 */
import { ScienceError } from "../../common/errors.ts";
import { pearson } from "./rank-correlation.ts";

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
  return Float64Array.from({ length: Math.max(0, times.length - 1) }, (_, i) => (times[i + 1] as number) - (times[i] as number));
}

/** ScienceError TOO_FEW_INTERVALS below three; BAD_INTERVALS for one that is negative or not finite, or when all are zero. Oracle `events.poisson`. */
export function intervalStatistics(intervals: ArrayLike<number>, ddof: 0 | 1 = 0): IntervalStatistics {
  const n = intervals.length;
  if (n < 3)
    throw new ScienceError("TOO_FEW_INTERVALS", `${n} intervals say nothing of their order.`, "Wait for at least three intervals.", { n });
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const value = intervals[i] as number;
    if (!(value >= 0 && value < Number.POSITIVE_INFINITY))
      throw new ScienceError("BAD_INTERVALS", `Interval ${i} is ${value}.`, "Sort the event times first.", { at: i });
    sum += value;
  }
  if (sum === 0) throw new ScienceError("BAD_INTERVALS", "All events have the same time.", "Check the column of times.");
  const mean = sum / n;
  let square = 0;
  let local = 0;
  let absolute = 0;
  let neighbours = 0;
  for (let i = 0; i < n; i++) {
    square += ((intervals[i] as number) - mean) ** 2;
    const both = i > 0 ? (intervals[i] as number) + (intervals[i - 1] as number) : 0;
    if (both === 0) continue;
    const contrast = ((intervals[i] as number) - (intervals[i - 1] as number)) / both;
    local += contrast ** 2;
    absolute += Math.abs(contrast);
    neighbours++;
  }
  const head = Float64Array.from({ length: n - 1 }, (_, i) => intervals[i] as number);
  const tail = Float64Array.from({ length: n - 1 }, (_, i) => intervals[i + 1] as number);
  return {
    n,
    mean,
    cv: Math.sqrt(square / (n - ddof)) / mean,
    lv: (3 * local) / neighbours,
    cv2: (2 * absolute) / neighbours,
    serialR1: pearson(head, tail),
  };
}

export interface DeadTime {
  /** Time after each event in which no other can come. */
  readonly deadTime: number;
  /** Rate while events can come, per unit of time. */
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
 * ScienceError TOO_FEW_INTERVALS below two.
 */
export function fitDeadTime(intervals: ArrayLike<number>): DeadTime {
  const n = intervals.length;
  if (n < 2) throw new ScienceError("TOO_FEW_INTERVALS", `${n} intervals have no dead time.`, "Wait for at least two intervals.", { n });
  let least = Number.POSITIVE_INFINITY;
  let sum = 0;
  for (let i = 0; i < n; i++) {
    least = Math.min(least, intervals[i] as number);
    sum += intervals[i] as number;
  }
  const mean = sum / n;
  const scale = ((mean - least) * n) / (n - 1);
  const deadTime = Math.max(0, least - scale / n);
  const share = 1 - deadTime / mean;
  return { deadTime, rate: 1 / (mean - deadTime), cv: share, fano: share ** 2, standardError: scale / n };
}
