import { describe, expect, it } from "vitest";
import { splitmix64 } from "../../../common/random.ts";
import { recordedPoisson, timingBattery } from "./battery.ts";

const ideal = { tick: 0, deadTime: 0 };
/** 999 draws are the least with which nine tests can find anything at 1 %: 9 / 1000. */
const settings = { draws: 999, seed: 3 };

describe("timing battery", () => {
  it("finds nothing in a Poisson process, with nor without the instrument's tick and dead time", () => {
    expect(timingBattery(recordedPoisson(400, 1, ideal, splitmix64(1)), ideal, settings).found).toEqual([]);
    const instrument = { tick: 0.2, deadTime: 0.3 };
    const recorded = recordedPoisson(400, 1, instrument, splitmix64(2));
    expect(timingBattery(recorded, instrument, settings).found).toEqual([]);
    // The same record, taken for that of an ideal instrument, is full of findings that are the instrument's own.
    expect(timingBattery(recorded, ideal, settings).found).toContain("marginal law (Anderson-Darling)");
  });

  it("names a rhythm, a drift and memory by the test that is made for them", () => {
    const random = splitmix64(4);
    const steady = recordedPoisson(1200, 1, ideal, random);
    const rhythm = steady.filter((time) => random.next() < 0.5 + 0.5 * Math.sin((2 * Math.PI * 60 * time) / 1200));
    expect(timingBattery(rhythm, ideal, settings).found).toContain("strongest line (Rayleigh)");
    const drifting = recordedPoisson(600, 1, ideal, random).map((time) => time ** 1.4);
    expect(timingBattery(drifting, ideal, settings).found).toContain("rate constancy (KS of times)");
    let [time, before] = [0, 1];
    const remembering = Float64Array.from({ length: 600 }, () => {
      before = 0.6 * before + 0.4 * -Math.log1p(-random.next());
      time += before;
      return time;
    });
    expect(timingBattery(remembering, ideal, settings).found).toContain("serial correlation");
  });

  it("says whether there is enough for a claim, and where the null would have been", () => {
    const { enough, tests, events, meanInterval } = timingBattery(recordedPoisson(120, 2, ideal, splitmix64(5)), ideal, { draws: 99 });
    expect([enough, events]).toEqual([false, 120]);
    expect(meanInterval).toBeCloseTo(2, 0);
    const cv = tests.find(({ name }) => name === "CV");
    expect(cv?.nullBand[0]).toBeGreaterThan(0.75);
    expect(cv?.nullBand[1]).toBeLessThan(1.25);
    for (const { pValue, holmP } of tests) expect(holmP).toBeGreaterThanOrEqual(pValue);
  });

  it("refuses too few events and an instrument that cannot be", () => {
    expect(() => timingBattery(new Float64Array(10), ideal)).toThrow(/10 events/);
    expect(() => timingBattery(recordedPoisson(60, 1, ideal, splitmix64(1)), { tick: 0, deadTime: 5 })).toThrow(/dead time of 5/);
  });
});
