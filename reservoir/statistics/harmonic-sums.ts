/** Sums of exp(2 pi i f t) over events for frequencies in equal steps: what Rayleigh's and Lomb and Scargle's periodograms are made of. */
import { doubles, statisticsKernels } from "./kernels.ts";

export interface HarmonicSums {
  /** One entry per frequency. */
  readonly re: Float64Array;
  readonly im: Float64Array;
}

/** Frequencies first + k step, k = 0 .. count - 1. */
export function harmonicSums(times: ArrayLike<number>, first: number, step: number, count: number): HarmonicSums {
  const out = new Float64Array(2 * count);
  const [re, im] = [out.subarray(0, count), out.subarray(count)];
  const native = statisticsKernels();
  if (native !== null && count > 0) {
    native.harmonicSums(doubles(times), null, first, step, out);
    return { re, im };
  }
  for (let k = 0; k < count; k++)
    eachPhase(times, first + k * step, (cos, sin) => {
      re[k] = (re[k] as number) + cos;
      im[k] = (im[k] as number) + sin;
    });
  return { re, im };
}

export interface WeightedSums extends HarmonicSums {
  /** At twice the frequency. */
  readonly twiceRe: Float64Array;
  readonly twiceIm: Float64Array;
  /** Each event times its value. */
  readonly weightedRe: Float64Array;
  readonly weightedIm: Float64Array;
}

/** As above; one value per time. */
export function weightedSums(
  times: ArrayLike<number>,
  values: ArrayLike<number>,
  first: number,
  step: number,
  count: number,
): WeightedSums {
  const out = new Float64Array(6 * count);
  const [re, im, twiceRe, twiceIm, weightedRe, weightedIm] = Array.from({ length: 6 }, (_, row) =>
    out.subarray(row * count, (row + 1) * count),
  ) as [Float64Array, Float64Array, Float64Array, Float64Array, Float64Array, Float64Array];
  const sums = { re, im, twiceRe, twiceIm, weightedRe, weightedIm };
  const native = statisticsKernels();
  if (native !== null && count > 0) {
    native.harmonicSums(doubles(times), doubles(values), first, step, out);
    return sums;
  }
  for (let k = 0; k < count; k++)
    eachPhase(times, first + k * step, (cos, sin, i) => {
      const value = values[i] as number;
      re[k] = (re[k] as number) + cos;
      im[k] = (im[k] as number) + sin;
      twiceRe[k] = (twiceRe[k] as number) + (cos * cos - sin * sin);
      twiceIm[k] = (twiceIm[k] as number) + 2 * cos * sin;
      weightedRe[k] = (weightedRe[k] as number) + value * cos;
      weightedIm[k] = (weightedIm[k] as number) + value * sin;
    });
  return sums;
}

function eachPhase(times: ArrayLike<number>, frequency: number, take: (cos: number, sin: number, i: number) => void): void {
  for (let i = 0; i < times.length; i++) {
    const turns = (times[i] as number) * frequency;
    const angle = 2 * Math.PI * (turns - Math.floor(turns));
    take(Math.cos(angle), Math.sin(angle), i);
  }
}
