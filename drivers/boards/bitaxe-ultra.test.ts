import { describe, expect, it } from "vitest";
import { DriverError } from "../../common/errors.ts";
import { openBitaxeUltra } from "./bitaxe-ultra.ts";
import * as fake from "./testing/fake-board.test-support.ts";

/** Ultra 0.11 to 205, and the LV06 built like it. */
const withDs4432u = (pins?: [number, number][]) =>
  fake.fakeBoard(
    [
      [0x48, fake.ds4432u()],
      [0x40, fake.ina260()],
      [0x4c, fake.emc2101()],
    ],
    pins,
  );
/** Ultra 207. */
const withTps546 = () =>
  fake.fakeBoard([
    [0x24, fake.tps546()],
    [0x4c, fake.emc2101()],
  ]);

async function probed(hardware: fake.FakeBoard) {
  const board = openBitaxeUltra({ bridge: hardware.bridge, clock: hardware.clock });
  const identity = await board.probe();
  hardware.events.length = 0;
  return { board, identity };
}

describe("probing", () => {
  it("tells a DS4432U board from a TPS546 board by what answers", async () => {
    const ds = await probed(withDs4432u());
    expect(ds.identity).toEqual({
      model: "Bitaxe Ultra 0.11/201-205 or LV06",
      regulator: "DS4432U + TPS40305",
      i2cAddresses: [0x48, 0x40, 0x4c],
    });
    const tps = await probed(withTps546());
    expect(tps.identity).toMatchObject({ model: "Bitaxe Ultra 207", regulator: "TPS546D24A", i2cAddresses: [0x24, 0x4c] });
  });

  it.each([
    ["nothing at all", []],
    ["a Hex: TPS546, EMC2302 and two TMP1075", [0x24, 0x2f, 0x48, 0x49]],
    ["an LV06 of the other fork: TPS546, EMC2302, TMP1075", [0x24, 0x2f, 0x4a]],
    ["a DS4432U board whose power meter is missing", [0x48, 0x4c]],
    ["one chip too many", [0x48, 0x40, 0x4c, 0x2f]],
  ])("refuses %s and lists it", async (_, addresses) => {
    const hardware = fake.fakeBoard(addresses.map((address) => [address, fake.emc2101()]));
    const board = openBitaxeUltra({ bridge: hardware.bridge, clock: hardware.clock });
    await expect(board.probe()).rejects.toMatchObject({
      code: "BOARD_UNKNOWN",
      context: { i2cAddresses: expect.toSatisfy((found) => sameSet(found, addresses)) },
    });
    expect(hardware.events).toEqual([]);
  });

  it("names the chip whose silence makes the board unknown, and says what to do about a board that may be on", async () => {
    const hardware = fake.fakeBoard([0x40, 0x4c].map((address) => [address, fake.emc2101()]));
    await expect(openBitaxeUltra({ bridge: hardware.bridge, clock: hardware.clock }).probe()).rejects.toMatchObject({
      code: "BOARD_UNKNOWN",
      message: expect.stringMatching(/with 0x48, which is silent, it would be a Bitaxe Ultra 0\.11/),
      hint: expect.stringMatching(/pull its supply/),
    });
  });

  it("refuses the right addresses with the wrong chips behind them", async () => {
    const noFan = withDs4432u();
    noFan.devices.get(0x4c)?.set(0xfe, [0x41]);
    await expect(probed(noFan)).rejects.toMatchObject({ code: "BOARD_UNKNOWN" });
    const noRegulator = withTps546();
    noRegulator.devices.get(0x24)?.set(0xad, [6, 1, 2, 3, 4, 5, 6]);
    await expect(probed(noRegulator)).rejects.toMatchObject({ code: "BOARD_UNKNOWN" });
    expect(noRegulator.events).toEqual([]);
  });

  it("runs the fan at full speed from the first moment, and a second look changes nothing", async () => {
    const hardware = withDs4432u();
    const board = openBitaxeUltra({ bridge: hardware.bridge, clock: hardware.clock });
    await board.probe();
    expect(hardware.events).toEqual(["4c:03=04", "4c:4a=23", "4c:4c=3f"]);
    await board.setFanPercent(50);
    hardware.events.length = 0;
    await board.probe();
    expect(hardware.events).toEqual([]);
  });

  it("comes before everything but reset and power off", async () => {
    const hardware = withDs4432u();
    const board = openBitaxeUltra({ bridge: hardware.bridge, clock: hardware.clock });
    await expect(board.setCoreVoltageMv(1200)).rejects.toMatchObject({ code: "BOARD_NOT_PROBED" });
    await expect(board.setFanPercent(50)).rejects.toMatchObject({ code: "BOARD_NOT_PROBED" });
    await expect(board.read()).rejects.toMatchObject({ code: "BOARD_NOT_PROBED" });
    await board.setReset(true);
    expect(await board.coreOff()).toMatchObject({ supplyOff: false, how: expect.stringContaining("left alone") });
    expect(hardware.events).toEqual(["pin 0=0", "pin 0=0"]);
  });
});

describe("core voltage", () => {
  it("is written as a code, read back and reported as the regulator has it", async () => {
    const hardware = withDs4432u();
    const { board } = await probed(hardware);
    expect(await board.setCoreVoltageMv(1200)).toBe(1199);
    expect(hardware.events).toEqual(["48:f8=c6"]);
  });

  it("on a TPS546 is written to it and switched on", async () => {
    const hardware = withTps546();
    const { board } = await probed(hardware);
    expect(await board.setCoreVoltageMv(1150)).toBe(1148);
    expect(hardware.events.slice(-2)).toEqual(["24:21=4c02", "24:01=80"]);
  });

  it.each([0, 1099, 1301, 12_000, Number.NaN])("of %d mV is refused by name of the limit, and nothing is written", async (millivolts) => {
    for (const hardware of [withDs4432u(), withTps546()]) {
      const { board } = await probed(hardware);
      await expect(board.setCoreVoltageMv(millivolts)).rejects.toMatchObject({
        code: "SETPOINT_REFUSED",
        message: expect.stringContaining("1100 to 1300 mV"),
        context: { min: 1100, max: 1300 },
      });
      expect(hardware.events).toEqual([]);
    }
  });

  it("that reads back as another is an error, on either regulator", async () => {
    const ds = withDs4432u();
    const dsBoard = (await probed(ds)).board;
    ds.intercept = ({ name, values }) => (name === "i2cWriteRead" && values.address === 0x48 ? { data: [0x00] } : undefined);
    await expect(dsBoard.setCoreVoltageMv(1200)).rejects.toMatchObject({
      code: "VOLTAGE_READBACK",
      context: { readBack: 0, written: 0xc6 },
    });

    const tps = withTps546();
    const tpsBoard = (await probed(tps)).board;
    tps.intercept = ({ name, values }) =>
      name === "i2cWriteRead" && (values.data as Uint8Array)[0] === 0x01 ? { data: [0x00] } : undefined;
    await expect(tpsBoard.setCoreVoltageMv(1200)).rejects.toMatchObject({ code: "VOLTAGE_READBACK", context: { isOn: false } });
  });
});

describe("core off", () => {
  it("on a DS4432U board without ASIC_EN: reset, lowest voltage, and no claim that the supply is gone", async () => {
    const hardware = withDs4432u();
    const { board } = await probed(hardware);
    const outcome = await board.coreOff();
    expect(hardware.events).toEqual(["pin 0=0", "48:f8=fc"]);
    expect(outcome.supplyOff).toBe(false);
    expect(outcome.how).toMatch(/chips held in reset.*1000 mV.*does not offer ASIC_EN/);
  });

  it("on a DS4432U board with ASIC_EN: cut, and seen to be cut by the ADC; the next voltage switches it on again", async () => {
    const hardware = withDs4432u([
      [0, 0],
      [10, 0],
    ]);
    hardware.intercept = ({ name }) => {
      if (name === "adcReadVdd") hardware.adcRaw = hardware.pins.get(10) === 1 ? 20 : 1585;
      return undefined;
    };
    const { board } = await probed(hardware);
    expect(await board.coreOff()).toMatchObject({ supplyOff: true, how: expect.stringContaining("15 mV measured") });
    expect(hardware.events).toEqual(["pin 0=0", "48:f8=fc", "pin 10=1"]);
    await board.setCoreVoltageMv(1200);
    expect(hardware.events.slice(-2)).toEqual(["48:f8=c6", "pin 10=0"]);
  });

  it("on a board that does not obey ASIC_EN says so", async () => {
    const hardware = withDs4432u([
      [0, 0],
      [10, 0],
    ]);
    hardware.adcRaw = 1322;
    const { board } = await probed(hardware);
    expect(await board.coreOff()).toMatchObject({ supplyOff: false, how: expect.stringMatching(/1001 mV measured.*does not obey/) });
  });

  it("on a DS4432U that does not obey: by ASIC_EN all the same, and where there is none its refusal is told", async () => {
    const hardware = withDs4432u([
      [0, 0],
      [10, 0],
    ]);
    const { board } = await probed(hardware);
    hardware.intercept = ({ name, values }) => {
      if (name === "adcReadVdd") hardware.adcRaw = hardware.pins.get(10) === 1 ? 20 : 1585;
      return name === "i2cWrite" && values.address === 0x48 ? { code: 0x10 } : undefined;
    };
    expect(await board.coreOff()).toMatchObject({ supplyOff: true, how: expect.stringContaining("15 mV measured") });
    expect(hardware.events).toEqual(["pin 0=0", "pin 10=1"]);

    const without = withDs4432u();
    const bare = (await probed(without)).board;
    without.intercept = ({ name, values }) => (name === "i2cWrite" && values.address === 0x48 ? { code: 0x10 } : undefined);
    await expect(bare.coreOff()).rejects.toMatchObject({ code: "I2C_NAK" });
  });

  it("on a TPS546 is OPERATION off, and off only when the output has fallen", async () => {
    const hardware = withTps546();
    const { board } = await probed(hardware);
    expect(await board.coreOff()).toMatchObject({ supplyOff: false, how: expect.stringContaining("1199 mV measured") });
    expect(hardware.events).toEqual(["pin 0=0", "24:01=00"]);
    hardware.devices.get(0x24)?.set(0x8b, [0x05, 0x00]);
    expect(await board.coreOff()).toMatchObject({ supplyOff: true });
  });

  it("goes on when the reset does not obey, and says so", async () => {
    const hardware = withTps546();
    hardware.devices.get(0x24)?.set(0x8b, [0x00, 0x00]);
    const { board } = await probed(hardware);
    hardware.intercept = ({ name }) => (name === "gpioGet" ? { data: [1] } : undefined);
    expect(await board.coreOff()).toMatchObject({ supplyOff: true, how: expect.stringContaining("NOT held in reset") });
  });
});

describe("reset and fan", () => {
  it("reset is low when asserted, and read back", async () => {
    const hardware = withDs4432u();
    const { board } = await probed(hardware);
    await board.setReset(false);
    await board.setReset(true);
    expect(hardware.events).toEqual(["pin 0=1", "pin 0=0"]);
    hardware.intercept = ({ name }) => (name === "gpioGet" ? { data: [0] } : undefined);
    await expect(board.setReset(false)).rejects.toMatchObject({ code: "RESET_READBACK" });
  });

  it("fan duty is read back, and a speed that is none is refused", async () => {
    const hardware = withDs4432u();
    const { board } = await probed(hardware);
    await board.setFanPercent(50);
    expect(hardware.events).toEqual(["4c:4c=1f"]);
    await expect(board.setFanPercent(101)).rejects.toMatchObject({ code: "SETPOINT_REFUSED" });
    await expect(board.setFanPercent(Number.NaN)).rejects.toMatchObject({ code: "SETPOINT_REFUSED" });
    hardware.intercept = ({ name, values }) => (name === "i2cWriteRead" && values.address === 0x4c ? { data: [7] } : undefined);
    await expect(board.setFanPercent(80)).rejects.toMatchObject({ code: "FAN_READBACK" });
  });
});

describe("readings", () => {
  it("of a DS4432U board: chip temperature is the board's plus the convention of 5 C", async () => {
    const hardware = withDs4432u();
    hardware.adcRaw = 1585;
    const { board } = await probed(hardware);
    const { readings, failed } = await board.read();
    expect(failed).toEqual([]);
    expect(readings).toMatchObject({
      inputVoltageMv: 5000,
      inputCurrentMa: 2400,
      powerMw: 12_000,
      boardTempC: 41,
      chipTempC: 46,
      regulatorTempC: null,
      fanRpm: 4500,
    });
    expect(readings.coreVoltageMv).toBeCloseTo(1199.6, 1);
  });

  it("of a TPS546 board: chip temperature is the die's, power is the core's plus the board's 5 W", async () => {
    const { board } = await probed(withTps546());
    const { readings, failed } = await board.read();
    expect(failed).toEqual([]);
    expect(readings).toMatchObject({
      inputVoltageMv: 5000,
      inputCurrentMa: null,
      boardTempC: 41,
      chipTempC: 58.5,
      regulatorTempC: 60,
      fanRpm: 4500,
    });
    expect(readings.powerMw).toBeCloseTo(16_992, 0);
    expect(readings.coreVoltageMv).toBeCloseTo(1199.2, 1);
  });

  it("a sensor that fails is unknown and named; the others are read", async () => {
    const hardware = withDs4432u();
    const { board } = await probed(hardware);
    hardware.devices.delete(0x40);
    const { readings, failed } = await board.read();
    expect([...failed].sort()).toEqual(["inputCurrentMa", "inputVoltageMv", "powerMw"]);
    expect(readings).toMatchObject({ powerMw: null, inputVoltageMv: null, boardTempC: 41 });
  });

  it("an open diode is an unknown chip temperature", async () => {
    const hardware = withTps546();
    hardware.devices.get(0x4c)?.set(0x01, [0x7f]).set(0x10, [0x00]);
    const { board } = await probed(hardware);
    const { readings, failed } = await board.read();
    expect(failed).toEqual(["chipTempC"]);
    expect(readings.chipTempC).toBeNull();
  });

  it("a bridge that does not answer costs one time-out, not one for each sensor", async () => {
    const hardware = withDs4432u();
    const { board } = await probed(hardware);
    hardware.intercept = () => null;
    const before = hardware.port.requests.length;
    const { readings, failed } = await board.read();
    expect(hardware.port.requests.length - before).toBe(1);
    expect(failed).toHaveLength(7);
    expect(readings).toMatchObject({ chipTempC: null, coreVoltageMv: null, fanRpm: null });
  });

  it("a bridge that is gone is not a reading", async () => {
    const hardware = withDs4432u();
    const { board } = await probed(hardware);
    hardware.port.unplug(new DriverError("LINK_LOST", "unplugged", ""));
    await expect(board.read()).rejects.toMatchObject({ code: "LINK_LOST" });
  });
});

const sameSet = (a: unknown, b: readonly number[]): boolean => Array.isArray(a) && a.length === b.length && b.every((x) => a.includes(x));
