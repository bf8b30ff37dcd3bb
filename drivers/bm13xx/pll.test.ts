import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BM1366_FEEDBACK, pllMhz, searchPll, vcoMhz, vcoRangeHigh } from "./pll.ts";

describe("PLL search (specs/bm1366.md 3.4)", () => {
  test.each([
    [50, 168, 2, 7, 6, 2100],
    [100, 144, 2, 6, 3, 1800],
    [200, 160, 2, 5, 2, 2000],
    [300, 144, 2, 6, 1, 1800],
    [400, 160, 2, 5, 1, 2000],
    [425, 170, 2, 5, 1, 2125],
    [450, 144, 2, 4, 1, 1800],
    [475, 152, 2, 4, 1, 1900],
    [485, 194, 2, 5, 1, 2425],
    [500, 160, 2, 4, 1, 2000],
    [525, 168, 2, 4, 1, 2100],
    [550, 176, 2, 4, 1, 2200],
    [575, 184, 2, 4, 1, 2300],
  ])("%d MHz", (mhz, fbDiv, refDiv, postDiv1, postDiv2, vco) => {
    const found = searchPll(mhz);
    expect(found).toEqual({ fbDiv, refDiv, postDiv1, postDiv2 });
    expect(vcoMhz(found)).toBe(vco);
    expect(vcoRangeHigh(found)).toBe(vco >= 2400);
  });

  test("other feedback limits: 450 MHz from 60..200 is 72/2/2/1", () => {
    expect(searchPll(450, { min: 60, max: 200 })).toEqual({ fbDiv: 72, refDiv: 2, postDiv1: 2, postDiv2: 1 });
  });

  test("no other allowed dividers come closer", () => {
    fc.assert(
      fc.property(fc.double({ min: 43, max: 1000, noNaN: true }), (mhz) => {
        const target = Math.fround(mhz);
        const errorMhz = Math.abs(pllMhz(searchPll(mhz)) - target);
        for (const refDiv of [1, 2]) {
          for (let postDiv1 = 2; postDiv1 <= 7; postDiv1++) {
            for (let postDiv2 = 1; postDiv2 < postDiv1; postDiv2++) {
              for (let fbDiv = BM1366_FEEDBACK.min; fbDiv <= BM1366_FEEDBACK.max; fbDiv++) {
                if (Math.abs(pllMhz({ fbDiv, refDiv, postDiv1, postDiv2 }) - target) < errorMhz - 1.01e-4) return false;
              }
            }
          }
        }
        return true;
      }),
      { numRuns: 60 },
    );
  });

  test.each([0, -5, 42, 3000, Number.NaN])("%d MHz is refused", (mhz) => {
    expect(() => searchPll(mhz)).toThrow(expect.objectContaining({ code: "SETPOINT_REFUSED" }));
  });
});
