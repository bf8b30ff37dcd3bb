import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { S9_LIMITS } from "../../drivers/boards/s9-limits.ts";
import { FAN_AT_REST, type FanState, fanSettings, stepFan } from "./fan.ts";
import { sentinelLimits } from "./limits.ts";
import { BITAXE_LIMITS } from "./readings.test-support.ts";

const BITAXE = fanSettings(BITAXE_LIMITS, "bitaxe-ultra");
const S9 = fanSettings(sentinelLimits(S9_LIMITS, "s9-hashboard"), "s9-hashboard");
const at = (s: number, chipTempC: number | null, boardTempC: number | null = null, regulatorTempC: number | null = null) => ({
  atNs: BigInt(Math.round(s * 1e9)),
  chipTempC,
  boardTempC,
  regulatorTempC,
});

/** A chip whose temperature settles where heat and air balance, with a heatsink's time constant of 20 s. */
function hold(settings: typeof BITAXE, ambientC: number, seconds: number) {
  let [state, tempC, percent] = [FAN_AT_REST, ambientC, 100];
  let overshootC = 0;
  for (let step = 1; step <= seconds * 10; step++) {
    const balanceC = ambientC + 70 / (0.6 + percent / 60);
    tempC += (balanceC - tempC) * (0.1 / 20);
    ({ percent, state } = stepFan(state, at(step / 10, tempC), settings));
    if (step > 3000) overshootC = Math.max(overshootC, tempC - settings.targetC);
  }
  return { tempC, percent, overshootC };
}

describe("the fan", () => {
  it("holds the temperature, with less air when the air is cooler", () => {
    const mild = hold(BITAXE, 20, 900);
    const warm = hold(BITAXE, 28, 900);
    expect(mild.tempC).toBeCloseTo(60, 0);
    expect(warm.tempC).toBeCloseTo(60, 0);
    expect(warm.percent).toBeGreaterThan(mild.percent);
    expect(mild.overshootC).toBeLessThan(3);
  });

  it("begins at full, and is at full again when the temperature is unknown", () => {
    expect(stepFan(FAN_AT_REST, at(0, 60), BITAXE).percent).toBe(100);
    const calm: FanState = { integralPercent: 40, filteredC: 60, atNs: 0n };
    expect(stepFan(calm, at(0.1, 60), BITAXE).percent).toBe(40);
    const blind = stepFan(calm, at(0.1, null), BITAXE);
    expect(blind.percent).toBe(100);
    expect(stepFan(blind.state, at(0.2, 60), BITAXE).percent, "nothing of before is left").toBe(100);
    expect(stepFan(calm, at(0.1, Number.NaN), BITAXE).percent).toBe(100);
  });

  it("is at full near the limit of chip, board or regulator, whatever the controller says", () => {
    const calm: FanState = { integralPercent: 25, filteredC: 40, atNs: 0n };
    expect(stepFan(calm, at(0.001, 70), BITAXE).percent).toBe(100);
    expect(stepFan(calm, at(0.001, 40, 70), BITAXE).percent).toBe(100);
    expect(stepFan(calm, at(0.001, 40, null, 90), BITAXE).percent).toBe(100);
    expect(stepFan({ ...calm, integralPercent: 60 }, at(0.001, 100), S9).percent).toBe(100);
    expect(stepFan({ ...calm, integralPercent: 60 }, at(0.001, 50, 80), S9).percent).toBe(100);
    expect(stepFan(calm, at(0.001, 40, 69, 89), BITAXE).percent).toBe(25);
  });

  it("has nothing to work off after an hour at either end", () => {
    const hourAt = (tempC: number) => {
      let state = FAN_AT_REST;
      for (let s = 0; s < 3600; s++) state = stepFan(state, at(s, tempC), BITAXE).state;
      return state.integralPercent;
    };
    expect(hourAt(66)).toBe(100);
    expect(hourAt(20)).toBe(25);
  });

  it("a pause counts as one second at the most", () => {
    const calm: FanState = { integralPercent: 50, filteredC: 62, atNs: 0n };
    const short = stepFan(calm, at(1, 62), BITAXE).state.integralPercent;
    expect(stepFan(calm, at(3600, 62), BITAXE).state.integralPercent).toBe(short);
  });

  it("goes down with a tightened limit", () => {
    const tight = fanSettings({ ...BITAXE_LIMITS, maxChipTempC: 50 }, "bitaxe-ultra");
    expect(tight).toMatchObject({ targetC: 40, fullChipC: 45 });
  });

  it("never gives less air for a hotter reading, stays between its floor and full, and is at full when it knows nothing", () => {
    const temp = fc.double({ min: -40, max: 130, noNaN: true });
    const known = fc.option(temp, { nil: null });
    const state = fc.record({
      integralPercent: fc.double({ min: 25, max: 100, noNaN: true }),
      filteredC: known,
      atNs: fc.option(fc.bigInt(0n, 10n ** 10n), { nil: null }),
    });
    fc.assert(
      fc.property(state, known, known, known, temp, fc.constantFrom(BITAXE, S9), (before, chip, board, regulator, more, settings) => {
        const s = 10 + Math.abs(more) / 100;
        const { percent } = stepFan(before, at(s, chip, board, regulator), settings);
        expect(percent).toBeGreaterThanOrEqual(settings.minPercent);
        expect(percent).toBeLessThanOrEqual(100);
        if (chip === null) {
          expect(percent).toBe(100);
          return;
        }
        const hotter = (value: number | null) => (value === null ? null : value + Math.abs(more));
        expect(stepFan(before, at(s, hotter(chip), hotter(board), hotter(regulator)), settings).percent).toBeGreaterThanOrEqual(percent);
        expect(stepFan(before, at(s, null, board, regulator), settings).percent).toBe(100);
      }),
      { numRuns: 2000 },
    );
  });
});
