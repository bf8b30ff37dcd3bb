import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CHAIN_RANGE_MV, CHAIN_STEP_MV, chainMv, voltageCode } from "./s9-voltage.ts";
import { haveS9Vectors, s9Vectors } from "./testing/s9-vectors.test-support.ts";

/** The table of specs/bm1387.md 4.2: code as Braiins rounds, code as the stock firmware cuts. */
const TABLE: readonly (readonly [number, number, number])[] = [
  [9400, 6, 6],
  [9300, 23, 23],
  [9200, 41, 40],
  [9100, 58, 57],
  [9000, 75, 74],
  [8900, 92, 91],
  [8800, 109, 108],
  [8700, 126, 125],
  [8600, 143, 142],
  [8500, 160, 159],
  [8400, 177, 176],
  [8300, 194, 193],
  [8200, 211, 210],
  [8000, 245, 245],
];

describe("the voltage code of an S9 hash board", () => {
  it.each(TABLE)("of %i mV is %i", (millivolts, rounded) => {
    expect(voltageCode(millivolts)).toBe(rounded);
  });

  it.each(TABLE)("of %i mV, rounded or cut (%i, %i), is a voltage less than one step away", (millivolts, rounded, cut) => {
    expect(Math.abs(chainMv(rounded) - millivolts)).toBeLessThanOrEqual(CHAIN_STEP_MV / 2 + 1e-9);
    expect(Math.abs(chainMv(cut) - millivolts)).toBeLessThan(CHAIN_STEP_MV);
  });

  it("reaches from 7941.5 to 9437.8 mV, falling as it rises", () => {
    expect(chainMv(255)).toBeCloseTo(7941.5, 1);
    expect(chainMv(0)).toBeCloseTo(9437.8, 1);
    for (let code = 1; code < 256; code++) expect(chainMv(code - 1) - chainMv(code)).toBeCloseTo(CHAIN_STEP_MV, 9);
  });

  it("comes back from its voltage, for every code in the board's range", () => {
    for (let code = 0; code < 256; code++) {
      const millivolts = chainMv(code);
      if (millivolts >= CHAIN_RANGE_MV.min && millivolts <= CHAIN_RANGE_MV.max) expect(voltageCode(millivolts)).toBe(code);
    }
  });

  it("is never further than half a step from what was asked", () => {
    fc.assert(
      fc.property(fc.double({ ...CHAIN_RANGE_MV, noNaN: true }), (millivolts) => {
        expect(Math.abs(chainMv(voltageCode(millivolts)) - millivolts)).toBeLessThanOrEqual(CHAIN_STEP_MV / 2 + 1e-9);
      }),
    );
  });

  it.each([0, 7949.9, 9400.1, 12_000, Number.NaN])("of %d mV does not exist", (millivolts) => {
    expect(() => voltageCode(millivolts)).toThrow(RangeError);
  });

  it.each([-1, 256, 1.5, Number.NaN])("%d is none", (code) => {
    expect(() => chainMv(code)).toThrow(RangeError);
  });

  describe.skipIf(!haveS9Vectors)("recorded", () => {
    const recorded = s9Vectors("pic_set_voltage_").map((vector) => [vector.name, vector] as const);
    it.each(recorded)("%s, both ways", (name, { bytes, decoded }) => {
      const code = bytes[3] as number;
      expect(code).toBe(decoded.pic);
      const actual = decoded.actual_volts ?? decoded.volts;
      if (actual !== undefined) expect(chainMv(code)).toBeCloseTo(Number(actual) * 1000, 1);
      const asked = Number(decoded.requested_volts ?? 9.4) * 1000;
      // Stock firmware cuts where we round.
      expect(voltageCode(asked)).toBe(name.endsWith("_bmminer") ? code + 1 : code);
    });
  });
});
