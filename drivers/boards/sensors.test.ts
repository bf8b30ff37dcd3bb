import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BridgeI2c } from "../transport/i2c.ts";
import { adcMillivolts } from "./core-supply.ts";
import { Emc2101, emc2101Duty, emc2101ExternalTempC, emc2101InternalTempC, emc2101Rpm } from "./emc2101.ts";
import { Ina260, ina260CurrentMa } from "./ina260.ts";
import * as fake from "./testing/fake-board.test-support.ts";

describe("INA260", () => {
  it("reads big endian words in 1.25 mA, 1.25 mV and 10 mW", async () => {
    const board = fake.fakeBoard([[0x40, fake.ina260()]]);
    const meter = new Ina260(new BridgeI2c(board.bridge, board.clock));
    expect([await meter.currentMa(), await meter.voltageMv(), await meter.powerMw()]).toEqual([2400, 5000, 12_000]);
  });

  it("shows current that flows back as negative", () => {
    expect(ina260CurrentMa(0xffff)).toBe(-1.25);
    expect(ina260CurrentMa(0x7fff)).toBe(32767 * 1.25);
  });
});

describe("EMC2101", () => {
  const setUp = () => {
    const registers = fake.emc2101();
    const board = fake.fakeBoard([[0x4c, registers]]);
    return { board, registers, chip: new Emc2101(new BridgeI2c(board.bridge, board.clock)) };
  };

  it("reads both temperatures and the fan", async () => {
    const { chip } = setUp();
    expect([await chip.internalTempC(), await chip.externalTempC(), await chip.fanRpm()]).toEqual([41, 58.5, 4500]);
  });

  it("reads the low byte of the tachometer first", async () => {
    const { chip, board } = setUp();
    await chip.fanRpm();
    expect(board.port.requests.map(({ values }) => Buffer.from(values.data as Uint8Array).toString("hex"))).toEqual(["46", "47"]);
  });

  it("knows no temperature when the diode is open or shorted", () => {
    expect(emc2101ExternalTempC(0x7f, 0x00)).toBeNull();
    expect(emc2101ExternalTempC(0x7f, 0xe0)).toBeNull();
    expect(emc2101ExternalTempC(0x7e, 0xe0)).toBe(126.875);
  });

  it("diode temperatures come out of 11 bits as they went in, below zero too", () => {
    fc.assert(
      fc.property(fc.integer({ min: -1024, max: 0x3f7 }), (steps) => {
        expect(emc2101ExternalTempC((steps >> 3) & 0xff, (steps & 7) << 5)).toBe(steps / 8);
      }),
    );
  });

  it("takes a frozen board for cold, and an impossible reading for unknown", () => {
    expect(emc2101InternalTempC(0xf6)).toBe(-10);
    expect(emc2101InternalTempC(0x80)).toBeNull();
    // What an undriven bus reads as is no cold chip.
    expect(emc2101InternalTempC(0xff)).toBeNull();
  });

  it("a fan that stands still reads 0 and not 82", () => {
    expect(emc2101Rpm(0xffff)).toBe(0);
    expect(emc2101Rpm(0)).toBeNull();
    expect(emc2101Rpm(5_400_000 / 90)).toBe(90);
  });

  it("duty is a floor of 63 steps", () => {
    expect([0, 50, 99, 100].map(emc2101Duty)).toEqual([0, 31, 62, 63]);
  });

  it("is put into direct mode with the fan at full speed", async () => {
    const { chip, board } = setUp();
    await chip.configure();
    expect(board.events).toEqual(["4c:03=04", "4c:4a=23", "4c:4c=3f"]);
  });

  it("is known by its manufacturer", async () => {
    const { chip, registers } = setUp();
    expect(await chip.isPresent()).toBe(true);
    registers.set(0xfe, [0x41]);
    expect(await chip.isPresent()).toBe(false);
    registers.delete(0xfe);
    expect(await chip.isPresent()).toBe(false);
  });
});

describe("the bridge's ADC", () => {
  it("is 12 bits over 3.1 V", () => {
    expect(adcMillivolts(0)).toBe(0);
    expect(adcMillivolts(2048)).toBe(1550);
  });
});
