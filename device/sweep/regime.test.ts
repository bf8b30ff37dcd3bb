import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { regimeOf } from "./regime.ts";

const full = { low: 0.9, high: 1.1 };

describe("regimes by rule", () => {
  test.each([
    ["dead", { low: 0, high: 0 }, { low: 0, high: 0.09 }],
    ["edge", { low: 0.05, high: 0.2 }, full],
    ["marginal", { low: 0.001, high: 0.2 }, full],
    ["marginal", { low: 0, high: 0.01 }, { low: 0.7, high: 0.89 }],
    ["healthy", { low: 0, high: 0.049 }, full],
    [null, { low: 0, high: 0.05 }, full],
  ] as const)("%s", (regime, invalidShare, rateShare) => {
    expect(regimeOf({ invalidShare, rateShare }).regime).toBe(regime);
  });

  test("nothing judged is nothing known, unless the chips are dead", () => {
    expect(regimeOf({ invalidShare: null, rateShare: full }).regime).toBeNull();
    expect(regimeOf({ invalidShare: null, rateShare: { low: 0, high: 0.05 } }).regime).toBe("dead");
  });

  test("more invalid nonces never make a point better", () => {
    const rank = { healthy: 0, null: 1, marginal: 2, edge: 3, dead: 4 };
    const worse = fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true }));
    fc.assert(
      fc.property(worse, fc.double({ min: 0, max: 0.5, noNaN: true }), ([a, b], width) => {
        const of = (low: number) => regimeOf({ invalidShare: { low, high: Math.min(1, low + width) }, rateShare: full }).regime ?? "null";
        expect(rank[of(Math.min(a, b))]).toBeLessThanOrEqual(rank[of(Math.max(a, b))]);
      }),
    );
  });
});
