import { describe, expect, it } from "vitest";
import { answerOf, noDifference } from "./conclusion.ts";
import type { GateResult, Tier } from "./gate.ts";

/** Sessions of which only the tier and the ratio of squared errors matter here. */
function sessions(tier: Tier, ratios: readonly number[]): GateResult[] {
  return ratios.map((mseRatio) => ({ tier, usefulness: { useful: { mseRatio } } }) as unknown as GateResult);
}

const asked = { computes: false, worthless: false, least: 5, alpha: 0.01 };
const NEAR_ONE = [0.995, 1.001, 0.998, 1.002, 0.999];

describe("the answer to the claim that it computes", () => {
  it.each<[string, Tier, readonly number[], object]>([
    ["reproduced", "T3 useful", [0.5, 0.5, 0.5, 0.5, 0.5], { computes: true }],
    ["trivially true", "T0 responds", NEAR_ONE, {}],
    ["refuted", "none", NEAR_ONE, {}],
    ["refuted", "T1 memory", NEAR_ONE, {}],
    // Worse is no gain either.
    ["refuted", "none", [1.2, 1.21, 1.19, 1.2, 1.22], {}],
    ["not testable with these data", "T2 nonlinear memory", [0.9, 0.96, 0.94, 0.99, 0.93], {}],
    ["not testable with these data", "none", [0.8, 1.3, 1, 0.7, 1.2], {}],
    ["not testable with these data", "none", NEAR_ONE, { worthless: true }],
    ["not testable with these data", "none", NEAR_ONE.slice(0, 4), {}],
  ])("is %s: %s, %j", (answer, tier, ratios, more) => {
    expect(answerOf({ ...asked, sessions: sessions(tier, ratios), ...more })).toBe(answer);
  });

  it('"no difference" is shown by two one-sided tests, with what the spread would have shown', () => {
    const found = noDifference(sessions("none", NEAR_ONE), 0.01);
    expect(found).toMatchObject({ shown: true, degrees: 4 });
    expect(found?.margin).toBeCloseTo(0.0513, 4);
    // (t(0.99, 4) + t(0.9, 4)) standard errors of 0.12 %.
    expect(found?.detectableGain).toBeCloseTo((3.747 + 1.533) * 0.00122, 3);
    expect(noDifference(sessions("none", [0.95, 0.96, 0.94, 0.95, 0.95]), 0.01)?.shown).toBe(false);
    expect(noDifference(sessions("none", [1]), 0.01)).toBeNull();
  });
});
