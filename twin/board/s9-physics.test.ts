import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { S9_PARAMETERS } from "../parameters.ts";
import { domainOf, evenMakeup, type S9Inputs, type S9State, s9AtRest, s9Power, stepS9, storedHeat } from "./s9-physics.ts";

const CHIPS = 63;
const EVEN = evenMakeup(CHIPS);

interface Drive extends Omit<S9Inputs, "hashingMhz" | "clockMhz"> {
  readonly mhz: number | readonly number[];
  readonly activity: number;
}

function inputs({ mhz = 626.6, activity = 1, ...change }: Partial<Drive> = {}): S9Inputs {
  const clockMhz = typeof mhz === "number" ? new Float64Array(CHIPS).fill(mhz) : Float64Array.from(mhz);
  return {
    targetV: 8.82,
    asicBoost: false,
    fanDuty: 5800 / 6150,
    fanStalled: false,
    ambientC: 25,
    ...change,
    clockMhz,
    hashingMhz: clockMhz.map((one) => one * activity),
  };
}

function settle(seconds: number, given: S9Inputs, from: S9State = s9AtRest(CHIPS, given.ambientC)): S9State {
  let state = from;
  const dtS = seconds < 100 ? 0.05 : 1;
  for (let i = 0; i < Math.round(seconds / dtS); i++) state = stepS9(EVEN, state, given, dtS);
  return state;
}

function sum(values: Float64Array): number {
  return values.reduce((total, value) => total + value, 0);
}

const anyDrive = fc.record({
  targetV: fc.constantFrom(0, 7.95, 8.8, 9.4),
  mhz: fc.array(fc.double({ min: 0, max: 700, noNaN: true }), { minLength: CHIPS, maxLength: CHIPS }),
  activity: fc.double({ min: 0, max: 1, noNaN: true }),
  fanDuty: fc.double({ min: 0, max: 1, noNaN: true }),
  fanStalled: fc.boolean(),
  ambientC: fc.double({ min: 0, max: 45, noNaN: true }),
  dtS: fc.double({ min: 0.001, max: 5, noNaN: true }),
  steps: fc.integer({ min: 1, max: 40 }),
});

describe("power of a chip", () => {
  /** specs/bm1387.md 8.2, model table: f MHz, V chip, dynamic W, leakage W at 80 C. Its constants are this model's inputs. */
  const TABLE = [
    [300, 0.321, 1.39, 0.22],
    [400, 0.351, 2.22, 0.29],
    [500, 0.382, 3.28, 0.37],
    [550, 0.397, 3.9, 0.42],
    [600, 0.412, 4.59, 0.48],
    [626.6, 0.42, 4.98, 0.52],
    [650, 0.427, 5.34, 0.55],
    [700, 0.443, 6.17, 0.62],
  ] as const;

  it.each(TABLE)("at %d MHz and %d V is that of the model table, to its last digit", (mhz, volts, dynamicW, leakageW) => {
    const rest = s9AtRest(CHIPS, 25);
    const state = { ...rest, stringV: 21 * volts, domainV: rest.domainV.map(() => volts), junctionC: rest.junctionC.map(() => 80) };
    const power = s9Power(EVEN, state, inputs({ mhz }));
    // The table gives voltages to 1 mV, which is 0.02 W of the dynamic power.
    expect(Math.abs(power.dynamicW / CHIPS - dynamicW)).toBeLessThan(0.02);
    expect(Math.abs(power.leakageW / CHIPS - leakageW)).toBeLessThan(0.006);
  });

  it("is leakage alone in reset, 12 % of its dynamic part with the clock on, and 13 % less with four midstates", () => {
    const settled = settle(5, inputs());
    const of = (change: Partial<Drive>) => s9Power(EVEN, settled, inputs(change)).dynamicW;
    expect(of({ mhz: 0 })).toBe(0);
    expect(of({ activity: 0 }) / of({})).toBeCloseTo(0.12, 6);
    expect(of({ asicBoost: true }) / of({})).toBeCloseTo(0.87, 6);
  });

  it("makes a miner of 13.5 TH/s draw 1323 W at the wall, within an eighth: a prediction, with the losses that 8.2 takes", () => {
    const given = inputs({ ambientC: 30 });
    const { inputW } = s9Power(EVEN, settle(1500, given), given);
    const wallW = (3 * inputW + 45) / 0.93;
    // 11 % low: the specification's own table is 7 % low with chips at 80 C, and these are cooler.
    expect(Math.abs(wallW / 1323 - 1)).toBeLessThan(0.125);
  });
});

describe("the string", () => {
  it("starts in a fraction of a second and then follows at 1 V/s", () => {
    expect(settle(0.3, inputs({ targetV: 7.6 })).stringV).toBeCloseTo(7.6, 6);
    const up = settle(3, inputs({ targetV: 8.4 }));
    expect(settle(0.5, inputs({ targetV: 9.4 }), up).stringV).toBeCloseTo(8.9, 2);
    expect(settle(2, inputs({ targetV: 9.4 }), up).stringV).toBeCloseTo(9.4, 6);
  });

  it("falls at once when it is switched off", () => {
    expect(settle(0.5, inputs({ targetV: 0 }), settle(3, inputs())).stringV).toBeLessThan(0.01);
  });

  it("gives the hot end of a board that hashes less voltage than the cool end, all within 0.40 V +- 0.02 at 8.4 V (8.1)", () => {
    const { domainV } = settle(1500, inputs({ targetV: 8.4, mhz: 600, ambientC: 30 }));
    expect(sum(domainV)).toBeCloseTo(8.4, 9);
    for (let d = 1; d < 21; d++) expect(domainV[d] as number).toBeLessThan(domainV[d - 1] as number);
    expect(domainV[0] as number).toBeLessThan(0.42);
    expect(domainV[20] as number).toBeGreaterThan(0.38);
  });

  it("gives a domain whose chips are slower more voltage, and an idle one the most", () => {
    const given = (mhz: number) => inputs({ mhz: Array.from({ length: CHIPS }, (_, chip) => (domainOf(chip) === 7 ? mhz : 650)) });
    const [even, slow, idle] = [650, 500, 50].map((mhz) => settle(5, given(mhz)).domainV) as [Float64Array, Float64Array, Float64Array];
    expect(slow[7] as number).toBeGreaterThan((even[7] as number) + 0.02);
    expect(idle[7] as number).toBeGreaterThan(slow[7] as number);
    expect(idle[8] as number).toBeLessThan(even[8] as number);
    expect(sum(idle)).toBeCloseTo(sum(even), 9);
  });

  it("carries the current that each of its domains turns into heat", () => {
    const given = inputs();
    const state = settle(60, given);
    expect(state.currentA * state.stringV).toBeCloseTo(s9Power(EVEN, state, given).chipsW, 1);
  });

  it("of a board with fewer chips gives each its even share, were they alike", () => {
    for (const chips of [1, 2, 4, 32]) {
      const few = { ...inputs(), hashingMhz: new Float64Array(chips).fill(600), clockMhz: new Float64Array(chips).fill(600) };
      let state = s9AtRest(chips, 25);
      for (let i = 0; i < 20; i++) state = stepS9(evenMakeup(chips), state, few, 0.05);
      for (const volts of state.domainV) expect(volts).toBeCloseTo(state.stringV / 21, 3);
    }
  });
});

describe("heat", () => {
  it("is stored or carried away to the last joule, whatever the board is told", () => {
    fc.assert(
      fc.property(fc.array(anyDrive, { minLength: 1, maxLength: 6 }), (drives) => {
        let state = s9AtRest(CHIPS, 25);
        for (const { dtS, steps, ...drive } of drives) for (let i = 0; i < steps; i++) state = stepS9(EVEN, state, inputs(drive), dtS);
        const missingJ = state.heatInJ - state.heatOutJ - storedHeat(state, 25);
        expect(Math.abs(missingJ)).toBeLessThan(1e-9 * (1 + state.heatInJ + Math.abs(state.heatOutJ)));
      }),
      { numRuns: 60 },
    );
  });

  it("leaves nothing below the coolest air nor at infinity, whatever the board is told", () => {
    fc.assert(
      fc.property(fc.array(anyDrive, { minLength: 1, maxLength: 6 }), (drives) => {
        let state = s9AtRest(CHIPS, 45);
        for (const { dtS, steps, ...drive } of drives) for (let i = 0; i < steps; i++) state = stepS9(EVEN, state, inputs(drive), dtS);
        for (const tempC of [...state.boardC, ...state.packageC, ...state.junctionC]) {
          expect(Number.isFinite(tempC)).toBe(true);
          expect(tempC).toBeGreaterThanOrEqual(-1e-9);
        }
      }),
      { numRuns: 30 },
    );
  });

  it("comes to the same in long steps as in short ones: 0.1 K after a minute of warming up", () => {
    const warmedUp = (dtS: number) => {
      let state = s9AtRest(CHIPS, 25);
      for (let i = 0; i < Math.round(60 / dtS); i++) state = stepS9(EVEN, state, inputs(), dtS);
      return state;
    };
    const [long, short] = [warmedUp(0.1), warmedUp(S9_PARAMETERS.stepS)];
    for (let chip = 0; chip < CHIPS; chip++)
      expect(Math.abs((long.junctionC[chip] as number) - (short.junctionC[chip] as number))).toBeLessThan(0.1);
  });
});

describe("temperatures in air of 30 C, at the settings of the log of specs/bm1387.md 8.1 (8.60 V)", () => {
  const board = (mhz: number) => settle(2000, inputs({ targetV: 8.6, mhz, ambientC: 30 }));
  const [j6, j7] = [board(620), board(585)];
  const at = (state: S9State, chip: number) => ({
    pcb: state.boardC[domainOf(chip)] as number,
    rise: (state.junctionC[chip] as number) - (state.boardC[domainOf(chip)] as number),
  });
  const mean = (get: (state: S9State) => number) => (get(j6) + get(j7)) / 2;

  it("are the mean of boards J6 and J7 within 1 K: what the model is calibrated on", () => {
    expect(Math.abs(mean((state) => at(state, 31).pcb) - (55 + 44) / 2)).toBeLessThan(1);
    expect(Math.abs(mean((state) => at(state, 61).pcb) - (67 + 59) / 2)).toBeLessThan(1);
    expect(Math.abs(mean((state) => (at(state, 31).rise + at(state, 61).rise) / 2) - (11 + 17 + 9 + 19) / 4)).toBeLessThan(1);
  });

  it("are each board's within 6 K on the board and 9 K in the die, and hotter on the faster board: predictions", () => {
    const MEASURED = [
      [j6, 61, 67, 78],
      [j6, 31, 55, 72],
      [j7, 61, 59, 68],
      [j7, 31, 44, 63],
    ] as const;
    for (const [state, chip, pcb, junction] of MEASURED) {
      expect(Math.abs(at(state, chip).pcb - pcb)).toBeLessThan(6);
      expect(Math.abs(at(state, chip).pcb + at(state, chip).rise - junction)).toBeLessThan(9);
    }
    expect(at(j6, 61).pcb).toBeGreaterThan(at(j7, 61).pcb);
  });

  it("rise by 12 to 15 K from chip 31 to chip 61 (8.5)", () => {
    for (const state of [j6, j7]) {
      expect(at(state, 61).pcb - at(state, 31).pcb).toBeGreaterThan(12);
      expect(at(state, 61).pcb - at(state, 31).pcb).toBeLessThan(15);
    }
  });

  it("rise with a time constant of one to three minutes: 8.5 says some 150 s, a prediction", () => {
    const given = inputs({ targetV: 8.6, mhz: 620, ambientC: 30 });
    const final = at(j6, 61).pcb - 30;
    let state = s9AtRest(CHIPS, 30);
    let seconds = 0;
    for (; at(state, 61).pcb - 30 < final * (1 - 1 / Math.E); seconds += 0.5) state = stepS9(EVEN, state, given, 0.5);
    expect(seconds).toBeGreaterThan(60);
    expect(seconds).toBeLessThan(180);
  });

  it("go with fan speed to the power of -0.7 (8.5), and far up with no fan", () => {
    const steady = (change: Partial<Drive>) => {
      const given = inputs({ mhz: 400, targetV: 8.6, ...change });
      const state = settle(6000, given);
      return {
        perWatt: ((state.boardC[10] as number) - 25) / s9Power(EVEN, state, given).inputW,
        rpm: state.fanRpm,
        boardC: state.boardC[10] as number,
      };
    };
    const [full, half] = [steady({ fanDuty: 1 }), steady({ fanDuty: 0.5 })];
    expect(Math.log(half.perWatt / full.perWatt) / Math.log(half.rpm / full.rpm)).toBeCloseTo(-0.7, 1);
    expect(steady({ fanStalled: true }).boardC).toBeGreaterThan(half.boardC + 30);
  });
});
