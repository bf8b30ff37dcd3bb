import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CoreErrors, errorProbability, tooLowToAnswer } from "./error-law.ts";

describe("the error law", () => {
  it("is that of specs/bm1387.md 8.3", () => {
    expect(errorProbability(0)).toBeCloseTo(1e-3, 12);
    expect(errorProbability(0.01)).toBeCloseTo(1e-6, 12);
    expect(errorProbability(-0.01)).toBeCloseTo(0.1, 9);
    expect(errorProbability(-1)).toBe(1);
    expect([tooLowToAnswer(-0.0199), tooLowToAnswer(-0.0201)]).toEqual([false, true]);
  });

  it("never gains errors with more voltage", () => {
    const margin = fc.double({ min: -0.1, max: 0.1, noNaN: true });
    fc.assert(
      fc.property(margin, margin, (a, b) => {
        expect(errorProbability(Math.max(a, b))).toBeLessThanOrEqual(errorProbability(Math.min(a, b)));
      }),
    );
  });

  it("is the same for many cores at once as for each alone, and leaves the cores of other domains alone", () => {
    const offsets = fc.array(fc.double({ min: -0.02, max: 0.02, noNaN: true }), { minLength: 3, maxLength: 30 });
    fc.assert(
      fc.property(offsets, fc.double({ min: -0.05, max: 0.05, noNaN: true }), (offsetsV, marginV) => {
        const written = new Float64Array(offsetsV.length).fill(-1);
        new CoreErrors(Float64Array.from(offsetsV)).write(written, marginV, 1, offsetsV.length - 1);
        offsetsV.forEach((offsetV, core) => {
          const alone = errorProbability(marginV - offsetV);
          if (core === 0 || core === offsetsV.length - 1) expect(written[core]).toBe(-1);
          else expect((written[core] as number) / alone).toBeCloseTo(1, 9);
        });
      }),
    );
  });
});
