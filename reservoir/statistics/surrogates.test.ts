import { describe, expect, it } from "vitest";
import { gaussian, splitmix64 } from "../../common/random.ts";
import { fourier } from "./fourier.ts";
import { ordinalPlane } from "./ordinal.ts";
import { chi2Sf } from "./special.ts";
import { blockShuffled, circularShifts, iaaft, rankGaussianised, shifted, shuffled } from "./surrogates.ts";

function autoregressive(n: number, a: number, seed: number): Float64Array {
  const noise = gaussian(splitmix64(seed));
  let level = 0;
  return Float64Array.from({ length: n }, () => {
    level = a * level + noise();
    return level;
  });
}
const sortedOf = (x: ArrayLike<number>) => [...Float64Array.from(x).sort()];

describe("surrogates", () => {
  it("have the same values as the series", () => {
    const series = autoregressive(203, 0.8, 1);
    for (const surrogate of [
      shuffled(series, splitmix64(1)),
      blockShuffled(series, 10, splitmix64(2)),
      iaaft(series, splitmix64(3)),
      shifted(series, 60),
    ])
      expect(sortedOf(surrogate)).toEqual(sortedOf(series));
  });

  it("every order is equally likely", () => {
    // Chi-squared against equal counts, at 1e-6 each.
    const uniformly = (counts: readonly number[]) => {
      const mean = counts.reduce((sum, count) => sum + count, 0) / counts.length;
      return chi2Sf(
        counts.reduce((sum, count) => sum + (count - mean) ** 2 / mean, 0),
        counts.length - 1,
      );
    };
    const random = splitmix64(11);
    const orders = new Map<string, number>();
    for (let draw = 0; draw < 12_000; draw++) {
      const order = shuffled([0, 1, 2, 3], random).join("");
      orders.set(order, (orders.get(order) ?? 0) + 1);
    }
    expect(orders.size).toBe(24);
    expect(uniformly([...orders.values()])).toBeGreaterThan(1e-6);
    // Of several buckets: where the first value goes, how far from it its neighbour, and which values begin.
    const [n, bins] = [5000, 20];
    const series = Float64Array.from({ length: n }, (_, i) => i);
    const seen = Array.from({ length: 3 }, () => new Array<number>(bins).fill(0));
    const count = (which: number, place: number) => {
      const bin = Math.floor((place * bins) / n);
      const counts = seen[which] as number[];
      counts[bin] = (counts[bin] as number) + 1;
    };
    for (let draw = 0; draw < 600; draw++) {
      const order = shuffled(series, random);
      const [first, second] = [order.indexOf(0), order.indexOf(1)];
      count(0, first);
      count(1, (second - first + n) % n);
      count(2, order[0] as number);
    }
    for (const counts of seen) expect(uniformly(counts)).toBeGreaterThan(1e-6);
  });

  it("blocks keep their order inside", () => {
    const blocks = blockShuffled(
      Float64Array.from({ length: 23 }, (_, i) => i),
      5,
      splitmix64(4),
    );
    let breaks = 0;
    for (let i = 1; i < 23; i++) if (blocks[i] !== (blocks[i - 1] as number) + 1) breaks++;
    expect(breaks).toBeLessThanOrEqual(4);
    expect(() => blockShuffled([1], 0, splitmix64(1))).toThrow(/block of 0/);
  });

  it("IAAFT keeps the power spectrum", () => {
    const series = autoregressive(512, 0.8, 5);
    const power = (x: Float64Array) => {
      const [re, im] = [x.slice(), new Float64Array(x.length)];
      fourier(re, im);
      return re.map((value, k) => Math.hypot(value, im[k] as number));
    };
    const [a, b] = [power(series), power(iaaft(series, splitmix64(6)))];
    const off = a.reduce((sum, value, k) => sum + Math.abs(value - (b[k] as number)), 0) / a.reduce((sum, value) => sum + value, 0);
    expect(off).toBeLessThan(0.03);
  });

  it("a test against rank-Gaussianised IAAFT calls a monotone function of a linear process linear, in 95 of 100 cases", () => {
    let rejected = 0;
    for (let seed = 1; seed <= 40; seed++) {
      const skewed = rankGaussianised(autoregressive(256, 0.8, seed).map(Math.exp));
      const entropy = (x: Float64Array) => ordinalPlane(x, 3).entropy;
      const own = entropy(skewed);
      const random = splitmix64(seed);
      let extreme = 0;
      for (let i = 0; i < 39; i++) if (entropy(iaaft(skewed, random, 60)) <= own) extreme++;
      if ((1 + extreme) / 40 <= 0.05) rejected++;
    }
    // 5 % of 40: 2 with a standard deviation of 1.4.
    expect(rejected).toBeLessThan(8);
  });

  it("shifts are different, far from no shift, and refused when there are not enough", () => {
    const shifts = circularShifts(500, 99, splitmix64(1));
    expect(new Set(shifts).size).toBe(99);
    expect(Math.min(...shifts)).toBeGreaterThanOrEqual(50);
    expect(Math.max(...shifts)).toBeLessThanOrEqual(450);
    expect(() => circularShifts(150, 99, splitmix64(1))).toThrow(/150 values have no 99 shifts/);
    expect([...shifted([1, 2, 3, 4], 1)]).toEqual([2, 3, 4, 1]);
    expect([...shifted([1, 2, 3, 4], -1)]).toEqual([4, 1, 2, 3]);
  });
});
