/** Series that keep some properties of a series and lose the others: what a test compares with. specs/reservoir.md 4.3 */
import { ScienceError } from "../../common/errors.ts";
import { permutation, type Random } from "../../common/random.ts";
import { fourier } from "./fourier.ts";
import { doubles, requireFinite, sorted, sortedOrder, statisticsKernels, unfilled } from "./kernels.ts";
import { ranks } from "./rank-correlation.ts";
import { seedFrom } from "./seeded.ts";
import { shuffleOrder } from "./shuffle.ts";
import { normalQuantile } from "./special.ts";

/** The same values in random order: keeps the distribution alone. */
export function shuffled(x: ArrayLike<number>, random: Random): Float64Array {
  return blockShuffled(x, 1, random);
}

/** Blocks of `length` neighbours in random order (the last one may be shorter): keeps the distribution and what happens within blocks. */
export function blockShuffled(x: ArrayLike<number>, length: number, random: Random): Float64Array {
  if (!Number.isInteger(length) || length < 1)
    throw new ScienceError("BAD_BLOCK", `A block of ${length} values holds nothing.`, "Use a whole number of one or more.", { length });
  const seed = seedFrom(random);
  const out = unfilled(x.length);
  const native = statisticsKernels();
  if (native !== null) {
    native.shuffle(doubles(x), length, seed, out);
    return out;
  }
  let to = 0;
  for (const block of shuffleOrder(Math.ceil(x.length / length), seed))
    for (let i = block * length; i < Math.min(x.length, (block + 1) * length); i++) out[to++] = x[i] as number;
  return out;
}

/** Least shift that a test of an input-output relation may use. specs/reservoir.md 4.3 */
const LEAST_SHIFT = 50;

/** `count` different circular shifts, each at least 50 values from no shift: keeps everything but the relation to another series. ScienceError NO_DATA when there are not so many. */
export function circularShifts(n: number, count: number, random: Random): number[] {
  const possible = n - 2 * LEAST_SHIFT + 1;
  if (possible < count)
    throw new ScienceError("NO_DATA", `${n} values have no ${count} shifts of ${LEAST_SHIFT} or more.`, "Collect more data.", { n, count });
  return Array.from(permutation(possible, random).subarray(0, count), (at) => at + LEAST_SHIFT);
}

/** x[(i + by) mod n]. */
export function shifted(x: ArrayLike<number>, by: number): Float64Array {
  const n = x.length;
  return Float64Array.from({ length: n }, (_, i) => x[(((i + by) % n) + n) % n] as number);
}

/** Normal scores by rank: without this, IAAFT calls any series with skewed values nonlinear (half of the time, specs/reservoir.md 4.3). */
export function rankGaussianised(x: ArrayLike<number>): Float64Array {
  return ranks(x).map((rank) => normalQuantile((rank - 0.5) / x.length));
}

/**
 * Iterated amplitude-adjusted Fourier surrogate (Schreiber, Schmitz 1996): the same values with (nearly) the same power spectrum, hence the same
 * linear correlations, phases at random. Ends with the exact values. 60 to 100 iterations. ScienceError NO_DATA below two values, BAD_VALUES.
 */
export function iaaft(x: ArrayLike<number>, random: Random, iterations = 100): Float64Array {
  const n = x.length;
  if (n < 2) throw new ScienceError("NO_DATA", `${n} values have no spectrum to keep.`, "Collect more data.", { n });
  requireFinite("Value", x);
  const series = shuffled(x, random);
  const native = statisticsKernels();
  if (native !== null) {
    native.iaaft(doubles(x), series, iterations);
    return series;
  }
  const ascending = sorted(x);
  const re = Float64Array.from(x);
  const im = new Float64Array(n);
  fourier(re, im);
  const amplitude = re.map((value, k) => Math.hypot(value, im[k] as number));
  let before: Uint32Array | null = null;
  for (let iteration = 0; iteration < iterations; iteration++) {
    re.set(series);
    im.fill(0);
    fourier(re, im);
    for (let k = 0; k < n; k++) {
      const size = Math.hypot(re[k] as number, im[k] as number);
      const factor = size > 0 ? (amplitude[k] as number) / size : 0;
      re[k] = (re[k] as number) * factor;
      im[k] = (im[k] as number) * factor;
    }
    fourier(re, im, "backward");
    const order = sortedOrder(re);
    order.forEach((at, rank) => {
      series[at] = ascending[rank] as number;
    });
    if (before?.every((at, i) => at === order[i])) break;
    before = order;
  }
  return series;
}
