import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ColumnRing } from "./ring.ts";

describe("column ring", () => {
  it("holds the newest rows in order, whatever was pushed", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), fc.array(fc.double({ noNaN: true })), (capacity, values) => {
        const ring = new ColumnRing(["a", "b"], capacity);
        for (const value of values) ring.push({ a: value, b: -value });
        const kept = values.slice(-capacity);
        expect(ring.length).toBe(kept.length);
        expect(ring.written).toBe(values.length);
        expect(kept.map((_, i) => ring.at("a", i))).toEqual(kept);
        expect(kept.map((_, i) => ring.at("b", i))).toEqual(kept.map((value) => -value));
      }),
    );
  });

  it("answers NaN outside, not a neighbour's value", () => {
    const ring = new ColumnRing(["a"], 3);
    for (const a of [1, 2, 3, 4]) ring.push({ a });
    expect([ring.at("a", -1), ring.at("a", 3)]).toEqual([Number.NaN, Number.NaN]);
  });

  it("finds the first row at or after a value, also across the seam", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 50 })), fc.integer({ min: 0, max: 50 }), (steps, wanted) => {
        const sorted = [...steps].sort((a, b) => a - b);
        const ring = new ColumnRing(["a"], 7);
        for (const a of sorted) ring.push({ a });
        const kept = sorted.slice(-7);
        const expected = kept.findIndex((value) => value >= wanted);
        expect(ring.firstAtLeast("a", wanted)).toBe(expected === -1 ? kept.length : expected);
      }),
    );
  });

  it("copies the rows asked for, also across the seam", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 30 }), fc.nat(8), fc.nat(8), (pushed, one, other) => {
        const ring = new ColumnRing(["a"], 8);
        for (let a = 0; a < pushed; a++) ring.push({ a });
        const from = Math.min(one, other, ring.length);
        const to = Math.min(Math.max(one, other), ring.length);
        expect([...ring.slice("a", from, to)]).toEqual(Array.from({ length: to - from }, (_, i) => ring.at("a", from + i)));
      }),
    );
  });

  it("is empty after clear", () => {
    const ring = new ColumnRing(["a"], 2);
    ring.push({ a: 1 });
    ring.clear();
    expect([ring.length, ring.at("a", 0)]).toEqual([0, Number.NaN]);
  });
});
