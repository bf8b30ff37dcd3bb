import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { splitmix64 } from "../../common/random.ts";
import { type Crystal, crystalPpm, drawCrystal } from "./crystal.ts";

const NEW: Crystal = { tolerancePpm: 3, slopePpmPerK: -0.15, firstYearPpm: 1, ageDays: 0 };
const YEAR_S = 365.25 * 86_400;

describe("a crystal", () => {
  it("runs at its tolerance when new and at 25 C", () => {
    expect(crystalPpm(NEW, 25, 0)).toBe(3);
  });

  it("drifts with the cube of the temperature, alike on both sides of 25 C", () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 60, noNaN: true }), (k) => {
        const [above, below] = [crystalPpm(NEW, 25 + k, 0) - 3, crystalPpm(NEW, 25 - k, 0) - 3];
        expect(above).toBeCloseTo(-below, 9);
        expect(above).toBeCloseTo(-0.15 * k + 1.05e-4 * k ** 3, 9);
      }),
    );
  });

  it("ages by its first year's drift in the first year, and ever more slowly", () => {
    const aged = (years: number) => crystalPpm(NEW, 25, years * YEAR_S) - 3;
    expect(aged(1)).toBeCloseTo(1, 9);
    expect(aged(2) - aged(1)).toBeLessThan(0.3);
    expect(aged(2)).toBeGreaterThan(aged(1));
  });

  it("is the same from the same seed, and spread by some 8 ppm over seeds", () => {
    expect(drawCrystal(splitmix64(7))).toEqual(drawCrystal(splitmix64(7)));
    const drawn = Array.from({ length: 2000 }, (_, seed) => drawCrystal(splitmix64(seed)).tolerancePpm);
    const sd = Math.sqrt(drawn.reduce((sum, ppm) => sum + ppm ** 2, 0) / drawn.length);
    // Four standard errors of a standard deviation from 2000.
    expect(Math.abs(sd / 8 - 1)).toBeLessThan(4 / Math.sqrt(2 * 2000));
  });
});
