import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { splitmix64 } from "../../common/random.ts";
import { kolmogorovQ, ksTest } from "./kolmogorov-smirnov.ts";
import { spearman } from "./rank-correlation.ts";

const ORACLE = path.resolve(process.env.ASIC_SPECS ?? "../shared", "oracles/reservoir.json");

describe.skipIf(!existsSync(ORACLE))("Kolmogorov's laws against the oracle", () => {
  const { special } = existsSync(ORACLE) ? JSON.parse(readFileSync(ORACLE, "utf8")) : { special: {} };

  it("the limiting law", () => {
    for (const [x, q] of Object.entries(special.kolmogorov_Q as Record<string, number>)) expect(kolmogorovQ(Number(x))).toBeCloseTo(q, 10);
  });
});

describe("tests of a sample", () => {
  const random = splitmix64(3);
  const sample = Array.from({ length: 2000 }, () => random.next());

  it("uniform numbers pass as uniform, their squares do not", () => {
    expect(ksTest(sample, (x) => x).pValue).toBeGreaterThan(0.01);
    expect(
      ksTest(
        sample.map((x) => x * x),
        (x) => x,
      ).pValue,
    ).toBeLessThan(1e-10);
  });

  it("p-values of true hypotheses are uniform", () => {
    const ps = Array.from({ length: 400 }, (_, s) => {
      const r = splitmix64(1000 + s);
      return ksTest(
        Array.from({ length: 60 }, () => r.next()),
        (x) => x,
      ).pValue;
    });
    expect(ksTest(ps, (x) => x).pValue).toBeGreaterThan(0.001);
  });

  it("an empty sample is refused", () => {
    expect(() => ksTest([], (x) => x)).toThrow(/at least one/);
  });

  it("Spearman sees a monotone relation through any distortion, and gives ties their mean rank", () => {
    expect(
      spearman(
        sample,
        sample.map((x) => Math.exp(9 * x)),
      ).rho,
    ).toBeCloseTo(1, 12);
    expect(spearman([1, 2, 2, 3], [1, 2, 3, 4]).rho).toBeCloseTo(0.9486832980505138, 12);
    expect(spearman(sample.slice(0, 1000), sample.slice(1000)).pValue).toBeGreaterThan(0.001);
  });
});
