import { describe, expect, it } from "vitest";
import { toHex } from "../../common/bytes.ts";
import { haveVectors, vectors } from "../bm13xx/testing/vectors.ts";
import { BridgeI2c } from "../transport/i2c.ts";
import { ULTRA_TPS546 } from "./bitaxe-variants.ts";
import { linear11Value, pmbusBytes, ulinear16Value } from "./pmbus.ts";
import * as fake from "./testing/fake-board.test-support.ts";
import { TPS546_QUIET, Tps546, type Tps546Config, tps546Configuration } from "./tps546.ts";

/** The Hex's column of specs/bm1366.md 5.3, for its recorded words. */
const HEX: Tps546Config = {
  ...ULTRA_TPS546,
  vinOnV: 11.5,
  vinOffV: 11,
  vinOvFaultV: 14.8,
  voutScaleLoop: 0.125,
  voutMinV: 2.5,
  voutMaxV: 4.5,
  voutCommandV: 3.6,
};

function setUp() {
  const registers = fake.tps546();
  const board = fake.fakeBoard([[0x24, registers]]);
  return { board, registers, regulator: new Tps546(new BridgeI2c(board.bridge, board.clock), board.clock, ULTRA_TPS546) };
}

describe("TPS546", () => {
  describe.skipIf(!haveVectors)("recorded", () => {
    const recorded = vectors.filter((vector) => vector.name.startsWith("tps546_"));
    const steps = [...tps546Configuration(ULTRA_TPS546), ...tps546Configuration(HEX)];
    const setting = { name: "VOUT_COMMAND", command: 0x21, encoding: "ulinear16", value: 1.15 } as const;

    it.each(recorded.map((vector) => [vector.name, vector] as const))("%s, both ways", (_, vector) => {
      const [command, low = 0, high = 0] = vector.bytes;
      const value = Number(vector.decoded.value);
      const step = [...steps, setting].find((candidate) => candidate.command === command && candidate.value === value);
      if (step === undefined) throw new Error("the configuration does not write this");
      expect(toHex(pmbusBytes(step.command, step.encoding, step.value, -9))).toBe(toHex(vector.bytes));
      const decoded = step.encoding === "ulinear16" ? ulinear16Value(low | (high << 8), -9) : linear11Value(low | (high << 8));
      expect(Math.abs(decoded - value)).toBeLessThan(1 / 128);
    });
  });

  // specs/bm1366.md 5.3, in its order
  it("is configured in the order of the specification, output off all the way", async () => {
    const { board, regulator } = setUp();
    await regulator.configure();
    const commands = "01 02 02 ec e4 04 33 35 36 55 56 29 21 24 2b 40 42 25 26 43 44 4a 46 47 51 4f 50 60 61 62 63 64 65 ee 03";
    expect(board.events.map((event) => event.slice(3, 5)).join(" ")).toBe(commands);
    expect(board.events.filter((event) => event.startsWith("24:01="))).toEqual(["24:01=00"]);
    expect(board.events.slice(0, 3)).toEqual(["24:01=00", "24:02=1f", "24:02=1b"]);
    expect([...TPS546_QUIET, ...tps546Configuration(ULTRA_TPS546)]).toHaveLength(board.events.length);
  });

  it("is recognised by its device id", async () => {
    const { regulator, registers } = setUp();
    expect(await regulator.identify()).toBe("5449546d2441");
    registers.set(0xad, [6, 0x54, 0x49, 0x54, 0x6d, 0x24, 0x62]);
    expect(await regulator.identify()).toBe("5449546d2462");
    registers.set(0xad, [6, 0x54, 0x49, 0x54, 0x6d, 0x24, 0x99]);
    expect(await regulator.identify()).toBeNull();
    registers.delete(0xad);
    expect(await regulator.identify()).toBeNull();
  });

  it("is configured before its first voltage, then sets, switches on and reads back", async () => {
    const { board, regulator } = setUp();
    expect(await regulator.setVolts(1.2)).toEqual({ written: 614 / 512, readBack: 614 / 512, isOn: true });
    expect(board.events.slice(-2)).toEqual(["24:21=6602", "24:01=80"]);
    const before = board.events.length;
    await regulator.setVolts(1.15);
    expect(board.events.slice(before)).toEqual(["24:21=4c02", "24:01=80"]);
  });

  it.each([0, 0.99, 2.01, Number.NaN])("refuses %f V and writes nothing", async (volts) => {
    const { board, regulator } = setUp();
    const attempt = regulator.setVolts(volts);
    await expect(attempt).rejects.toThrow(RangeError);
    expect(board.events).toEqual([]);
  });

  it("that counts volts in another format is not written to beyond switching it off", async () => {
    const { board, regulator, registers } = setUp();
    registers.set(0x20, [0x40]);
    await expect(regulator.setVolts(1.2)).rejects.toMatchObject({ code: "REGULATOR_FORMAT" });
    expect(board.events).toEqual(["24:01=00", "24:02=1f"]);
  });

  it("reads its telemetry", async () => {
    const { regulator } = setUp();
    expect(await regulator.inputV()).toBe(5);
    expect(await regulator.outputV()).toBeCloseTo(1.199, 3);
    expect(await regulator.outputA()).toBe(10);
    expect(await regulator.tempC()).toBe(60);
    expect(await regulator.status()).toEqual(["POWER_NOT_GOOD", "OFF"]);
  });
});
