import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { evenMakeup, s9AtRest, stepS9 } from "../../../twin/board/s9-physics.ts";
import { S9_PARAMETERS } from "../../../twin/parameters.ts";
import { chipVoltages, RAILS } from "./rails.ts";

const s9 = RAILS["s9-hashboard"];
const clocks = fc.array(fc.integer({ min: 300, max: 700 }), { minLength: 63, maxLength: 63 });

describe("voltages at the chips", () => {
  test("are those of the rail where no chips are in series", () => {
    expect(chipVoltages(RAILS["bitaxe-ultra"], 1200, [485, 485])).toEqual([1200, 1200]);
  });

  test("are even at one clock, and their domains add up to the rail's at any", () => {
    expect(chipVoltages(s9, 8400, new Array<number>(63).fill(600)).every((mv) => Math.abs(mv - 400) < 1e-9)).toBe(true);
    fc.assert(
      fc.property(clocks, (mhz) => {
        const voltages = chipVoltages(s9, 8400, mhz);
        expect(voltages.filter((_, chip) => chip % 3 === 0).reduce((a, b) => a + b)).toBeCloseTo(8400, 6);
      }),
    );
  });

  test("are what the twin's physics makes of a few slowed chips: to an eighth of the change beside them, to a millivolt elsewhere", () => {
    const mhz = Float64Array.from({ length: 63 }, (_, chip) => ([4, 20, 40].includes(chip) ? 500 : 650));
    const inputs = {
      targetV: 8.4,
      hashingMhz: mhz,
      clockMhz: mhz,
      asicBoost: true,
      fanDuty: 1,
      fanStalled: false,
      ambientC: 25,
    };
    let state = s9AtRest(63, 25);
    for (let step = 0; step < 2000; step++) state = stepS9(evenMakeup(63), state, inputs, S9_PARAMETERS.stepS);
    const voltages = chipVoltages(s9, 1000 * state.stringV, [...mhz]);
    state.domainV.forEach((volts, domain) => {
      const change = Math.abs(1000 * volts - 400);
      expect(Math.abs((voltages[3 * domain] as number) - 1000 * volts)).toBeLessThan(Math.max(1, change / 8));
    });
  });
});
