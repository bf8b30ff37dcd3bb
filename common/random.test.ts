import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import fc from "fast-check";
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

/** As Steele, Lea and Flood write it, in 64-bit integers. */
function inLongIntegers(seed: bigint, count: number): number[] {
  const wrapped = (value: bigint) => BigInt.asUintN(64, value);
  return Array.from({ length: count }, (_, at) => {
    const state = wrapped(seed + BigInt(at + 1) * 0x9e3779b97f4a7c15n);
    const once = wrapped((state ^ (state >> 30n)) * 0xbf58476d1ce4e5b9n);
    const twice = wrapped((once ^ (once >> 27n)) * 0x94d049bb133111ebn);
    return Number((twice ^ (twice >> 31n)) >> 11n) * 2 ** -53;
  });
}

describe("splitmix64", () => {
  it("gives in words of 32 bits what the definition gives in 64, to the last bit", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 64n), max: 2n ** 65n }), (seed) => {
        const random = splitmix64(seed);
        expect(Array.from({ length: 50 }, () => random.next())).toEqual(inLongIntegers(BigInt.asUintN(64, seed), 50));
      }),
    );
  });
});

describe("permutation", () => {
  it("holds each index once, and another seed gives another order", () => {
    const order = permutation(100, lcg32(1));
    expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i));
    expect([...permutation(100, lcg32(2))]).not.toEqual([...order]);
  });
});
