/** Entries of the oracles that belong to no single file, or to several. The others are beside what they judge. */
import { describe, expect, it } from "vitest";
import { gaussian, lcg32, splitmix64 } from "../common/random.ts";
import { expectRelative, haveOracle, oracle } from "./oracle.test-support.ts";
import { legendre } from "./properties/legendre.ts";
import { exponentialDistances } from "./statistics/exponential-fit.ts";
import { intervalStatistics } from "./statistics/intervals.ts";
import { exponentials } from "./statistics/monte-carlo.ts";
import { ordinalPlane } from "./statistics/ordinal.ts";
import { chi2Sf } from "./statistics/special.ts";
import { firstDivergence, narma10Response } from "./tasks/narma10.ts";

/** A series of 4200 steps from a generator without the lattice of lcg32, none drawn again. */
function drawn(seed: number): { u: Float64Array; y: Float64Array } {
  const random = splitmix64(seed);
  const u = Float64Array.from({ length: 4200 }, () => 0.5 * random.next());
  return { u, y: narma10Response(u) };
}

describe.skipIf(!haveOracle)("oracles across files", () => {
  it("random numbers: the three generators", () => {
    type Numbers = { seed: number; [key: string]: unknown };
    const { lcg32: plain, splitmix64: split, boxmuller } = oracle<Record<"lcg32" | "splitmix64" | "boxmuller", Numbers>>("rng");
    const first = lcg32(plain.seed as number);
    const numbers = Float64Array.from({ length: 10_000 }, () => first.next());
    expect([...numbers.subarray(0, 8)]).toEqual(plain.first8);
    expectRelative(
      numbers.reduce((sum, value) => sum + value, 0),
      plain.sum10000 as number,
      1e-12,
    );
    expect(numbers[9999]).toBe(plain.last);
    const second = splitmix64(split.seed as number);
    expect(Array.from({ length: 5 }, () => second.next())).toEqual(split.first5);
    const normal = gaussian(lcg32(boxmuller.seed as number));
    for (const value of boxmuller.first6 as number[]) expectRelative(normal(), value, 1e-12);
  });

  it("ridge: the table's own features and targets", () => {
    const { X_first4, y_first3 } = oracle<{ X_first4: number[]; y_first3: number[] }>("ridge");
    const [a, b] = [lcg32(7), lcg32(8)];
    const x = Float64Array.from({ length: 12 }, () => 2 * a.next() - 1);
    expect([...x.subarray(0, 4)]).toEqual(X_first4);
    y_first3.forEach((value, row) => {
      const [p, q, r] = [x[4 * row] as number, x[4 * row + 1] as number, x[4 * row + 2] as number];
      expectRelative(p - 2 * q + 0.5 * r + 0.3 + 0.2 * (2 * b.next() - 1), value, 1e-12);
    });
  });

  it("NARMA-10: where the variance of the target is, in delays and products of delays", () => {
    const { linear_delay_0_to_24: linear, top_degree2: products } = oracle<{
      legendre_weights: { linear_delay_0_to_24: number[]; top_degree2: [number, number, number][] };
    }>("narma10").legendre_weights;
    const terms = linear.map((weight, k) => ({ weight, of: (v: Float64Array, t: number) => legendre(1, v[t - k] as number) }));
    for (const [weight, i, j] of products)
      terms.push({ weight, of: (v, t) => legendre(1, v[t - i] as number) * legendre(1, v[t - j] as number) });
    const sums = terms.map(() => 0);
    let [n, total, squares] = [0, 0, 0];
    for (let run = 0; run < 40; run++) {
      const { u, y } = drawn(50 + run);
      if (firstDivergence(y) !== -1) continue;
      const v = u.map((value) => 4 * value - 1);
      for (let t = 200; t < 4200; t++) {
        const target = y[t + 1] as number;
        n++;
        total += target;
        squares += target * target;
        terms.forEach(({ of }, i) => {
          sums[i] = (sums[i] as number) + target * of(v, t);
        });
      }
    }
    const variance = squares / n - (total / n) ** 2;
    // Standard error of a squared correlation c over 160 000 rows: 2 sqrt(c / n), and what a small one gets by chance.
    terms.forEach(({ weight }, i) => {
      const found = ((sums[i] as number) / n) ** 2 / variance;
      expect(Math.abs(found - weight), `term ${i}: ${found} against ${weight}`).toBeLessThan(0.003 + 8 * Math.sqrt(weight / n));
    });
  });

  it("NARMA-10: how often a series diverges", () => {
    const { per_4200_step_run } = oracle<{ divergence: { per_4200_step_run: number } }>("narma10").divergence;
    let [diverged, above] = [0, 0];
    for (let run = 0; run < 1000; run++) {
      const { y } = drawn(1000 + run);
      if (firstDivergence(y) !== -1) above++;
      if (!(Math.abs(y[y.length - 1] as number) < 1000)) diverged++;
    }
    // Twenty expected, a standard deviation of 4.5.
    expect(Math.abs(diverged / 1000 - per_4200_step_run)).toBeLessThan(0.018);
    // The rule drops more than diverge: excursions above 1 that would have come back too.
    expect(above).toBeGreaterThan(diverged);
  });

  it("information processing: Dambre's threshold from our chi-squared law", () => {
    const { dambre_eps } = oracle<{ dambre_eps: Record<string, number> }>("ipc_exact");
    for (const [name, eps] of Object.entries(dambre_eps)) {
      const [, n, t] = /^N(\d+)_T(\d+)$/.exec(name) as unknown as [string, string, string];
      expectRelative(chi2Sf((eps / 2) * Number(t), Number(n)), 1e-4, 1e-9);
    }
  });

  it("ordinal patterns: what the tick of a clock does to intervals that have none, and what breaking ties undoes", () => {
    const cases = oracle<{
      quantised_exponential_isi_lcg31_n20000: Record<
        string,
        { tie_fraction_pairs: number; H3_stable: number; C3_stable: number; H4_stable: number; H3_random_tiebreak: number }
      >;
    }>("ordinal").quantised_exponential_isi_lcg31_n20000;
    const random = lcg32(31);
    const isi = Float64Array.from({ length: 20_000 }, () => -Math.log(1 - random.next()));
    for (const [name, expected] of Object.entries(cases)) {
      const tick = Number(name.split("=")[1]);
      const seen = tick === 0 ? isi : isi.map((value) => Math.floor(value / tick) * tick);
      const [three, four] = [ordinalPlane(seen, 3), ordinalPlane(seen, 4)];
      expectRelative(three.entropy, expected.H3_stable, 1e-9);
      expectRelative(three.complexity, expected.C3_stable, 1e-6);
      expectRelative(four.entropy, expected.H4_stable, 1e-9);
      expect(Math.abs(three.ties - expected.tie_fraction_pairs)).toBeLessThan(1e-9);
      // Ties broken by other random numbers: the same up to chance.
      expect(Math.abs(ordinalPlane(seen, 3, 1, splitmix64(1)).entropy - expected.H3_random_tiebreak)).toBeLessThan(2e-4);
    }
  });

  it("events: the 1 % limits of a Poisson process are passed by about 1 % of our own", () => {
    const NAMES = ["KS_exp", "AD_exp", "CV", "LV", "r1"] as const;
    type Limits = Record<(typeof NAMES)[number], [number | null, number | null]>;
    const { poisson_null_critical_values_1pct: all } = oracle<{ poisson_null_critical_values_1pct: Record<string, Limits> }>("events");
    const limits = all["n=300"] as Limits;
    const random = splitmix64(17);
    const draws = 1500;
    const outside = new Map<string, number>();
    for (let draw = 0; draw < draws; draw++) {
      const isi = exponentials(300, random);
      const { cv, lv, serialR1 } = intervalStatistics(isi);
      const { distance, a2 } = exponentialDistances(isi);
      const values = { KS_exp: distance, AD_exp: a2, CV: cv, LV: lv, r1: serialR1 };
      for (const name of NAMES) {
        const [[low, high], value] = [limits[name], values[name]];
        if ((low !== null && value < low) || (high !== null && value > high)) outside.set(name, (outside.get(name) ?? 0) + 1);
      }
    }
    // 15 expected of each, and the limits are Monte-Carlo values themselves.
    for (const name of NAMES) {
      const share = (outside.get(name) ?? 0) / draws;
      expect(share, name).toBeGreaterThan(0.002);
      expect(share, name).toBeLessThan(0.03);
    }
  });
});
