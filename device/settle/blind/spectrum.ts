/** Powers of a binned series between two frequencies, and the p of the largest: against white noise, or against its surroundings where the noise is not white. */
import { fourier } from "../../../reservoir/statistics/fourier.ts";
import { chi2Sf } from "../../../reservoir/statistics/special.ts";

const BIN_S = 0.005;
const MOST_BINS = 2 ** 20;
/** At least so many frequencies a cycle of the record, so that no line falls between two. */
const OVERSAMPLING = 4;

/** Sums over bins of equal width, from the first event on. */
export interface Binned {
  readonly binS: number;
  readonly lengthS: number;
  readonly sums: Float64Array;
}

/** Zeroes, to be filled. Bins widen with records above an hour and a half. */
export function binsFor(lengthS: number): Binned {
  const binS = Math.max(BIN_S, lengthS / MOST_BINS);
  return { binS, lengthS, sums: new Float64Array(Math.floor(lengthS / binS) + 1) };
}

/** Power at multiples of `stepHz`; for white noise of `variance` in all, exponential with mean 1. */
export interface Spectrum {
  readonly stepHz: number;
  readonly lengthS: number;
  readonly power: Float64Array;
}

export function spectrumOf({ binS, lengthS, sums }: Binned, variance: number): Spectrum {
  const size = 2 ** Math.ceil(Math.log2(OVERSAMPLING * sums.length));
  const [re, im] = [new Float64Array(size), new Float64Array(size)];
  re.set(sums);
  fourier(re, im);
  return {
    stepHz: 1 / (size * binS),
    lengthS,
    power: Float64Array.from({ length: size / 2 }, (_, k) => ((re[k] as number) ** 2 + (im[k] as number) ** 2) / variance),
  };
}

export interface Peak {
  readonly hz: number;
  readonly pValue: number;
  /** As many independent frequencies were looked at. */
  readonly looks: number;
}

/** A stretch of so many cycles to either side says how loud it is around a frequency, but for the nearest, where a line's own width is. */
const AROUND_CYCLES = 22;
const OWN_CYCLES = 2;
/** Below this, loudness differs by more than chance. */
const COLOURED_BELOW = 0.05;

/**
 * The strongest line from `fromHz` to `toHz` where `counts` says so, p corrected for all that was looked at: 1 - (1 - p) exp(-W p sqrt(z)), with p = exp(-z)
 * and W of events spread evenly over the record (Baluev 2008; specs/reservoir.md 4.1). null when there is nothing to look at.
 */
export function strongestPeak(spectrum: Spectrum, fromHz: number, toHz: number, counts: (hz: number) => boolean = () => true): Peak | null {
  const { stepHz, lengthS, power } = spectrum;
  const [first, last] = [Math.ceil(fromHz / stepHz), Math.min(power.length - 1, Math.floor(toHz / stepHz))];
  const looked = Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => first + i).filter((k) => counts(k * stepHz));
  if (looked.length === 0) return null;
  const coloured = loudness(spectrum, looked) < COLOURED_BELOW;
  const around = aroundOf(spectrum);
  let best: Pick<Peak, "hz" | "pValue"> | null = null;
  for (const k of looked) {
    const pValue = coloured ? around(k) : Math.exp(-(power[k] as number));
    if (best === null || pValue < best.pValue) best = { hz: k * stepHz, pValue };
  }
  const { hz, pValue } = best as Pick<Peak, "hz" | "pValue">;
  const width = looked.length * stepHz * lengthS * Math.sqrt((4 * Math.PI) / 12);
  const looks = 1 + width * Math.sqrt(Math.log(width + Math.E));
  return { hz, looks, pValue: -Math.expm1(Math.log1p(-Math.min(pValue, 1 - 1e-16)) - width * pValue * Math.sqrt(-Math.log(pValue))) };
}

/** p of the loudest stretch of a hertz, all of them counted. */
function loudness({ stepHz, lengthS, power }: Spectrum, looked: readonly number[]): number {
  const stretches = new Map<number, { sum: number; count: number }>();
  for (const k of looked) {
    const at = stretches.get(Math.floor(k * stepHz)) ?? { sum: 0, count: 0 };
    stretches.set(Math.floor(k * stepHz), { sum: at.sum + (power[k] as number), count: at.count + 1 });
  }
  const least = [...stretches.values()].reduce((low, { sum, count }) => {
    const degrees = Math.max(2, 2 * count * stepHz * lengthS);
    return Math.min(low, chi2Sf((sum / count) * degrees, degrees));
  }, 1);
  return Math.min(1, least * stretches.size);
}

/** p of the power at a frequency against the louder of its two sides, whose mean is of a finite number of independent powers. */
function aroundOf({ stepHz, lengthS, power }: Spectrum): (k: number) => number {
  const cycle = 1 / (stepHz * lengthS);
  const [near, far] = [Math.round(OWN_CYCLES * cycle), Math.round(AROUND_CYCLES * cycle)];
  const independent = AROUND_CYCLES - OWN_CYCLES;
  const sums = new Float64Array(power.length + 1);
  for (let k = 0; k < power.length; k++) sums[k + 1] = (sums[k] as number) + (power[k] as number);
  const mean = (from: number, to: number) => {
    const [a, b] = [Math.max(near, Math.min(from, to)), Math.min(power.length, to)];
    return b > a ? ((sums[b] as number) - (sums[a] as number)) / (b - a) : 0;
  };
  return (k) => {
    const floor = Math.max(mean(k - far, k - near), mean(k + near, k + far));
    return floor > 0 ? (1 + (power[k] as number) / floor / independent) ** -independent : 1;
  };
}
