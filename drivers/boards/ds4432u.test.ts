import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { haveVectors, vectors } from "../bm13xx/testing/vectors.ts";
import { BridgeI2c } from "../transport/i2c.ts";
import { DS4432U_RANGE_V, DS4432U_STEP_V, Ds4432u, ds4432uCode, ds4432uVolts } from "./ds4432u.ts";
import * as fake from "./testing/fake-board.test-support.ts";

describe("DS4432U", () => {
  describe.skipIf(!haveVectors)("recorded", () => {
    const recorded = vectors.filter((vector) => vector.name.startsWith("ds4432u_"));
    it.each(recorded.map((vector) => [vector.name, vector] as const))("%s, both ways", async (_, vector) => {
      const volts = Number(vector.decoded.vout);
      const board = fake.fakeBoard([[0x48, fake.ds4432u()]]);
      await new Ds4432u(new BridgeI2c(board.bridge, board.clock)).setVolts(volts);
      expect(board.events).toEqual([`48:f8=${vector.bytes[1]?.toString(16).padStart(2, "0")}`]);
      expect(Math.abs(ds4432uVolts(vector.bytes[1] as number) - volts)).toBeLessThan(DS4432U_STEP_V);
    });
  });

  // specs/bm1366.md 5.3
  it.each([
    [1.0, 0xfc],
    [1.1, 0xe1],
    [1.15, 0xd4],
    [1.2, 0xc6],
    [1.25, 0xb9],
    [1.3, 0xab],
    [1.35, 0x9e],
    [1.4, 0x90],
    [1.5, 0x0c],
  ])("%f V is code %i", (volts, code) => {
    expect(ds4432uCode(volts)).toBe(code);
  });

  it("gives 1.451 V after power-on", () => {
    expect(ds4432uVolts(0)).toBe(1.451);
  });

  it("below 1.451 V never gives more than was asked, and at most one step less", () => {
    const belowTurn = fc.double({ min: 0.99, max: 1.45, noNaN: true });
    fc.assert(
      fc.property(belowTurn, (volts) => {
        const code = ds4432uCode(volts);
        expect(code & 0x80).toBe(0x80);
        const short = volts - ds4432uVolts(code);
        expect(short).toBeGreaterThan(-1e-9);
        expect(short).toBeLessThan(DS4432U_STEP_V + 1e-9);
      }),
    );
  });

  it("has one voltage for each code, falling with it below and rising above 1.451 V", () => {
    for (let magnitude = 1; magnitude < 127; magnitude++) {
      expect(ds4432uVolts(0x80 | (magnitude + 1))).toBeLessThan(ds4432uVolts(0x80 | magnitude));
      expect(ds4432uVolts(magnitude + 1)).toBeGreaterThan(ds4432uVolts(magnitude));
    }
  });

  it.each([DS4432U_RANGE_V.min - 0.001, DS4432U_RANGE_V.max + 0.001, Number.NaN])("refuses %f V", (volts) => {
    expect(() => ds4432uCode(volts)).toThrow(RangeError);
  });
});
