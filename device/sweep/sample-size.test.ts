import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { splitmix64 } from "../../common/random.ts";
import { intervalsForCv, noncesForShare } from "./sample-size.ts";
import { sequentialTest } from "./sequential.ts";

/** P(X >= k), by adding up. */
function atLeast(k: number, n: number, p: number): number {
  let term = (1 - p) ** n;
  let below = 0;
  for (let i = 0; i < k; i++) {
    below += term;
    term *= ((n - i) / (i + 1)) * (p / (1 - p));
  }
  return 1 - below;
}

describe("nonces for a share", () => {
  test("are enough, by the exact binomial tails, and one fewer is not", () => {
    const shares = fc.tuple(fc.double({ min: 0.001, max: 0.1, noNaN: true }), fc.double({ min: 1.8, max: 10, noNaN: true }));
    fc.assert(
      fc.property(shares, ([soundShare, times]) => {
        const faultyShare = soundShare * times;
        fc.pre(faultyShare < 0.6);
        const { nonces, critical, size, power } = noncesForShare({ soundShare, faultyShare, alpha: 0.05, power: 0.9 });
        expect(size).toBeCloseTo(atLeast(critical, nonces, soundShare), 8);
        expect(power).toBeCloseTo(atLeast(critical, nonces, faultyShare), 8);
        expect(size).toBeLessThanOrEqual(0.05);
        expect(power).toBeGreaterThanOrEqual(0.9);
        for (let k = 1; k <= nonces; k++) {
          if (atLeast(k, nonces - 1, soundShare) > 0.05) continue;
          expect(atLeast(k, nonces - 1, faultyShare)).toBeLessThan(0.9);
          break;
        }
      }),
      { numRuns: 40 },
    );
  });

  test("cannot be said of shares in the wrong order", () => {
    expect(() => noncesForShare({ soundShare: 0.1, faultyShare: 0.1, alpha: 0.05, power: 0.9 })).toThrow(/BAD_PLAN|cannot be told/);
  });
});

test("intervals for a CV are those of CLAIMS N 5: 200, 800 and 3100 for 0.2, 0.1 and 0.05", () => {
  expect([0.2, 0.1, 0.05].map((difference) => intervalsForCv(difference, 0.05, 0.8))).toEqual([197, 785, 3140]);
});

describe("the sequential test", () => {
  const plan = { soundShare: 0.01, faultyShare: 0.05, alpha: 0.05, power: 0.9 };
  const TRIALS = 4000;

  /** Share of runs that end "faulty", and how many nonces they take, with so many nonces between two looks. */
  function simulated(share: number, batch: number, seed: number) {
    const test = sequentialTest(plan);
    const random = splitmix64(seed);
    let faulty = 0;
    let nonces = 0;
    for (let trial = 0; trial < TRIALS; trial++) {
      let [valid, invalid] = [0, 0];
      while (test.verdict(valid, invalid) === "undecided") for (let i = 0; i < batch; i++) random.next() < share ? invalid++ : valid++;
      if (test.verdict(valid, invalid) === "faulty") faulty++;
      nonces += (valid + invalid) / TRIALS;
    }
    return { faulty: faulty / TRIALS, nonces, mostNonces: test.mostNonces };
  }

  test.each([1, 16])("calls a sound point faulty no more often than alpha, with %i nonces between looks", (batch) => {
    // 4000 trials: standard error 0.0034 at alpha.
    expect(simulated(plan.soundShare, batch, 5).faulty).toBeLessThan(plan.alpha + 0.01);
  });

  test.each([1, 16])("finds a faulty point as often as was asked, with %i nonces between looks", (batch) => {
    expect(simulated(plan.faultyShare, batch, 6).faulty).toBeGreaterThan(plan.power - 0.015);
  });

  test("takes fewer nonces than its fixed sample on the whole", () => {
    const found = simulated(plan.soundShare, 1, 7);
    expect(found.nonces).toBeLessThan(0.7 * found.mostNonces);
  });
});
