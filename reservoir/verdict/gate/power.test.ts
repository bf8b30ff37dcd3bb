import { describe, expect, it } from "vitest";
import { gaussian, lcg32, splitmix64 } from "../../../common/random.ts";
import { capacity } from "../../properties/capacity.ts";
import { constantSubspace, spanBeyond } from "../../properties/subspace.ts";
import { capacityPower, detectableCapacity, detectableGain, foresee, planHash } from "./power.ts";
import { GATE_PLAN } from "./session.ts";

describe("power", () => {
  // specs/reservoir.md 5: minimum C at 90 % power, Holm over 10 lags (alpha 0.001), intercept alone in the base.
  it.each([
    [10, 1000, 0.034],
    [10, 50_000, 0.0007],
    [20, 2000, 0.022],
    [50, 5000, 0.012],
    [100, 1000, 0.078],
    [200, 5000, 0.021],
  ])("K = %d, n = %d: capacity %f is found in 9 of 10 runs", (k, n, expected) => {
    expect(detectableCapacity(n, k, 1, 0.001) / expected).toBeGreaterThan(0.93);
    expect(detectableCapacity(n, k, 1, 0.001) / expected).toBeLessThan(1.07);
  });

  it("is what a simulation finds", () => {
    const [n, k, c] = [300, 5, 0.06];
    let found = 0;
    for (let seed = 1; seed <= 300; seed++) {
      const random = splitmix64(seed);
      const target = lcg32(seed);
      const z = Float64Array.from({ length: n }, () => Math.sqrt(3) * (2 * target.next() - 1));
      const columns = Array.from({ length: k }, (_, i) =>
        z.map((value) => (i === 0 ? Math.sqrt(c / (1 - c)) * value : 0) + Math.sqrt(3) * (2 * random.next() - 1)),
      );
      const base = constantSubspace(n);
      if (capacity(z, { base, states: spanBeyond(base, columns) }).pValue < 0.01) found++;
    }
    // Standard deviation of the share: 0.03.
    expect(Math.abs(found / 300 - capacityPower(c, n, k, 1, 0.01))).toBeLessThan(0.09);
  });

  it("of a gain in squared error is what a simulation finds", () => {
    const n = 1880;
    const gain = detectableGain(n, 0.05);
    let found = 0;
    for (let seed = 1; seed <= 400; seed++) {
      const normal = gaussian(splitmix64(seed));
      let [left, all] = [0, 0];
      for (let i = 0; i < n; i++) {
        const known = Math.sqrt(gain) * normal();
        const rest = Math.sqrt(1 - gain) * normal();
        left += rest ** 2;
        all += (known + rest) ** 2;
      }
      if (left / all <= 0.95) found++;
    }
    // Standard deviation of the share: 0.015.
    expect(Math.abs(found / 400 - 0.9)).toBeLessThan(0.05);
    expect(detectableGain(n, 0.05, 0.5)).toBeCloseTo(0.05, 9);
  });

  it("is the level itself for no capacity, and grows with it", () => {
    expect(capacityPower(0, 1000, 10, 1, 0.01)).toBeCloseTo(0.01, 6);
    expect(capacityPower(0.5, 1000, 10, 1, 0.01)).toBeCloseTo(1, 9);
  });

  it("is said beforehand for a whole plan", () => {
    const { usableSteps, detectable, stepsForTwoPercent } = foresee(GATE_PLAN, 2000, 20, 1);
    expect(usableSteps).toBe(1880);
    expect(detectable).toBeCloseTo(0.023, 2);
    expect(stepsForTwoPercent).toBeGreaterThan(2000);
    expect(stepsForTwoPercent).toBeLessThan(2600);
    expect(foresee(GATE_PLAN, 130, 20, 1)).toMatchObject({ detectable: 1, usefulGain: 1 });
    const five = foresee(GATE_PLAN, 2000, 20, 1, 5);
    expect(five.usefulGain).toBeCloseTo(0.067, 2);
    // All of five sessions ask for more than one of them.
    expect(five.usefulGainInAll).toBeGreaterThan(five.usefulGain + 0.003);
  });
});

it("the hash of a plan does not depend on the order of its keys, and on everything else", () => {
  expect(planHash({ a: 1, b: [{ c: 2, d: undefined }] })).toBe(planHash({ b: [{ c: 2 }], a: 1 }));
  expect(planHash({ a: 1 })).not.toBe(planHash({ a: 2 }));
  expect(planHash([1, 2])).not.toBe(planHash([2, 1]));
  expect(planHash("x")).toMatch(/^[0-9a-f]{64}$/);
});
