import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { gaussian, splitmix64 } from "../../common/random.ts";
import { equalErrorRate, fingerprint, hamming, type Response } from "./fingerprint.ts";
import { multitaper } from "./multitaper.ts";
import { areaUnderCurve, beatsBaseline, rowsForAuc } from "./predictor.ts";
import { recurrence } from "./recurrence.ts";
import { policyWorth } from "./savings.ts";

describe("the savings identity", () => {
  const share = fc.double({ min: 0, max: 1, noNaN: true });

  it("no policy that knows nothing of the winners earns more winners per joule", () => {
    fc.assert(
      fc.property(share, share, share, fc.integer({ min: 0, max: 64 }), (continueShare, keepShare, controllerCost, decideAfter) => {
        const { merit } = policyWorth({ decideAfter, rounds: 64, continueShare, recall: continueShare, keepShare, controllerCost });
        expect(merit).toBeLessThanOrEqual(1 + 1e-12);
      }),
    );
  });

  it("aborting everything saves 1 - k/n, 59/64 after five rounds of 64, and finds nothing", () => {
    const { saved, winnersKept, merit } = policyWorth({ decideAfter: 5, rounds: 64, continueShare: 0, recall: 0 });
    expect(saved).toBeCloseTo(59 / 64, 12);
    expect([winnersKept, merit]).toEqual([0, 0]);
  });

  it("an oracle earns what the identity says", () => {
    expect(policyWorth({ decideAfter: 16, rounds: 64, continueShare: 0.1, recall: 1 }).merit).toBeCloseTo(1 / (0.25 + 0.075), 12);
    expect(() => policyWorth({ decideAfter: 65, rounds: 64, continueShare: 0.1, recall: 1 })).toThrow(/decides within/);
    expect(() => policyWorth({ decideAfter: 1, rounds: 64, continueShare: 1.1, recall: 1 })).toThrow(/shares from 0 to 1/);
  });
});

describe("a predictor against the larger class", () => {
  it("that knows nothing: uniform p, AUC about one half", () => {
    let small = 0;
    for (let seed = 1; seed <= 300; seed++) {
      const random = splitmix64(seed);
      const labels = Array.from({ length: 200 }, () => (random.next() < 0.25 ? 1 : 0));
      const scores = labels.map(() => random.next());
      // A predictor that knows nothing says 1 as often as 1 occurs.
      const { pValue, auc } = beatsBaseline(labels, scores, 0, 0.75);
      if (pValue < 0.05) small++;
      expect(Math.abs(auc - 0.5)).toBeLessThan(0.25);
    }
    expect(small).toBeLessThan(25);
  });

  it("that knows a little: found, with an interval that leaves out one half", () => {
    const noise = gaussian(splitmix64(8));
    const labels = Array.from({ length: 4000 }, (_, i) => i % 2);
    const scores = labels.map((label) => 0.5 + 0.2 * (label - 0.5) + 0.3 * noise());
    const found = beatsBaseline(labels, scores, 0);
    expect(found.pValue).toBeLessThan(1e-6);
    expect(found.aucInterval[0]).toBeGreaterThan(0.5);
    // Two normals 0.2 / 0.3 standard deviations apart: Phi(0.667 / sqrt 2).
    expect(found.auc).toBeCloseTo(0.681, 1);
  });

  it("rows needed for an AUC of 0.55, 0.52, 0.51 at a quarter of positives: as the claims page has them", () => {
    for (const [auc, rows] of [
      [0.55, 1400],
      [0.52, 8700],
      [0.51, 35_000],
    ] as const)
      expect(rowsForAuc(auc, 0.25) / rows).toBeCloseTo(1, 0);
  });

  it("refuses one class and too few rows; ties count half", () => {
    expect(() => beatsBaseline(new Array(20).fill(1), new Array(20).fill(0.3), 1)).toThrow(/alike/);
    expect(() => beatsBaseline([1, 0], [1, 0], 1)).toThrow(/2 labels/);
    expect(areaUnderCurve([1, 0, 1, 0], [1, 1, 1, 1])).toBe(0.5);
    expect(areaUnderCurve([1, 1], [1, 2])).toBeNaN();
  });
});

describe("fingerprints", () => {
  function recorded(seed: number, own: number, sessionsOwn: number): Response[] {
    const noise = gaussian(splitmix64(seed));
    const device = Array.from({ length: 6 }, () => Array.from({ length: 10 }, () => own * noise()));
    return ["a", "b", "c"].flatMap((session) => {
      const drift = Array.from({ length: 10 }, () => sessionsOwn * noise());
      return device.map((signature, d) => ({
        device: `d${d}`,
        session,
        values: Float64Array.from(signature, (value, i) => value + (drift[i] as number) + noise()),
      }));
    });
  }

  it("are found where devices differ by more than their noise", () => {
    const found = fingerprint(recorded(3, 2, 0), { draws: 199 });
    expect(found).toMatchObject({ devices: 6, responses: 18, pValue: 0.005 });
    expect(found.equalErrorRate).toBeLessThan(0.1);
    expect(found.interval[1]).toBeLessThan(0.3);
    expect(found.inter).toBeGreaterThan(1.3 * found.intra);
  });

  it("are not found where only sessions differ", () => {
    let small = 0;
    for (let seed = 1; seed <= 40; seed++) if (fingerprint(recorded(seed, 0, 2), { draws: 99, seed }).pValue <= 0.05) small++;
    // 2 of 40 expected.
    expect(small).toBeLessThan(8);
    expect(fingerprint(recorded(7, 0, 2), { draws: 99 }).equalErrorRate).toBeGreaterThan(0.3);
  });

  it("need two devices and two sessions; distances of bits", () => {
    const [one] = recorded(1, 1, 0) as [Response];
    expect(() => fingerprint([one])).toThrow(/1 devices/);
    expect(() => fingerprint(recorded(1, 1, 0).filter(({ session }) => session === "a"))).toThrow(/two sessions/);
    expect(hamming([0, 1, 1, 0], [0, 1, 0, 1])).toBe(0.5);
    expect(equalErrorRate([1, 2], [3, 4])).toBe(0);
    expect(equalErrorRate([3, 4], [1, 2])).toBe(1);
  });
});

describe("multitaper spectrum", () => {
  it("of white noise is flat, its integral the variance, its line test uniform", () => {
    const noise = gaussian(splitmix64(5));
    const { power, linePValue, frequency } = multitaper(Float64Array.from({ length: 4096 }, noise));
    const integral = power.reduce((sum, value) => sum + value, 0) * (frequency[1] as number);
    expect(integral).toBeCloseTo(1, 1);
    const small = linePValue.filter((p) => p < 0.05).length / linePValue.length;
    expect(small).toBeGreaterThan(0.03);
    expect(small).toBeLessThan(0.07);
  });

  it("shows a line at its frequency, and red noise as red", () => {
    const noise = gaussian(splitmix64(6));
    const line = Float64Array.from({ length: 1000 }, (_, i) => 0.7 * Math.sin(2 * Math.PI * 0.1234 * i) + noise());
    const { linePValue, frequency } = multitaper(line);
    const best = linePValue.indexOf(Math.min(...linePValue));
    expect(Math.abs((frequency[best] as number) - 0.1234)).toBeLessThan(0.001);
    expect(linePValue[best]).toBeLessThan(1e-4);
    let level = 0;
    const red = multitaper(
      Float64Array.from({ length: 1000 }, () => {
        level = 0.9 * level + noise();
        return level;
      }),
    );
    expect(red.power[10] as number).toBeGreaterThan(20 * (red.power[red.power.length - 10] as number));
    expect(() => multitaper([1, 2, 3])).toThrow(/3 values/);
  });
});

describe("recurrence", () => {
  it("tells a rhythm from noise", () => {
    const noise = gaussian(splitmix64(2));
    const rhythm = recurrence(Float64Array.from({ length: 300 }, (_, i) => Math.sin(i / 3)));
    const chance = recurrence(Float64Array.from({ length: 300 }, noise));
    expect(rhythm.rate).toBeCloseTo(0.05, 2);
    expect(chance.rate).toBeCloseTo(0.05, 2);
    expect(rhythm.determinism).toBeGreaterThan(0.9);
    expect(rhythm.longestLine).toBeGreaterThan(100);
    expect(chance.determinism).toBeLessThan(0.6);
    expect(() => recurrence([1, 2, 3])).toThrow(/1 states/);
  });

  it("sees a series that stands still as laminar", () => {
    const steps = Float64Array.from({ length: 200 }, (_, i) => Math.floor(i / 20) * 7 + (i % 20) * 1e-3);
    expect(recurrence(steps, { share: 0.04 }).laminarity).toBeGreaterThan(0.9);
  });
});
