import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { errorProbability1387, minimumVoltage1387 } from "../chip/bm1387-silicon.ts";
import { boardTempC, junctionTempC, S9_AT_REST, type S9Inputs, type S9State, s9Power, stepS9 } from "./s9-physics.ts";

function inputs(change: Partial<S9Inputs> = {}): S9Inputs {
  return {
    targetV: 8.82,
    chips: 63,
    hashingMhz: 63 * 626.6,
    clockMhz: 63 * 626.6,
    asicBoost: false,
    fanDuty: 5800 / 6150,
    fanStalled: false,
    ambientC: 25,
    ...change,
  };
}

function settle(seconds: number, given: S9Inputs, from: S9State = S9_AT_REST): S9State {
  let state = from;
  for (let i = 0; i < Math.round(seconds / 0.05); i++) state = stepS9(state, given, 0.05);
  return state;
}

describe("power of a board", () => {
  it("at 626.6 MHz and 0.420 V a chip is that of specs/bm1387.md 8.2, within a tenth", () => {
    const settled = settle(900, inputs({ ambientC: 30 }));
    const { dynamicW, leakageW, chipsW } = s9Power(settled, inputs({ ambientC: 30 }));
    expect(Math.abs(dynamicW / 63 - 4.98)).toBeLessThan(0.05);
    expect(Math.abs(leakageW / 63 - 0.52)).toBeLessThan(0.2);
    expect(chipsW).toBeGreaterThan(310);
    expect(chipsW).toBeLessThan(450);
  });

  it("is leakage alone in reset, a share of it with the clock on, and less with four midstates", () => {
    const settled = settle(5, inputs());
    const of = (change: Partial<S9Inputs>) => s9Power(settled, inputs(change)).dynamicW;
    expect(of({ hashingMhz: 0, clockMhz: 0 })).toBe(0);
    expect(of({ hashingMhz: 0 }) / of({})).toBeCloseTo(0.12, 6);
    expect(of({ asicBoost: true }) / of({})).toBeCloseTo(0.87, 6);
  });
});

describe("the string voltage", () => {
  it("starts in a fraction of a second and then follows at 1 V/s", () => {
    expect(settle(0.3, inputs({ targetV: 7.6 })).stringV).toBeCloseTo(7.6, 6);
    const up = settle(3, inputs({ targetV: 8.4 }));
    expect(settle(0.5, inputs({ targetV: 9.4 }), up).stringV).toBeCloseTo(8.9, 2);
    expect(settle(2, inputs({ targetV: 9.4 }), up).stringV).toBeCloseTo(9.4, 6);
  });

  it("falls at once when it is switched off", () => {
    expect(settle(0.5, inputs({ targetV: 0 }), settle(3, inputs())).stringV).toBeLessThan(0.01);
  });
});

describe("temperatures", () => {
  it("rise along the board as the log of specs/bm1387.md 8.1 shows: some 12 K from chip 31 to chip 61", () => {
    const state = settle(2000, inputs());
    const gradientK = boardTempC(state, 61 / 62, 30) - boardTempC(state, 31 / 62, 30);
    expect(gradientK).toBeGreaterThan(8);
    expect(gradientK).toBeLessThan(15);
    expect(junctionTempC(state, 1, 30) - boardTempC(state, 1, 30)).toBeGreaterThan(11);
    expect(junctionTempC(state, 1, 30) - boardTempC(state, 1, 30)).toBeLessThan(19);
  });

  it("are higher with slower fans and much higher with none", () => {
    const at = (change: Partial<S9Inputs>) => boardTempC(settle(3000, inputs(change)), 0.5, 25);
    expect(at({ fanDuty: 0.5 })).toBeGreaterThan(at({}) + 5);
    expect(at({ fanStalled: true })).toBeGreaterThan(at({ fanDuty: 0.5 }) + 30);
  });

  it("stay finite and above the air, whatever happens", () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            targetV: fc.constantFrom(0, 8, 9.4),
            hashingMhz: fc.nat(63 * 700),
            fanDuty: fc.double({ min: 0, max: 1, noNaN: true }),
          }),
          {
            maxLength: 20,
          },
        ),
        (changes) => {
          let state = S9_AT_REST;
          for (const change of changes) state = settle(30, inputs(change), state);
          expect(Number.isFinite(boardTempC(state, 1, 25))).toBe(true);
          expect(boardTempC(state, 0, 25)).toBeGreaterThanOrEqual(25);
        },
      ),
      { numRuns: 20 },
    );
  });
});

describe("the error law", () => {
  it("is that of specs/bm1387.md 8.3", () => {
    expect(errorProbability1387(0)).toBeCloseTo(1e-3, 12);
    expect(errorProbability1387(0.01)).toBeCloseTo(1e-6, 12);
    expect(errorProbability1387(-0.01)).toBeCloseTo(0.1, 9);
    expect(errorProbability1387(-1)).toBe(1);
    expect(minimumVoltage1387(650)).toBeCloseTo(0.4154, 3);
    expect(minimumVoltage1387(100)).toBe(0.3);
  });
});
