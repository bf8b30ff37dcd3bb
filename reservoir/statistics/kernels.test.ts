import { afterAll, afterEach, describe, expect, it, vi } from "vitest";
import { gaussian, splitmix64 } from "../../common/random.ts";
import { loadAddon, type ReservoirAddon } from "../native/addon.ts";
import {
  allanDeviation,
  hadamardDeviation,
  modifiedAllanDeviation,
  overlappingAllanDeviation,
  overlappingHadamardDeviation,
  totalDeviation,
} from "./allan.ts";
import { blockBootstrap, blockBootstrapOfMean } from "./block-bootstrap.ts";
import { coefficientOfVariation } from "./coefficient-of-variation.ts";
import { dispersionOverScales, windowCounts } from "./counts.ts";
import { exponentialDistances, testExponential } from "./exponential-fit.ts";
import { fourier } from "./fourier.ts";
import { intervalExtent } from "./interval-sums.ts";
import { eventStatistics, fitDeadTime, fitDeadTimeOfEvents, intervalStatistics, intervalsOf } from "./intervals.ts";
import { requireOrder, sorted, sortedOrder, unfilled, useStatisticsKernels } from "./kernels.ts";
import { ksTest } from "./kolmogorov-smirnov.ts";
import { highestPeak, lombScargle } from "./lomb-scargle.ts";
import { multitaper } from "./multitaper.ts";
import { nearestNeighbourInformation, pairCounts } from "./mutual-information.ts";
import { ordinalCounts, ordinalPlane, testOrdinal } from "./ordinal.ts";
import { hTest, strongestLine, zSquared } from "./periodicity.ts";
import { ranks } from "./rank-correlation.ts";
import { recurrence } from "./recurrence.ts";
import { seededUniforms } from "./seeded.ts";
import { blockShuffled, iaaft, rankGaussianised, shuffled } from "./surrogates.ts";

// Everything else runs without the addon; its own test must not pass because it is missing.
const addon = loadAddon() as ReservoirAddon;
const widest = addon.kernelName();
const kernels = ["portable", "neon", "avx2", "avx512"].filter((name) => addon.useKernel(name));
addon.useKernel(widest);

function uniform(n: number, seed: number): Float64Array {
  const random = splitmix64(seed);
  return Float64Array.from({ length: n }, () => random.next());
}
const exponential = (n: number, seed: number) => uniform(n, seed).map((u) => -Math.log1p(-u));
const normal = (n: number, seed: number) => Float64Array.from({ length: n }, gaussian(splitmix64(seed)));
function timesOf(intervals: Float64Array, start = 0): Float64Array {
  let time = start;
  return Float64Array.from([start, ...intervals], (step, i) => {
    if (i > 0) time += step;
    return time;
  });
}

const times = timesOf(exponential(3001, 1), 0.25);
/** A coarse clock: ties, and intervals of 0. */
const ticked = timesOf(exponential(2000, 2)).map((time) => Math.floor(time / 0.3) * 0.3);
const walk = timesOf(normal(2500, 3));
const coarse = normal(1500, 4).map((value) => Math.round(2 * value));
const signed = normal(5000, 5).map((value, i) => (i % 50 === 0 ? -0 : value * 10 ** ((i % 40) - 20)));
const close = uniform(4000, 6).map((value, i) => (i === 0 ? -1e6 : 1e9 + 1e-6 * value));

const flat = (value: unknown): number[] =>
  typeof value === "number" ? [value] : Object.values(value as object).flatMap((each) => (typeof each === "boolean" ? [] : flat(each)));

/** What each function gives; where rounding decides nothing, to the last bit. */
const EXACT: Record<string, () => unknown> = {
  "window counts": () => [0.7, 1, 3.3, 200].map((window) => windowCounts(times, window, 2900)),
  "window counts of a coarse clock": () => [0.1, 0.3, 5].map((window) => windowCounts(ticked, window, 600)),
  "window counts of negative times": () =>
    windowCounts(
      times.map((time) => time - 500),
      1.5,
      1000,
    ),
  sorting: () => [sorted(signed), sorted(close), sorted(coarse), sorted(times.slice(0, 40))],
  "order of ties": () => [signed, close, coarse, ticked].map((x) => sortedOrder(x)),
  ranks: () => [ranks(coarse), ranks(signed)],
  "ordinal counts": () => [2, 3, 4, 5, 6, 7, 8].map((order) => ordinalCounts(walk, order)),
  "ordinal counts with ties and delays": () => [1, 2, 5].map((delay) => ordinalCounts(coarse, 4, delay)),
  "ordinal counts with ties broken": () => ordinalCounts(coarse, 5, 1, splitmix64(4)),
  "ordinal counts of few windows": () => ordinalCounts(coarse.subarray(0, 13), 4),
  "seeded numbers": () => {
    const random = seededUniforms(99);
    return Array.from({ length: 3000 }, () => random.next());
  },
  shuffles: () => [1, 2, 100, 3000].map((n) => shuffled(walk.subarray(0, n), splitmix64(n))),
  "block shuffles": () => [1, 7, 499, 4000].map((length) => blockShuffled(walk, length, splitmix64(length))),
  "bootstrap rows": () => blockBootstrap(300, (rows) => rows.reduce((sum, row, i) => sum + row * i, 0), { block: 17, draws: 30, seed: 6 }),
};

const CLOSE: Record<string, () => unknown> = {
  "bootstrap of a mean": () => [1, 17, 300].map((block) => blockBootstrapOfMean(walk, { block, draws: 30, seed: 6 })),
  "coefficient of variation": () => [coefficientOfVariation(times), coefficientOfVariation(ticked), coefficientOfVariation([1, 2, 4])],
  "interval statistics": () => [intervalStatistics(exponential(1001, 7)), intervalStatistics([0, 0, 1, 2], 1)],
  "event statistics": () => [eventStatistics(times), eventStatistics(ticked), eventStatistics([0, 1, 3, 4])],
  "dead time": () => [fitDeadTime(exponential(777, 8).map((value) => value + 0.2)), fitDeadTimeOfEvents(times)],
  "dispersion over scales": () => dispersionOverScales(times, [0.5, 1, 2.7, 30, 700], 2950),
  "Allan and Hadamard deviations": () =>
    [1, 2, 3, 17, 400].flatMap((m) =>
      [allanDeviation, overlappingAllanDeviation, hadamardDeviation, overlappingHadamardDeviation].map((of) => of(walk, m, 0.5)),
    ),
  "distances from the exponential law": () => [exponentialDistances(exponential(4001, 9)), exponentialDistances(intervalsOf(ticked))],
  "p of the exponential law": () => testExponential(exponential(60, 10), { draws: 199 }),
  "Kolmogorov and Smirnov's test": () => ksTest(uniform(3000, 11), (x) => x),
  "spectral line": () => strongestLine(times, 0.01, 0.2),
  "Lomb and Scargle's powers": () => lombScargle(times, normal(3002, 12), 0.003, 0.0021, 150),
  "highest peak": () => highestPeak(times.subarray(0, 400), normal(400, 13), 0.01, 0.3),
  multitaper: () => [multitaper(walk, 5), multitaper(normal(4000, 14))],
  "nearest neighbours": () =>
    [1, 3, 8].map((k) =>
      nearestNeighbourInformation(
        normal(900, 15),
        normal(900, 16).map((v, i) => v + 0.01 * i),
        k,
      ),
    ),
  "nearest neighbours with ties": () => nearestNeighbourInformation(coarse.subarray(0, 500), walk.subarray(0, 500), 2),
  recurrence: () => [recurrence(walk.subarray(0, 400)), recurrence(normal(300, 17), { dimension: 2, delay: 3, share: 0.1 })],
  "ordinal plane of ties": () => ordinalPlane(coarse, 3),
  "ordinal test": () => testOrdinal(walk.subarray(0, 500), 4, { draws: 39 }),
  "Fourier transforms": () =>
    [256, 300, 1000, 1009, 2048, 3600].map((n) => {
      const [re, im] = [normal(n, n), normal(n, n + 1)];
      fourier(re, im);
      const [back, other] = [re.slice(), im.slice()];
      fourier(back, other, "backward");
      return [re, im, back, other];
    }),
  IAAFT: () => [600, 601, 1000].map((n) => iaaft(normal(n, n), splitmix64(1), 8)),
};

describe.each(kernels)("statistics natively, %s", (kernel) => {
  afterAll(() => addon.useKernel(widest));

  const both = (of: () => unknown) => {
    addon.useKernel(kernel);
    useStatisticsKernels("native");
    const native = of();
    useStatisticsKernels("typescript");
    const typescript = of();
    useStatisticsKernels("native");
    return [native, typescript];
  };

  it.each(Object.keys(EXACT))("%s are those of TypeScript, to the bit", (name) => {
    const [native, typescript] = both(EXACT[name] as () => unknown);
    expect(native).toEqual(typescript);
  });

  it.each(Object.keys(CLOSE))("%s: the same as in TypeScript, to rounding", (name) => {
    const [native, typescript] = both(CLOSE[name] as () => unknown).map(flat) as [number[], number[]];
    expect(native.length).toBe(typescript.length);
    const scale = Math.max(...typescript.filter(Number.isFinite).map(Math.abs));
    for (const [i, value] of typescript.entries()) {
      if (!Number.isFinite(value)) expect(native[i]).toBe(value);
      else expect(Math.abs((native[i] as number) - value), `value ${i}`).toBeLessThan(1e-10 * Math.max(Math.abs(value), 1e-2 * scale));
    }
  });
});

it("threads change no result", () => {
  const many = timesOf(exponential(70_000, 20));
  const of = () => [
    exponentialDistances(intervalsOf(many)),
    strongestLine(many, 0.01, 0.0102).z1,
    ...sortedOrder(intervalsOf(many)).subarray(0, 99),
    ...iaaft(intervalsOf(many), splitmix64(2), 2).subarray(0, 99),
    dispersionOverScales(many, [1, 10, 1000], 60_000).map((each) => each.fano),
  ];
  addon.useThreads({ threads: 1 });
  const alone = flat(of());
  addon.useThreads({ threads: 3 });
  const together = flat(of());
  addon.useThreads({ threads: 0 });
  for (const [i, value] of alone.entries()) expect(together[i]).toBeCloseTo(value, 8);
});

describe("a search over frequencies", () => {
  it("has the sums of each frequency by itself", () => {
    const values = normal(times.length, 21);
    const grid = lombScargle(times, values, 0.01, 0.0007, 200);
    for (const k of [0, 1, 63, 64, 65, 199])
      expect(grid[k]).toBeCloseTo(lombScargle(times, values, 0.01 + 0.0007 * k, 0, 1)[0] as number, 9);
    const line = strongestLine(times, 0.05, 0.06);
    expect(line.z1).toBeCloseTo(zSquared(times, line.frequency), 7);
  });
});

describe.each(["native", "typescript"] as const)("what has no answer is refused, %s", (which) => {
  afterEach(() => useStatisticsKernels("native"));
  const broken = Float64Array.of(1, 2, Number.NaN, 4, 5, 6, 7, 8, 9, 10, 11, 12);
  const falling = Float64Array.of(1, 2, 3, 2.5, 4, 5, 6, 7, 8, 9, 10, 11);
  const fine = Float64Array.from({ length: 12 }, (_, i) => i + 0.1 * (i % 3));
  const refused: [string, string, () => unknown][] = [
    ["CV of a time that is none", "BAD_TIMES", () => coefficientOfVariation(broken)],
    ["counts of times that fall", "BAD_TIMES", () => windowCounts(falling, 1, 10)],
    ["counts of a time that is none", "BAD_TIMES", () => windowCounts(broken, 1, 10)],
    ["scales of times that fall", "BAD_TIMES", () => dispersionOverScales(falling, [1, 2], 10)],
    ["scales without length", "BAD_WINDOW", () => dispersionOverScales(fine, [1, 0], 10)],
    ["scales without number", "BAD_WINDOW", () => dispersionOverScales(fine, [1e-12], 10)],
    ["scales that leave one window", "TOO_FEW_WINDOWS", () => dispersionOverScales(fine, [1, 8], 10)],
    ["statistics of times that fall", "BAD_INTERVALS", () => eventStatistics(falling)],
    ["statistics of three events", "TOO_FEW_INTERVALS", () => eventStatistics([1, 2, 3])],
    ["dead time of times that fall", "BAD_INTERVALS", () => fitDeadTimeOfEvents(falling)],
    ["dead time of an interval that is none", "BAD_INTERVALS", () => fitDeadTime(broken)],
    ["dead time of one event", "TOO_FEW_INTERVALS", () => fitDeadTimeOfEvents([1])],
    ["law of an interval that is none", "BAD_INTERVALS", () => exponentialDistances(broken)],
    ["law of negative intervals", "BAD_INTERVALS", () => exponentialDistances([1, -1, 3])],
    ["law of no interval", "BAD_INTERVALS", () => exponentialDistances([])],
    ["law of intervals of 0", "BAD_INTERVALS", () => exponentialDistances([0, 0, 0])],
    ["KS of a value that is none", "BAD_VALUES", () => ksTest(broken, (x) => x)],
    ["lines in a time that is none", "BAD_VALUES", () => strongestLine(broken, 0.1, 0.2)],
    ["periodogram of a value that is none", "BAD_VALUES", () => highestPeak(fine, broken, 0.1, 0.2)],
    ["periodogram without one value per time", "NO_DATA", () => lombScargle(fine, fine.subarray(1), 0.1, 0.1, 2)],
    ["spectrum of a value that is none", "BAD_VALUES", () => multitaper(broken, 2)],
    ["patterns of a value that is none", "BAD_VALUES", () => ordinalCounts(broken, 3)],
    ["recurrence of a value that is none", "BAD_VALUES", () => recurrence([...fine, ...fine, ...broken])],
    ["neighbours of a value that is none", "BAD_VALUES", () => nearestNeighbourInformation(fine, broken)],
    ["neighbours at no distance", "BAD_VALUES", () => nearestNeighbourInformation(coarse.subarray(0, 500), coarse.subarray(500, 1000), 2)],
    ["neighbours of constants", "BAD_VALUES", () => nearestNeighbourInformation(new Float64Array(50), new Float64Array(50))],
    ["ranks of a value that is none", "BAD_VALUES", () => ranks(broken)],
    ["normal scores of a value that is none", "BAD_VALUES", () => rankGaussianised(broken)],
    ["averages over no sample", "BAD_WINDOW", () => allanDeviation(fine, 0)],
    ["averages backwards", "BAD_WINDOW", () => overlappingHadamardDeviation(fine, -1)],
    ["averages over half a sample", "BAD_WINDOW", () => modifiedAllanDeviation(fine, 1.5)],
    ["total deviation over no sample", "BAD_WINDOW", () => totalDeviation(fine, 0)],
    ["counts without an end", "BAD_WINDOW", () => windowCounts(fine, 1, Number.POSITIVE_INFINITY)],
    ["counts up to what is no time", "BAD_WINDOW", () => windowCounts(fine, 1, Number.NaN)],
    ["counts in windows without number", "BAD_WINDOW", () => windowCounts(fine, 1e-12, 10)],
    ["dead time of events at one time", "BAD_INTERVALS", () => fitDeadTimeOfEvents([3, 3, 3])],
    ["lines of no event", "NO_DATA", () => strongestLine([], 0.1, 0.2)],
    ["lines of events at one time", "NO_DATA", () => strongestLine([2, 2, 2], 0.1, 0.2)],
    ["lines in a band that ends before it begins", "BAD_WINDOW", () => strongestLine(fine, 0.2, 0.1)],
    ["Z^2 of no event", "NO_DATA", () => zSquared([], 0.1)],
    ["H of a time that is none", "BAD_VALUES", () => hTest(broken, 0.1)],
    ["peaks of values at one time", "NO_DATA", () => highestPeak(new Float64Array(12), fine, 0.1, 0.2)],
    ["peaks in a band that ends before it begins", "BAD_WINDOW", () => highestPeak(fine, fine, 0.2, 0.1)],
    ["surrogate of a value that is none", "BAD_VALUES", () => iaaft(broken, splitmix64(1))],
    ["pairs with a code out of range", "BAD_VALUES", () => pairCounts([0, 3], [0, 0], 3, 3)],
    ["pairs with a code between two", "BAD_VALUES", () => pairCounts([0, 1.5], [0, 0], 3, 3)],
    ["pairs that are not", "NO_DATA", () => pairCounts([0, 1], [0], 3, 3)],
    ["surrogate of one value", "NO_DATA", () => iaaft([1], splitmix64(1))],
  ];
  it.each(refused)("%s", (_, code, of) => {
    useStatisticsKernels(which);
    expect(of).toThrow(expect.objectContaining({ code }));
  });

  it("the first event out of order is named", () => {
    useStatisticsKernels(which);
    expect(() => requireOrder(falling)).toThrow(/Event 3 has the time 2.5/);
    expect(() => requireOrder([1, Number.POSITIVE_INFINITY])).toThrow(/Event 1/);
    expect(() => requireOrder([])).not.toThrow();
  });
});

/** Long enough that the native ones share the work among threads, whatever comes out odd at the end. */
describe("long series, native and in TypeScript", () => {
  const values = uniform(300_017, 41);
  const long: Record<string, () => unknown> = {
    "pairs of codes": () => {
      const codes = Uint8Array.from(values, (value) => 5 * value);
      return pairCounts(codes.subarray(0, -1), codes.subarray(1), 5, 5);
    },
    "ordinal counts": () => ordinalCounts(values, 4),
    "shuffled blocks": () => blockShuffled(values, 50, splitmix64(1)),
    "shuffled values": () => shuffled(values, splitmix64(2)),
  };
  it.each(Object.keys(long))("%s", (name) => {
    useStatisticsKernels("native");
    const native = long[name]?.();
    useStatisticsKernels("typescript");
    expect(native).toEqual(long[name]?.());
    useStatisticsKernels("native");
  });

  it("means of blocks, and the coefficient of variation", () => {
    const events = timesOf(values);
    const of = () => flat([blockBootstrapOfMean(values, { block: 25, draws: 350 }), coefficientOfVariation(events)]);
    useStatisticsKernels("native");
    const native = of();
    addon.useThreads({ threads: 1 });
    expect(of()).toEqual(native);
    addon.useThreads({ threads: 0 });
    useStatisticsKernels("typescript");
    for (const [i, value] of of().entries()) expect(native[i]).toBeCloseTo(value, 11);
    useStatisticsKernels("native");
  });

  it("sum and least of intervals, of any part", () => {
    const events = timesOf(values);
    for (const [x, asEvents] of [
      [values, false],
      [events, true],
    ] as const) {
      const found = intervalExtent(x, asEvents);
      useStatisticsKernels("typescript");
      const expected = intervalExtent(x, asEvents);
      useStatisticsKernels("native");
      expect(found.least).toBe(expected.least);
      expect(found.sum / expected.sum).toBeCloseTo(1, 12);
    }
    values[299_000] = -3;
    expect(intervalExtent(values).least).toBe(-3);
  });
});

it("seeded numbers are those of splitmix64, natively and in TypeScript", () => {
  for (const which of ["native", "typescript"] as const) {
    useStatisticsKernels(which);
    for (const seed of [0, 1, -1, 123_456_789, 0xffff_ffff_ffff_ffffn, 0x8000_0000_7fff_ffffn]) {
      const [random, expected] = [seededUniforms(seed), splitmix64(seed)];
      for (let i = 0; i < 3000; i++) expect(random.next()).toBe(expected.next());
    }
  }
  useStatisticsKernels("native");
});

it("memory for results is used again, never twice at a time, and is not asked for without end", () => {
  useStatisticsKernels("native");
  const [one, other] = [unfilled(2 ** 20), unfilled(2 ** 20)];
  expect([one.length, other.length]).toEqual([2 ** 20, 2 ** 20]);
  one.fill(1);
  other.fill(2);
  expect(one.every((value) => value === 1)).toBe(true);
  expect(addon.statistics.unfilled(2 ** 28)).toBeNull();
  expect(unfilled(3)).toEqual(new Float64Array(3));
  useStatisticsKernels("typescript");
  expect(unfilled(2 ** 20).every((value) => value === 0)).toBe(true);
  useStatisticsKernels("native");
});

it("pairs are counted, row by row", () => {
  const [a, b] = [Uint8Array.of(0, 1, 1, 1, 0), Uint8Array.of(2, 0, 0, 2, 2)];
  expect([...pairCounts(a, b, 2, 3)]).toEqual([0, 0, 2, 2, 0, 1]);
  expect([...pairCounts(a.subarray(1), b.subarray(1), 2, 3)]).toEqual([0, 0, 1, 2, 0, 1]);
  expect(() => pairCounts(a, b, 2, 2)).toThrow(/Pair 0 is 0, 2/);
  expect([...pairCounts([0, 1, 1, 1, 0], Uint8Array.of(2, 0, 0, 2, 2), 2, 3)]).toEqual([0, 0, 2, 2, 0, 1]);
});

it("kernels refuse arrays of the wrong kind or size before touching them", () => {
  const { statistics } = addon;
  const x = new Float64Array(8);
  const wrong: [() => unknown, RegExp][] = [
    [() => statistics.sort([3, 1] as unknown as Float64Array), /Float64Array/],
    [() => statistics.intervalExtent(x.subarray(0, 1), true, new Float64Array(2)), /one interval or more/],
    [() => statistics.intervalExtent(x, true, new Float64Array(1)), /Float64Array of 2/],
    [() => statistics.intervalSquares(x.subarray(0, 1), 1), /one interval or more/],
    [() => statistics.neighbourSums(x, "no" as unknown as boolean, 1, new Float64Array(6)), /boolean/],
    [() => statistics.neighbourSums(x.subarray(0, 0), false, 1, new Float64Array(6)), /one interval or more/],
    [() => statistics.differenceSquares(x, 0, 2, 1), /whole number from 1/],
    [() => statistics.windowCounts(Float64Array.of(2, 1), 1, x), /in order/],
    [() => statistics.windowCounts(x, 0, x), /above 0/],
    [() => statistics.windowSums(x, Float64Array.of(1e-300), 1, new Float64Array(4)), /2\^31 windows/],
    [() => statistics.sortedOrder(x, new Uint32Array(7)), /as long as the values/],
    [() => statistics.exponentialDistances(x.subarray(0, 0), new Float64Array(3)), /one interval/],
    [() => statistics.ordinalCounts(x, null, 3, 1, new Float64Array(5)), /as many as there are patterns/],
    [() => statistics.ordinalCounts(x, x.subarray(1), 3, 1, new Float64Array(6)), /Float64Array of 8/],
    [() => statistics.ordinalCounts(x, null, 3, 4, new Float64Array(6)), /one window or more/],
    [() => statistics.harmonicSums(x, x, 1, 1, new Float64Array(4)), /multiple of the rows/],
    [() => statistics.fourier(x, x.subarray(1), false), /Float64Array of 8/],
    [() => statistics.multitaper(x, 0, 2, 6, new Float64Array(4), new Float64Array(4)), /even, and as long/],
    [() => statistics.iaaft(x.subarray(0, 1), x.subarray(0, 1), 1), /2 to 2\^31/],
    [() => statistics.uniforms(-1n, 0, x), /BigInt of 64 bits/],
    [() => statistics.shuffle(x, 0, 1n, new Float64Array(8)), /whole number from 1/],
    [() => statistics.blockMeans(x, 9, 1n, 0, x), /no longer than the series/],
    [() => statistics.pairCounts(new Uint8Array(3), new Uint8Array(2), 2, 2, new Float64Array(4)), /pairs/],
    [() => statistics.pairCounts(new Uint8Array(3), new Uint8Array(3), 2, 2, new Float64Array(3)), /Float64Array of 4/],
    [() => statistics.blockRows(1n, 0, 9, new Uint32Array(8)), /no longer than the series/],
    [() => statistics.neighbourSum(x, x, 8, new Float64Array(9)), /fewer neighbours/],
    [() => statistics.recurrence(x, 3, 1, 99, 2, new Float64Array(6)), /rank of a pair/],
  ];
  for (const [call, message] of wrong) expect(call).toThrow(message);
});

it("ASICR_PORTABLE=1 does without the addon, and then there is none to choose", async () => {
  vi.stubEnv("ASICR_PORTABLE", "1");
  vi.resetModules();
  const { statisticsKernels, useStatisticsKernels: choose } = await import("./kernels.ts");
  expect(statisticsKernels()).toBeNull();
  expect(choose("native")).toBe(false);
  vi.unstubAllEnvs();
});
