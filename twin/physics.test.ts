import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { domainVoltages, drawSilicon, errorProbabilities, medianSilicon, minimumVoltage, tooLowToAnswer } from "./chip/silicon.ts";
import { atRest, type PhysicsInputs, type PhysicsState, power, step, storedHeat } from "./physics.ts";

const nominal: PhysicsInputs = { targetV: 1.2, frequencyMhz: 485, activity: 1, chips: 1, fanDuty: 1, fanStalled: false, ambientC: 25 };

function settle(inputs: PhysicsInputs, from: PhysicsState = atRest(inputs.ambientC), seconds = 1500): PhysicsState {
  let state = from;
  for (let t = 0; t < seconds; t += 0.05) state = step(state, inputs, 0.05);
  return state;
}

const anyInputs = fc.record({
  targetV: fc.double({ min: 0, max: 1.4, noNaN: true }),
  frequencyMhz: fc.double({ min: 0, max: 700, noNaN: true }),
  activity: fc.double({ min: 0, max: 1, noNaN: true }),
  chips: fc.integer({ min: 1, max: 9 }),
  fanDuty: fc.double({ min: 0, max: 1, noNaN: true }),
  fanStalled: fc.boolean(),
  ambientC: fc.double({ min: 0, max: 45, noNaN: true }),
});

describe("the board in its steady state", () => {
  it("gives 11 to 12 W and 50 to 65 C at 485 MHz, 1.2 V, full fan", () => {
    const state = settle(nominal);
    expect(power(state, nominal).coreW).toBeGreaterThan(11);
    expect(power(state, nominal).coreW).toBeLessThan(12);
    expect(state.junctionC).toBeGreaterThan(50);
    expect(state.junctionC).toBeLessThan(65);
  });

  it("draws what a real board was measured to draw at 609.9 MHz, 1.2218 V and 36 C, within 7 %: a prediction (specs/bm1387.md 8.1)", () => {
    const measured = { ...nominal, frequencyMhz: 609.9, targetV: 1.2218 };
    const { coreW } = power({ ...atRest(25), coreV: 1.2218, junctionC: 36 }, measured);
    expect(Math.abs(coreW / 13.4 - 1)).toBeLessThan(0.07);
  });

  it("meets the self-test's power target of 12 W +- 3 W at the input (specs/bm1366.md 5.2): a prediction", () => {
    expect(Math.abs(power(settle(nominal), nominal).inputW - 12)).toBeLessThan(3);
  });

  it("shows the board's sensor 5 C less than the die at 485 MHz (specs/bm1366.md 5.2): what the sensor's share is calibrated on", () => {
    const { junctionC, boardC } = settle(nominal);
    expect(Math.abs(junctionC - boardC - 5)).toBeLessThan(0.5);
  });

  it("sheds as much heat as it makes", () => {
    for (const fanDuty of [0.3, 0.6, 1]) {
      const inputs = { ...nominal, fanDuty };
      const state = settle(inputs);
      const throughJunction = (state.junctionC - state.sinkC) / 0.8;
      const toAir = (state.sinkC - 25) * (0.15 + 0.35 * (state.fanRpm / 6000) ** 0.7);
      expect(throughJunction).toBeCloseTo(power(state, inputs).coreW, 2);
      expect(toAir).toBeCloseTo(throughJunction, 2);
    }
  });

  it("passes the trip temperature of 75 C without a fan (specs/bm1366.md 5.5)", () => {
    expect(settle({ ...nominal, fanStalled: true }).junctionC).toBeGreaterThan(75);
  });
});

describe("the physics", () => {
  it("stays finite and never cools below ambient, whatever it is told", () => {
    fc.assert(
      fc.property(anyInputs, (inputs) => {
        const state = settle(inputs, atRest(inputs.ambientC), 300);
        for (const value of Object.values(state)) expect(Number.isFinite(value)).toBe(true);
        expect(state.junctionC).toBeGreaterThanOrEqual(inputs.ambientC - 1e-6);
        expect(state.coreV).toBeLessThanOrEqual(inputs.targetV + 1e-9);
      }),
      { numRuns: 40 },
    );
  });

  it("stores or sheds every joule that the chips make, whatever it is told", () => {
    const drive = fc.record({
      inputs: anyInputs,
      dtS: fc.double({ min: 0.001, max: 5, noNaN: true }),
      steps: fc.integer({ min: 1, max: 200 }),
    });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), fc.array(drive, { minLength: 1, maxLength: 8 }), (chips, drives) => {
        let state = atRest(25);
        for (const { inputs, dtS, steps } of drives) for (let i = 0; i < steps; i++) state = step(state, { ...inputs, chips }, dtS);
        const missingJ = state.heatInJ - state.heatOutJ - storedHeat(state, chips, 25);
        expect(Math.abs(missingJ)).toBeLessThan(1e-9 * (1 + state.heatInJ + Math.abs(state.heatOutJ)));
      }),
    );
  });

  it("reaches nearly the same state in long steps as in short ones", () => {
    let long = atRest(25);
    let short = atRest(25);
    for (let i = 0; i < 1000; i++) {
      long = step(long, nominal, 0.02);
      for (let k = 0; k < 4; k++) short = step(short, nominal, 0.005);
    }
    expect(long.junctionC).toBeCloseTo(short.junctionC, 1);
    expect(long.sinkC).toBeCloseTo(short.sinkC, 1);
  });

  it("draws leakage that doubles every 25 K and no dynamic power without a clock", () => {
    const at = (junctionC: number) => power({ ...atRest(25), coreV: 1.2, junctionC }, { ...nominal, frequencyMhz: 0 });
    expect(at(85).leakageW / at(60).leakageW).toBeCloseTo(2, 9);
    expect(at(60).coreW).toBeCloseTo(1.15, 9);
    expect(at(60).dynamicW).toBe(0);
  });

  it("lets the supply follow its set-point within milliseconds", () => {
    const on = step(atRest(25), nominal, 0.01);
    expect(on.coreV).toBeGreaterThan(1.19);
    expect(step(on, { ...nominal, targetV: 0 }, 0.01).coreV).toBeLessThan(0.01);
  });
});

describe("critical voltage", () => {
  const silicon = medianSilicon();

  it("is 1.15 V at 485 MHz and rises with frequency and heat", () => {
    expect(minimumVoltage(485, 60)).toBeCloseTo(1.15, 9);
    fc.assert(
      fc.property(fc.double({ min: 50, max: 700, noNaN: true }), fc.double({ min: 0, max: 100, noNaN: true }), (mhz, junctionC) => {
        expect(minimumVoltage(mhz + 10, junctionC)).toBeGreaterThanOrEqual(minimumVoltage(mhz, junctionC));
        expect(minimumVoltage(mhz, junctionC + 10)).toBeGreaterThan(minimumVoltage(mhz, junctionC));
      }),
    );
  });

  it("has one hash in a thousand wrong at the minimum, ten times as many 20 mV below, and no answer far below", () => {
    const at = (volts: number) => errorProbabilities(silicon, volts, 485, 60)[0] as number;
    expect(at(1.15)).toBeCloseTo(1e-3, 9);
    expect(at(1.13) / at(1.15)).toBeCloseTo(10, 6);
    expect(at(0.9)).toBe(1);
    expect(tooLowToAnswer(1.08, 485, 60)).toBe(false);
    expect(tooLowToAnswer(1.06, 485, 60)).toBe(true);
  });

  it("spreads over cores by 12 mV and over chips by 8 mV, the same for the same seed", () => {
    expect(drawSilicon(3)).toEqual(drawSilicon(3));
    const chips = Array.from({ length: 400 }, (_, seed) => drawSilicon(seed).coreOffsetsV);
    const means = chips.map((cores) => cores.reduce((sum, volts) => sum + volts, 0) / cores.length);
    const within = chips.map((cores, i) => cores.reduce((sum, volts) => sum + (volts - (means[i] as number)) ** 2, 0) / (cores.length - 1));
    const rms = (values: readonly number[]) => Math.sqrt(values.reduce((sum, value) => sum + value, 0) / values.length);
    // Four standard errors: of a deviation from 400 x 111 cores; of one from 400 chips, cut off at 2 sd (0.88 of the sd is left).
    expect(Math.abs(rms(within) / 0.012 - 1)).toBeLessThan(4 / Math.sqrt(2 * 400 * 111));
    expect(Math.abs(rms(means.map((volts) => volts ** 2)) / 0.0072 - 1)).toBeLessThan(0.15);
  });
});

describe("the four domains inside a chip", () => {
  const anyChip = fc.record({
    seed: fc.nat(10_000),
    coreV: fc.double({ min: 0.7, max: 1.4, noNaN: true }),
    mhz: fc.double({ min: 50, max: 650, noNaN: true }),
    junctionC: fc.double({ min: 0, max: 110, noNaN: true }),
  });

  it("share the supply: their voltages add up to it, near a quarter each", () => {
    fc.assert(
      fc.property(anyChip, ({ seed, coreV, mhz, junctionC }) => {
        const domainV = domainVoltages(drawSilicon(seed), coreV, mhz, junctionC);
        expect(domainV.reduce((sum, volts) => sum + volts, 0)).toBeCloseTo(coreV, 9);
        for (const volts of domainV) expect(Math.abs(volts / (coreV / 4) - 1)).toBeLessThan(0.2);
      }),
    );
  });

  it("that leak more have less voltage and more errors", () => {
    const leaky = { ...medianSilicon(), domainLeakage: Float64Array.of(1, 1.3, 1, 1) };
    const errors = errorProbabilities(leaky, 1.15, 485, 80);
    expect(errors[28] as number).toBeGreaterThan(2 * (errors[27] as number));
    expect(errors[55]).toBe(errors[28]);
    expect(errors[56]).toBe(errors[0]);
  });
});
