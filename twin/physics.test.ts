import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { errorProbabilities, minimumVoltage, tooLowToAnswer } from "./chip/silicon.ts";
import { atRest, type PhysicsInputs, type PhysicsState, power, step } from "./physics.ts";

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
  const silicon = { coreOffsetsV: new Float64Array(112), crystalPpm: 0 };

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
});
