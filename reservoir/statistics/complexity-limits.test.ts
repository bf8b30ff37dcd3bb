import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { splitmix64 } from "../../common/random.ts";
import { complexityLimits } from "./complexity-limits.ts";
import { ordinalPlane, ordinalPlaneOf } from "./ordinal.ts";

describe("the borders of the entropy-complexity plane", () => {
  it("hold every distribution", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 6, maxLength: 24 }), (counts) => {
        fc.pre(counts.some((count) => count > 0));
        const { entropy, complexity } = ordinalPlaneOf(counts);
        const [least, most] = complexityLimits(Math.min(1, Math.max(0, entropy)), counts.length);
        expect(complexity).toBeGreaterThanOrEqual(least - 1e-9);
        expect(complexity).toBeLessThanOrEqual(most + 1e-9);
      }),
    );
  });

  it("are reached: by patterns alike and one rarer, and by one apart from all others", () => {
    const rarer = ordinalPlaneOf([10, 10, 10, 3, 0, 0]);
    expect(complexityLimits(rarer.entropy, 6)[1]).toBeCloseTo(rarer.complexity, 9);
    const apart = ordinalPlaneOf([30, 4, 4, 4, 4, 4]);
    expect(complexityLimits(apart.entropy, 6)[0]).toBeCloseTo(apart.complexity, 9);
    for (const end of [0, 1]) for (const limit of complexityLimits(end, 24)) expect(Math.abs(limit)).toBeLessThan(1e-9);
  });

  it("the logistic map lies near the upper one, noise near the lower", () => {
    let level = 0.1;
    const chaos = Float64Array.from({ length: 20_000 }, () => {
      level = 4 * level * (1 - level);
      return level;
    });
    const random = splitmix64(1);
    const noise = Float64Array.from({ length: 20_000 }, () => random.next());
    const height = (x: Float64Array) => {
      const { entropy, complexity } = ordinalPlane(x, 5);
      const [least, most] = complexityLimits(entropy, 120);
      return (complexity - least) / (most - least);
    };
    expect(height(chaos)).toBeGreaterThan(0.8);
    expect(height(chaos)).toBeLessThanOrEqual(1);
    expect(height(noise)).toBeLessThan(0.5);
  });

  it("are those of a distribution, or none", () => {
    expect(() => complexityLimits(1.1, 6)).toThrow(/entropy 1.1/);
    expect(() => complexityLimits(Number.NaN, 6)).toThrow(/entropy NaN/);
    expect(() => complexityLimits(0.5, 1)).toThrow(/1 patterns/);
  });
});
