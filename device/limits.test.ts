import { describe, expect, it } from "vitest";
import type { BoardLimits } from "../drivers/boards/board.ts";
import { checkSetPoint, tightened } from "./limits.ts";

const BOARD: BoardLimits = {
  coreVoltageMv: { min: 7950, max: 9400 },
  frequencyMhz: { min: 200, max: 900 },
  maxPowerMw: 460_000,
  maxChipTempC: 110,
  maxRegulatorTempC: 105,
  maxBoardTempC: 90,
  coreVoltageCaps: [
    { fromMhz: 675, maxMv: 8700 },
    { fromMhz: 581, maxMv: 9300 },
  ],
};
const at = (coreVoltageMv: number, frequencyMhz: number) => ({ coreVoltageMv, frequencyMhz, ticketDifficulty: 1 });

describe("limits of the configuration", () => {
  it("can be tighter than the board's, and leave the rest alone", () => {
    const limits = tightened(BOARD, { maxChipTempC: 95, maxPowerW: 300, minFrequencyMhz: 300 });
    expect(limits).toEqual({ ...BOARD, maxChipTempC: 95, maxPowerMw: 300_000, frequencyMhz: { min: 300, max: 900 } });
  });

  it.each([
    { maxChipTempC: 111 },
    { maxPowerW: 461 },
    { maxRegulatorTempC: 106 },
    { minCoreVoltageMv: 7949 },
    { maxCoreVoltageMv: 9401 },
    { minFrequencyMhz: 199 },
    { maxFrequencyMhz: 901 },
  ])("cannot be looser: %j", (wanted) => expect(() => tightened(BOARD, wanted)).toThrow(/looser/));
});

describe("set-points", () => {
  it("inside all limits pass, anything outside is refused with the limit's name", () => {
    expect(() => checkSetPoint(at(8800, 600), BOARD)).not.toThrow();
    expect(() => checkSetPoint(at(7900, 600), BOARD)).toThrow(/core voltage of 7900 mV is outside 7950 to 9400 mV/);
    expect(() => checkSetPoint(at(8800, 901), BOARD)).toThrow(/frequency of 901 MHz is outside/);
  });

  it("voltage is capped by frequency where the board says so", () => {
    expect(() => checkSetPoint(at(9300, 581), BOARD)).not.toThrow();
    expect(() => checkSetPoint(at(9301, 581), BOARD)).toThrow(/at 581 MHz/);
    expect(() => checkSetPoint(at(8701, 700), BOARD)).toThrow(/outside 7950 to 8700 mV/);
  });

  it.each([at(Number.NaN, 600), at(8800, Number.NaN)])("NaN is never inside: %j", (wanted) => {
    expect(() => checkSetPoint(wanted, BOARD)).toThrow();
  });
});
