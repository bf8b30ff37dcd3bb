import { describe, expect, it } from "vitest";
import { FREQUENCY_BINS, frequencyBin } from "../board/pic-factory-data.ts";
import { drawSilicon1387, minimumVoltage1387, type Silicon1387 } from "./bm1387-silicon.ts";

/** Share of weak chips on the boards of specs/bm1387.md 8.4. */
const WEAK = 0.15;
const CHIPS: readonly Silicon1387[] = Array.from({ length: 6300 }, (_, seed) => drawSilicon1387(seed, WEAK));

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

describe("minimum voltage", () => {
  it("is on the line of specs/bm1387.md 8.3: an input", () => {
    const LINE = [
      [500, 0.37],
      [550, 0.385],
      [600, 0.4],
      [650, 0.415],
      [700, 0.431],
    ] as const;
    for (const [mhz, volts] of LINE) expect(Math.abs(minimumVoltage1387(mhz) - volts)).toBeLessThan(0.0006);
    expect(minimumVoltage1387(100)).toBe(0.3);
  });
});

describe("chips", () => {
  it("are the same for the same seed and differ between seeds", () => {
    expect(drawSilicon1387(5, WEAK)).toEqual(drawSilicon1387(5, WEAK));
    expect(drawSilicon1387(5, WEAK).coreOffsetsV).not.toEqual(drawSilicon1387(6, WEAK).coreOffsetsV);
  });

  /** specs/bm1387.md 8.4: mean and sd of 63 bins of each board, MHz, and its cap. The caps and the tail's reach are inputs, the rest predictions. */
  it.each([
    [0x55, 662.5, 651.2, 26.7, 0.83],
    [0x56, 625, 616.5, 23.4, 0.87],
    [0x57, 637.5, 618.7, 27.8, 0.84],
  ])(
    "at I2C address %d with a cap of %d MHz have the factory bins of 8.4: mean within 12 MHz, sd within 9, share at the cap within 0.06",
    (address, cap, meanMhz, sdMhz, atCap) => {
      const bins = CHIPS.map((chip) => FREQUENCY_BINS.get(frequencyBin(chip, address)) as number);
      const average = mean(bins);
      expect(Math.abs(average - meanMhz)).toBeLessThan(12);
      expect(Math.abs(Math.sqrt(mean(bins.map((mhz) => (mhz - average) ** 2))) - sdMhz)).toBeLessThan(9);
      expect(Math.abs(mean(bins.map((mhz) => (mhz >= cap - 13 ? 1 : 0))) - atCap)).toBeLessThan(0.06);
    },
  );

  it("have bad cores as often as those of 8.4: 10 chips of 189 with 27 cores in all, what their numbers are calibrated on", () => {
    const counts = CHIPS.map((chip) => chip.badCores.reduce((sum, bad) => sum + bad, 0));
    // Three standard deviations of what 189 chips would show: 3 chips, 12 cores.
    expect(Math.abs(189 * mean(counts.map((count) => (count > 0 ? 1 : 0))) - 10)).toBeLessThan(9);
    expect(Math.abs(189 * mean(counts) - 27)).toBeLessThan(9);
    expect(Math.max(...counts)).toBeLessThanOrEqual(10);
  });

  it("spread by 3 mV from core to core (8.3: an input)", () => {
    const variance = mean(CHIPS.map((chip) => mean([...chip.coreOffsetsV].map((volts) => (volts - chip.chipOffsetV) ** 2))));
    expect(Math.abs(Math.sqrt(variance) / 0.003 - 1)).toBeLessThan(4 / Math.sqrt(2 * CHIPS.length * 114));
  });
});
