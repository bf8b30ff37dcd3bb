import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  linear11Integer,
  linear11Value,
  linear11Word,
  pmbusBytes,
  statusNames,
  ulinear16Value,
  ulinear16Word,
  voutExponent,
} from "./pmbus.ts";

const word = fc.integer({ min: 0, max: 0xffff });

describe("PMBus numbers", () => {
  it("LINEAR11: every word's value is encoded to a word of the same value", () => {
    for (let w = 0; w <= 0xffff; w++) {
      if (linear11Value(linear11Word(linear11Value(w))) !== linear11Value(w)) throw new Error(`word ${w.toString(16)}`);
    }
  });

  it("LINEAR11: loses less than one step of the exponent it chose, towards zero", () => {
    fc.assert(
      fc.property(fc.double({ min: -1000, max: 1000, noNaN: true }), (value) => {
        const encoded = linear11Word(value);
        const step = 2 ** (((encoded >> 11) << 27) >> 27);
        const lost = Math.abs(value) - Math.abs(linear11Value(encoded));
        expect(lost).toBeGreaterThanOrEqual(0);
        expect(lost).toBeLessThan(step);
      }),
    );
  });

  it("LINEAR11 refuses what it cannot hold", () => {
    expect(() => linear11Word(1024 * 2 ** 15)).toThrow(RangeError);
    expect(() => linear11Word(Number.NaN)).toThrow(RangeError);
    expect(() => linear11Integer(1024)).toThrow(RangeError);
    expect(() => linear11Integer(0.5)).toThrow(RangeError);
  });

  it("ULINEAR16: every word survives a round trip at every exponent", () => {
    fc.assert(
      fc.property(word, fc.integer({ min: -16, max: 0 }), (w, exponent) => {
        expect(ulinear16Word(ulinear16Value(w, exponent), exponent)).toBe(w);
      }),
    );
  });

  it("ULINEAR16: never above what was asked, and less than one step below", () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 100, noNaN: true }), (volts) => {
        const short = volts - ulinear16Value(ulinear16Word(volts, -9), -9);
        expect(short).toBeGreaterThanOrEqual(0);
        expect(short).toBeLessThan(1 / 512);
      }),
    );
  });

  it("ULINEAR16 refuses negative and too large values", () => {
    expect(() => ulinear16Word(-0.1, -9)).toThrow(RangeError);
    expect(() => ulinear16Word(128, -9)).toThrow(RangeError);
  });

  it("VOUT_MODE 97 is linear with exponent -9; other formats are not taken for it", () => {
    expect(voutExponent(0x97)).toBe(-9);
    expect(voutExponent(0x20)).toBeNull();
    expect(voutExponent(0x40)).toBeNull();
  });

  it("a command without a value is one byte", () => {
    expect(pmbusBytes(0x03, "none", 0, 0)).toEqual(Uint8Array.of(0x03));
  });

  it("STATUS_WORD is read out by name, unnamed bits included", () => {
    expect(statusNames(0x0000)).toEqual([]);
    expect(statusNames(0x0840)).toEqual(["POWER_NOT_GOOD", "OFF"]);
    expect(statusNames(0xa024)).toEqual(["VOUT", "INPUT", "VOUT_OV", "TEMPERATURE"]);
    expect(statusNames(0x0003)).toEqual(["0x0003"]);
  });
});
