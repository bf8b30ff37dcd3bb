import { describe, expect, it } from "vitest";
import { gaussian, splitmix64 } from "../../../common/random.ts";
import { LEAKAGE_PLAN, leakage } from "./leakage.ts";

const QUARTILES = [0.25, 0.5, 0.75];
const EIGHTHS = Array.from({ length: 7 }, (_, i) => (i + 1) / 8);
const bins = { secret: EIGHTHS, observed: QUARTILES };

/** Uniform secrets, and observations of which a share repeats the secret. */
function told(seed: number, n: number, share: number) {
  const random = splitmix64(seed);
  const secret = Float64Array.from({ length: n }, () => random.next());
  return { secret, observed: secret.map((value) => (random.next() < share ? value : random.next())) };
}

/** Two series of their own memory, with nothing to do with one another. */
function wandering(seed: number, n: number): Float64Array {
  const normal = gaussian(splitmix64(seed));
  let level = 0;
  return Float64Array.from({ length: n }, () => {
    level = 0.97 * level + 0.24 * normal();
    return level;
  });
}

describe("leakage in bins", () => {
  it("of nothing is its bias: Miller and Madow's, as the claims page has it for 8 x 4 bins and 2588 rows", () => {
    const { secret, observed } = told(1, 2588, 0);
    const found = leakage(secret, observed, { bins });
    expect(found.biasBits).toBeCloseTo(0.00585, 5);
    expect(found.bits).toBeGreaterThan(found.nullBand[0]);
    expect(found.bits).toBeLessThan(found.nullBand[1]);
    expect(Math.abs(found.correctedBits)).toBeLessThan(0.005);
    expect(found.answer).not.toBe("reproduced");
  });

  it("one part in a hundred of the secret is found where the rows suffice, and they say beforehand whether they do", () => {
    // A tenth of the rows repeat the secret: about one hundredth of the two bits that four bins hold.
    const { secret, observed } = told(2, 8000, 0.1);
    const found = leakage(secret, observed, { bins });
    expect(found.detectableBits).toBeLessThan(0.006);
    expect(found.correctedBits).toBeGreaterThan(0.006);
    expect(found.upperBits).toBeGreaterThan(found.correctedBits);
    expect(found).toMatchObject({ answer: "reproduced", estimator: "bins", n: 8000 });
  });

  it("keeps its level and its coverage, and finds what it says it finds in nine of ten", () => {
    let [alarms, covered, found] = [0, 0, 0];
    const runs = 40;
    for (let seed = 1; seed <= runs; seed++) {
      const none = told(seed, 2200, 0);
      if (leakage(none.secret, none.observed, { bins, seed }).pValue < 0.05) alarms++;
      const some = told(1000 + seed, 2200, 0.17);
      const { upperBits, pValue, detectableBits } = leakage(some.secret, some.observed, { bins, seed });
      // Exact, from the joint law: a cell of its own eighth has 0.17 / 8 + 0.83 / 32, another 0.83 / 32.
      const truth = 2 - entropyOf([0.17 + 0.83 / 4, ...Array(3).fill(0.83 / 4)]);
      expect(truth / detectableBits).toBeGreaterThan(1);
      if (upperBits >= truth) covered++;
      if (pValue < 0.01) found++;
    }
    expect(alarms).toBeLessThan(8);
    expect(covered / runs).toBeGreaterThan(0.84);
    expect(found / runs).toBeGreaterThan(0.84);
  });

  it("series with a memory of their own are not taken for a leak: the null keeps it, counting rows would not", () => {
    let [alarms, counted] = [0, 0];
    const edges = { secret: [-0.6, 0, 0.6], observed: [-0.6, 0, 0.6] };
    for (let seed = 1; seed <= 40; seed++) {
      const { pValue, bits } = leakage(wandering(seed, 3000), wandering(500 + seed, 3000), { bins: edges });
      if (pValue < 0.05) alarms++;
      // 9 degrees of freedom: chi-squared above 16.9 in one of twenty.
      if (2 * 3000 * Math.LN2 * bits > 16.9) counted++;
    }
    expect(alarms).toBeLessThan(9);
    expect(counted).toBeGreaterThan(30);
  });

  it('"no leakage" is a finding only where the upper bound is below what would matter', () => {
    const { secret, observed } = told(3, 20_000, 0);
    expect(leakage(secret, observed, { bins }).answer).toBe("refuted");
    expect(leakage(secret.slice(0, 400), observed.slice(0, 400), { bins, null: { block: 5 } }).answer).toBe("not testable with these data");
  });

  it("refuses too few rows or draws, and edges that do not rise", () => {
    const { secret, observed } = told(1, 2200, 0);
    expect(() => leakage(secret.slice(0, 50), observed.slice(0, 50), { bins })).toThrow(/too few/);
    expect(() => leakage(secret, observed, { bins, draws: 200 })).toThrow(/200 draws/);
    expect(() => leakage(secret, observed, { bins: { secret: [0.5, 0.5], observed: [1] } })).toThrow(/must rise/);
    expect(LEAKAGE_PLAN.draws).toBe(2000);
  });
});

describe("leakage by neighbours", () => {
  it("finds a dependence that no linear measure sees, and none where there is none", () => {
    const normal = gaussian(splitmix64(5));
    const x = Float64Array.from({ length: 250 }, normal);
    const square = x.map((value) => value * value + 0.5 * normal());
    const block = { block: 5 };
    const found = leakage(x, square, { null: block });
    expect(found).toMatchObject({ estimator: "neighbours", answer: "reproduced" });
    expect(found.correctedBits).toBeGreaterThan(found.detectableBits);
    expect(leakage(x, Float64Array.from(x, normal), { null: block }).pValue).toBeGreaterThan(0.01);
  });
});

function entropyOf(shares: readonly number[]): number {
  return shares.reduce((sum, share) => sum - share * Math.log2(share), 0);
}
