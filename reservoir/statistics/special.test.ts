import { describe, expect, it } from "vitest";
import { expectRelative, haveOracle, oracle } from "../oracle.test-support.ts";
import { kolmogorovSmirnovSf } from "./kolmogorov-exact.ts";
import { kolmogorovQ, ksTest } from "./kolmogorov-smirnov.ts";
import { betainc, chi2Sf, digamma, gammaln, gammaQ, normalSf, studentTSf } from "./special.ts";

type Table = Record<string, number>;

describe.skipIf(!haveOracle)("special functions are the oracle's", () => {
  const tables = oracle<Record<string, Table>>("special");
  const functions: Record<string, (...args: number[]) => number> = {
    chi2_sf: (x, degrees) => chi2Sf(x as number, degrees as number),
    kolmogorov_Q: (x) => kolmogorovQ(x as number),
    kstwo_sf: (n, d) => kolmogorovSmirnovSf(n as number, d as number),
    digamma: (x) => digamma(x as number),
    gammaln: (x) => gammaln(x as number),
    betainc: (a, b, x) => betainc(a as number, b as number, x as number),
    student_t_sf: (t, degrees) => studentTSf(t as number, degrees as number),
  };

  it.each(Object.keys(tables))("%s", (name) => {
    const compute = functions[name];
    expect(compute, `no function for the oracle ${name}`).toBeDefined();
    for (const [key, expected] of Object.entries(tables[name] as Table)) {
      const args = key
        .replace(/[()nD=]/g, "")
        .split(",")
        .map(Number);
      expectRelative((compute as (...args: number[]) => number)(...args), expected, 1e-11);
    }
  });
});

describe("special functions", () => {
  it("agree with closed forms", () => {
    expectRelative(gammaln(5), Math.log(24), 1e-14);
    expectRelative(gammaln(0.25), Math.log(3.625609908221908), 1e-14);
    expectRelative(gammaQ(1, 2), Math.exp(-2), 1e-14);
    expectRelative(gammaQ(1, 0.3), Math.exp(-0.3), 1e-14);
    expectRelative(betainc(1, 4, 0.2), 1 - 0.8 ** 4, 1e-13);
    expectRelative(normalSf(1.959963984540054), 0.025, 1e-12);
    expectRelative(normalSf(-1.959963984540054), 0.975, 1e-12);
    expectRelative(normalSf(10), 7.61985302416052e-24, 1e-11);
    // One degree of freedom is the Cauchy law; the tails go on where a complement would be 0.
    expectRelative(studentTSf(3, 1), 0.5 - Math.atan(3) / Math.PI, 1e-13);
    expectRelative(studentTSf(1e9, 1), 1 / Math.PI / 1e9, 1e-12);
    expectRelative(studentTSf(-2, 10), 1 - studentTSf(2, 10), 1e-14);
    expectRelative(betainc(3, 5, 0.7), 1 - betainc(5, 3, 0.3), 1e-13);
  });

  it("give NaN outside their domain and the limits at its edge", () => {
    for (const value of [gammaln(0), digamma(-1), gammaQ(0, 1), gammaQ(1, -1), betainc(0, 1, 0.5), betainc(1, 1, 1.1), gammaln(Number.NaN)])
      expect(value).toBeNaN();
    expect([gammaQ(2, 0), betainc(2, 3, 0), betainc(2, 3, 1), kolmogorovQ(0)]).toEqual([1, 0, 1, 1]);
  });
});

describe("ksTest", () => {
  const midpoints = (n: number, power: number) => Array.from({ length: n }, (_, i) => ((i + 0.5) / n) ** power);

  it("measures the distance on both sides of a step", () => {
    expect(ksTest([0.1, 0.2], (x) => x).distance).toBeCloseTo(0.8, 12);
    expect(ksTest([0.8, 0.9], (x) => x).distance).toBeCloseTo(0.8, 12);
    expect(() => ksTest([], (x) => x)).toThrow(/at least one/);
  });

  it("is exact for few numbers and close to the exact law for many", () => {
    // One number: P(D > d) = 2 (1 - d) for d >= 1/2.
    expect(ksTest([0.9], (x) => x).pValue).toBeCloseTo(0.2, 12);
    // scipy.stats.kstest(..., method="exact")
    expectRelative(ksTest(midpoints(101, 1.2), (x) => x).pValue, 0.6461570441919875, 1e-10);
    expectRelative(ksTest(midpoints(101, 1.5), (x) => x).pValue, 0.01563621402530627, 1e-10);
    const { distance, pValue } = ksTest(midpoints(800, 1.2), (x) => x);
    expect(800 * distance).toBeGreaterThan(50);
    expect(Math.abs(pValue - kolmogorovSmirnovSf(800, distance))).toBeLessThan(3e-4);
  });
});
