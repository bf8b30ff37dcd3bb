import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { S9_PARAMETERS } from "../parameters.ts";
import { leakageCurrent, leakageHeat, leakagePower } from "./leakage.ts";

const LAW = S9_PARAMETERS.silicon;

describe("leakage", () => {
  it("doubles every 25 K and grows e-fold every 120 mV, at every voltage at which chips run", () => {
    fc.assert(
      fc.property(fc.double({ min: 0.25, max: 0.6, noNaN: true }), fc.double({ min: 0, max: 120, noNaN: true }), (volts, tempC) => {
        const here = leakagePower(LAW, volts, tempC);
        expect(leakagePower(LAW, volts, tempC + 25) / here).toBeCloseTo(2, 9);
        expect(leakagePower(LAW, volts + 0.12, tempC) / here).toBeCloseTo(Math.E, 9);
      }),
    );
    expect(leakagePower(LAW, 0.4, 60)).toBeCloseTo(0.25, 12);
  });

  it("is no current without voltage, and its current rises and bends upwards all the way", () => {
    expect(leakageCurrent(LAW, 0).amps).toBe(0);
    const volts = fc.double({ min: 0, max: 2, noNaN: true });
    fc.assert(
      fc.property(volts, volts, (a, b) => {
        const [low, high] = [leakageCurrent(LAW, Math.min(a, b)), leakageCurrent(LAW, Math.max(a, b))];
        expect(high.amps).toBeGreaterThanOrEqual(low.amps);
        expect(high.ampsPerVolt).toBeGreaterThanOrEqual(low.ampsPerVolt * (1 - 1e-12));
      }),
    );
  });

  it("has the slope that its current has", () => {
    fc.assert(
      fc.property(fc.double({ min: 0.001, max: 1.5, noNaN: true }), (volts) => {
        const h = 1e-6;
        const slope = (leakageCurrent(LAW, volts + h).amps - leakageCurrent(LAW, volts - h).amps) / (2 * h);
        expect(leakageCurrent(LAW, volts).ampsPerVolt / slope).toBeCloseTo(1, 4);
      }),
    );
  });

  it("stays finite in a thermal runaway", () => {
    expect(leakageHeat(LAW, 1e9)).toBe(leakageHeat(LAW, 200));
  });
});
