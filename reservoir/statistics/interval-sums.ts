/** Sums over intervals, or over the differences of event times without storing them. What intervals.ts is made of. */
import { doubles, statisticsKernels } from "./kernels.ts";

/** Sum and least; the sum is not finite when some interval is not. No intervals: 0 and infinity. */
export function intervalExtent(x: ArrayLike<number>, events = false): { sum: number; least: number } {
  const native = statisticsKernels();
  if (native !== null && x.length > (events ? 1 : 0)) {
    const out = new Float64Array(2);
    native.intervalExtent(doubles(x), events, out);
    return { sum: out[0] as number, least: out[1] as number };
  }
  let sum = 0;
  let least = Number.POSITIVE_INFINITY;
  for (let i = events ? 1 : 0; i < x.length; i++) {
    const interval = events ? (x[i] as number) - (x[i - 1] as number) : (x[i] as number);
    sum += interval;
    least = Math.min(least, interval);
  }
  return { sum, least };
}

export interface NeighbourSums {
  /** Neighbours a, b that are not both 0; sums of ((b - a) / (a + b))^2 and of |b - a| / (a + b) over them. */
  readonly pairs: number;
  readonly local: number;
  readonly absolute: number;
  /** Sum of (a - mean)(b - mean); of interval - mean and its square over all intervals. */
  readonly products: number;
  readonly sum: number;
  readonly squares: number;
}

/** About the mean given. One interval or more. */
export function neighbourSums(x: ArrayLike<number>, events: boolean, mean: number): NeighbourSums {
  const native = statisticsKernels();
  if (native !== null) {
    const out = new Float64Array(6);
    native.neighbourSums(doubles(x), events, mean, out);
    const [pairs, local, absolute, products, sum, squares] = out as unknown as [number, number, number, number, number, number];
    return { pairs, local, absolute, products, sum, squares };
  }
  let [pairs, local, absolute, products, sum, squares] = [0, 0, 0, 0, 0, 0];
  let last: number | null = null;
  for (let i = events ? 1 : 0; i < x.length; i++) {
    const interval = events ? (x[i] as number) - (x[i - 1] as number) : (x[i] as number);
    sum += interval - mean;
    squares += (interval - mean) ** 2;
    if (last !== null) {
      products += (last - mean) * (interval - mean);
      if (last + interval !== 0) {
        const contrast = (interval - last) / (last + interval);
        pairs++;
        local += contrast ** 2;
        absolute += Math.abs(contrast);
      }
    }
    last = interval;
  }
  return { pairs, local, absolute, products, sum, squares };
}
