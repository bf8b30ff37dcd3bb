import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { gaussian, splitmix64 } from "../../common/random.ts";
import { expectRelative, haveOracle, oracle } from "../oracle.test-support.ts";
import { blockBootstrap, blockBootstrapOfMean, blockLength, integratedAutocorrelationTime } from "./block-bootstrap.ts";
import { equivalence } from "./equivalence.ts";
import { monteCarloP, monteCarloTest } from "./monte-carlo.ts";
import { benjaminiHochberg, benjaminiYekutieli, holm } from "./multiple-testing.ts";
import { nearestNeighbourInformation, permutationInformation, tableInformation } from "./mutual-information.ts";
import { normalQuantile, normalSf } from "./special.ts";

describe("multiple testing", () => {
  it.skipIf(!haveOracle)("Holm, Benjamini-Hochberg and Benjamini-Yekutieli of the oracle", () => {
    const { p_sorted, bh, holm: byHolm, by } = oracle<Record<"p_sorted" | "bh" | "holm" | "by", number[]>>("multiple_testing");
    [...benjaminiHochberg(p_sorted)].forEach((p, i) => {
      expectRelative(p, bh[i] as number, 1e-12);
    });
    [...holm(p_sorted)].forEach((p, i) => {
      expectRelative(p, byHolm[i] as number, 1e-12);
    });
    [...benjaminiYekutieli(p_sorted)].forEach((p, i) => {
      expectRelative(p, by[i] as number, 1e-12);
    });
  });

  it("adjusted values do not depend on the order, never fall below p, and keep its order", () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 30 }), (p) => {
        for (const adjust of [holm, benjaminiHochberg, benjaminiYekutieli]) {
          const adjusted = adjust(p);
          const backwards = adjust([...p].reverse());
          p.forEach((value, i) => {
            expect(adjusted[i]).toBeGreaterThanOrEqual(value - 1e-15);
            expect(adjusted[i]).toBeLessThanOrEqual(1);
            expect(backwards[p.length - 1 - i]).toBeCloseTo(adjusted[i] as number, 12);
            for (let j = 0; j < p.length; j++)
              if ((p[j] as number) > value) expect(adjusted[j]).toBeGreaterThanOrEqual((adjusted[i] as number) - 1e-15);
          });
        }
      }),
    );
  });

  it("a test that could not be made has no place in a family", () => {
    expect(() => holm([0.1, Number.NaN])).toThrow(/NaN at 1/);
  });
});

describe("mutual information", () => {
  it.skipIf(!haveOracle)("of the oracle's table", () => {
    const { table, plugin_nats, miller_madow_nats, G, G_p } = oracle<{
      table: number[][];
      plugin_nats: number;
      miller_madow_nats: number;
      G: number;
      G_p: number;
    }>("mutual_information");
    const found = tableInformation(table.flat(), 2, 2);
    expectRelative(found.plugin, plugin_nats, 1e-12);
    expectRelative(found.corrected, miller_madow_nats, 1e-12);
    expectRelative(found.g, G, 1e-12);
    expectRelative(found.pValue, G_p, 1e-9);
  });

  it("empty rows and columns change nothing", () => {
    const { g, pValue, corrected } = tableInformation([10, 0, 2, 0, 0, 0, 3, 0, 15], 3, 3);
    const plain = tableInformation([10, 2, 3, 15], 2, 2);
    expect([g, pValue, corrected]).toEqual([plain.g, plain.pValue, plain.corrected]);
    expect(() => tableInformation([0, 0], 1, 2)).toThrow(/holds no information/);
  });

  it("of correlated normal pairs by nearest neighbours is -ln(1 - rho^2) / 2", () => {
    const noise = gaussian(splitmix64(6));
    const x = Float64Array.from({ length: 1500 }, noise);
    const y = x.map((value) => 0.8 * value + 0.6 * noise());
    expect(nearestNeighbourInformation(x, y)).toBeCloseTo(-0.5 * Math.log(1 - 0.64), 1);
    expect(Math.abs(nearestNeighbourInformation(x, Float64Array.from({ length: 1500 }, noise)))).toBeLessThan(0.05);
  });

  it("its permutation p tells a relation without correlation from none", () => {
    const noise = gaussian(splitmix64(16));
    const x = Float64Array.from({ length: 200 }, noise);
    expect(
      permutationInformation(
        x,
        x.map((value) => value * value + 0.3 * noise()),
        { draws: 99 },
      ).pValue,
    ).toBe(0.01);
    expect(permutationInformation(x, Float64Array.from({ length: 200 }, noise), { draws: 99 }).pValue).toBeGreaterThan(0.02);
    expect(() => nearestNeighbourInformation([1, 2], [1, 2])).toThrow(/2 pairs/);
    expect(() => nearestNeighbourInformation(x, x.slice(1))).toThrow(/are not pairs/);
  });
});

describe("block bootstrap", () => {
  it("covers the mean of a correlated series where single values do not", () => {
    const covered = { single: 0, blocks: 0 };
    for (let seed = 1; seed <= 100; seed++) {
      const noise = gaussian(splitmix64(seed));
      let level = 0;
      const series = Float64Array.from({ length: 600 }, () => {
        level = 0.6 * level + noise();
        return level;
      });
      for (const [name, block] of [
        ["single", 1],
        ["blocks", 25],
      ] as const) {
        const { interval } = blockBootstrapOfMean(series, { block, draws: 199, seed });
        if (interval[0] <= 0 && interval[1] >= 0) covered[name]++;
      }
    }
    expect(covered.blocks).toBeGreaterThan(84);
    expect(covered.single).toBeLessThan(80);
  });

  it("of a mean is that of any statistic, to rounding", () => {
    const noise = gaussian(splitmix64(9));
    const series = Float64Array.from({ length: 403 }, () => 1e3 + noise());
    for (const block of [1, 25, 403, 1000]) {
      const settings = { block, draws: 39, seed: 5 };
      const mean = (rows: Uint32Array) => {
        let sum = 0;
        for (const row of rows) sum += series[row] as number;
        return sum / rows.length;
      };
      const [any, own] = [blockBootstrap(series.length, mean, settings), blockBootstrapOfMean(series, settings)];
      expect({ ...own, estimate: 0, interval: 0, standardError: 0 }).toEqual({ ...any, estimate: 0, interval: 0, standardError: 0 });
      const figures = ({ estimate, interval, standardError }: typeof any) => [estimate, ...interval, standardError];
      figures(own).forEach((value, i) => {
        expect(Math.abs(value - (figures(any)[i] as number))).toBeLessThan(1e-9);
      });
    }
    expect(blockBootstrapOfMean([], { block: 5, draws: 9 }).estimate).toBeNaN();
  });

  it("knows the autocorrelation time of a first-order process and says when there are too few blocks", () => {
    const noise = gaussian(splitmix64(3));
    let level = 0;
    const series = Float64Array.from({ length: 20_000 }, () => {
      level = 0.8 * level + noise();
      return level;
    });
    // (1 + a) / (1 - a) / 2
    expect(integratedAutocorrelationTime(series) / 4.5).toBeCloseTo(1, 0);
    expect(blockLength(Float64Array.from({ length: 2000 }, noise))).toBe(25);
    expect(integratedAutocorrelationTime(new Float64Array(10))).toBe(0.5);
    expect(blockBootstrap(100, (rows) => rows.length, { block: 25, draws: 9 }).reliable).toBe(false);
    expect(blockBootstrap(500, (rows) => rows.length, { block: 25, draws: 9 }).reliable).toBe(true);
  });
});

describe("equivalence", () => {
  it("needs data to say that there is no difference", () => {
    const noise = gaussian(splitmix64(21));
    const sample = (n: number, mean: number) => Float64Array.from({ length: n }, () => mean + noise());
    const few = equivalence(sample(5, 0), sample(5, 0), 0.3);
    const many = equivalence(sample(2000, 0), sample(2000, 0.05), 0.3);
    const off = equivalence(sample(2000, 0), sample(2000, 0.5), 0.3);
    expect(few.pEquivalent).toBeGreaterThan(0.05);
    expect(many.pEquivalent).toBeLessThan(1e-4);
    expect(off.pEquivalent).toBeGreaterThan(0.5);
    expect(off.pDifferent).toBeLessThan(1e-6);
  });

  it("of constants, and what it refuses", () => {
    expect(equivalence([1, 1], [1, 1], 0.1)).toMatchObject({ pEquivalent: 0, pDifferent: 1 });
    expect(equivalence([1, 1], [2, 2], 0.1)).toMatchObject({ pEquivalent: 1, pDifferent: 0 });
    expect(() => equivalence([1], [1, 2], 0.1)).toThrow(/cannot be compared/);
    expect(() => equivalence([1, 2], [1, 2], 0)).toThrow(/margin of 0/);
  });
});

describe("Monte Carlo", () => {
  it("never says that something is impossible", () => {
    expect(monteCarloP(10, new Float64Array(99))).toBe(0.01);
    expect(monteCarloP(0, new Float64Array(99))).toBe(1);
    expect(monteCarloTest(0.95, 999, (random) => random.next(), splitmix64(4))).toBeCloseTo(0.05, 1);
  });
});

it("normalQuantile undoes normalSf in both tails", () => {
  fc.assert(
    fc.property(fc.double({ min: -8, max: 8, noNaN: true }), (z) => {
      const p = 1 - normalSf(z);
      // The upper tail's p is 1 minus something that rounding has eaten.
      if (z < 6) expect(Math.abs(normalQuantile(p) - z)).toBeLessThan(1e-9 + 1e-15 * Math.exp((z * z) / 2));
    }),
  );
  expect(normalQuantile(0.975)).toBeCloseTo(1.959963984540054, 12);
  expect(normalQuantile(0)).toBe(Number.NEGATIVE_INFINITY);
  expect(normalQuantile(1)).toBe(Number.POSITIVE_INFINITY);
  expect(normalQuantile(-1)).toBeNaN();
});
