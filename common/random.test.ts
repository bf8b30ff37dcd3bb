import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { gaussian, lcg32, permutation, splitmix64 } from "./random.ts";

const ORACLE = path.resolve(process.env.ASIC_SPECS ?? "../shared", "oracles/reservoir.json");

describe.skipIf(!existsSync(ORACLE))("random numbers are the oracle's", () => {
  const oracle = existsSync(ORACLE) ? JSON.parse(readFileSync(ORACLE, "utf8")).rng : {};

  it("lcg32: first values, sums over ten thousand, last value", () => {
    const random = lcg32(oracle.lcg32.seed);
    const values = Array.from({ length: 10_000 }, () => random.next());
    expect(values.slice(0, 8)).toEqual(oracle.lcg32.first8);
    expect(values.reduce((a, b) => a + b, 0)).toBeCloseTo(oracle.lcg32.sum10000, 8);
    expect(values.reduce((a, b) => a + b * b, 0)).toBeCloseTo(oracle.lcg32.sumsq10000, 8);
    expect(values.at(-1)).toBe(oracle.lcg32.last);
  });

  it("splitmix64: first values", () => {
    const random = splitmix64(oracle.splitmix64.seed);
    expect(Array.from({ length: 5 }, () => random.next())).toEqual(oracle.splitmix64.first5);
  });

  it("Box and Muller: first normal numbers", () => {
    const normal = gaussian(lcg32(oracle.boxmuller.seed));
    for (const expected of oracle.boxmuller.first6) expect(normal()).toBeCloseTo(expected, 12);
  });
});

describe("permutation", () => {
  it("holds each index once, and another seed gives another order", () => {
    const order = permutation(100, lcg32(1));
    expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i));
    expect([...permutation(100, lcg32(2))]).not.toEqual([...order]);
  });
});
