import { describe, expect, it } from "vitest";
import { gaussian, lcg32, splitmix64 } from "../../common/random.ts";
import { expectRelative } from "../oracle.test-support.ts";
import { dieboldMariano, neweyWestLag } from "./diebold-mariano.ts";

function uniform(count: number, seed: number): Float64Array {
  const random = lcg32(seed);
  return Float64Array.from({ length: count }, () => random.next());
}

/** A forecast that errs by `size` times noise of autoregression 0.7. */
function forecast(target: Float64Array, size: number, normal: () => number): Float64Array {
  let noise = 0;
  return target.map((value) => {
    noise = 0.7 * noise + normal();
    return value + size * noise;
  });
}

describe("dieboldMariano", () => {
  it("gives what NumPy and SciPy give for the same formula", () => {
    const cases = [
      { n: 50, lag: 3, statistic: 1.6192892072617426, pValue: 0.05590217544792229, mseRatio: 0.7425317483295646 },
      { n: 400, lag: 5, statistic: 4.6953114439559025, pValue: 1.8333048581260958e-6, mseRatio: 0.7121367197888128 },
    ];
    for (const { n, lag, ...expected } of cases) {
      const target = uniform(n, 1);
      const first = target.map((value, i) => value + 0.5 * ((uniform(n, 2)[i] as number) - 0.5));
      const second = target.map((value, i) => value + 0.6 * ((uniform(n, 3)[i] as number) - 0.5));
      const result = dieboldMariano(target, first, second);
      expect(result).toMatchObject({ n, lag });
      expectRelative(result.statistic, expected.statistic, 1e-10);
      expectRelative(result.pValue, expected.pValue, 1e-9);
      expectRelative(result.mseRatio, expected.mseRatio, 1e-12);
    }
  });

  it("changes sides when the forecasts do", () => {
    const target = uniform(200, 4);
    const [a, b] = [uniform(200, 5), uniform(200, 6)];
    const there = dieboldMariano(target, a, b);
    const back = dieboldMariano(target, b, a);
    expect(back.statistic).toBeCloseTo(-there.statistic, 12);
    expect(back.pValue).toBeCloseTo(1 - there.pValue, 12);
    expect(dieboldMariano(target, a, a)).toMatchObject({ statistic: 0, pValue: 0.5, mseRatio: 1 });
  });

  it("keeps its size on forecasts that err alike with memory, and sees a difference of a fifth", () => {
    const normal = gaussian(splitmix64(7));
    const target = uniform(500, 7);
    const runs = 400;
    let falseAlarms = 0;
    let found = 0;
    for (let run = 0; run < runs; run++) {
      const first = forecast(target, 0.1, normal);
      if (dieboldMariano(target, first, forecast(target, 0.1, normal)).pValue < 0.05) falseAlarms++;
      if (dieboldMariano(target, first, forecast(target, 0.125, normal)).pValue < 0.05) found++;
    }
    // Binomial: 0.05 of 400 is 20 +- 4.4; Newey and West's lag is a little short for this memory.
    expect(falseAlarms).toBeLessThan(36);
    expect(falseAlarms).toBeGreaterThan(5);
    expect(found).toBeGreaterThan(0.9 * runs);
  });

  it("uses the lag of the protocol and refuses what it cannot compare", () => {
    expect([50, 100, 2000].map(neweyWestLag)).toEqual([3, 4, 7]);
    expect(() => dieboldMariano(uniform(9, 1), uniform(9, 2), uniform(9, 3))).toThrow(/9 targets with 9 and 9/);
    expect(() => dieboldMariano(uniform(20, 1), uniform(19, 2), uniform(20, 3))).toThrow(/cannot be compared/);
  });
});
