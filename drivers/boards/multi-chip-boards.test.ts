import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BridgeI2c } from "../transport/i2c.ts";
import { openBitaxeUltra } from "./bitaxe-ultra.ts";
import { BITAXE_VARIANTS, PROBED_ADDRESSES, variantOf, variantsOf } from "./bitaxe-variants.ts";
import { Emc2302, emc2302Duty, emc2302Rpm } from "./emc2302.ts";
import * as fake from "./testing/fake-board.test-support.ts";
import { hottestC, Tmp1075, tmp1075TempC } from "./tmp1075.ts";

/** Fan 1 at 4096 rpm (count 960), fan 2 still. */
const emc2302 = (): fake.Registers =>
  new Map([
    [0x32, [0x00]],
    [0x42, [0x00]],
    [0x3e, [960 >> 5, (960 & 31) << 3]],
    [0x4e, [0xff, 0xf8]],
    [0xfe, [0x5d]],
  ]);
const tmp1075 = (tempC: number): fake.Registers => new Map([[0, [tempC & 0xff, 0]]]);
/** 12 V in, 3.6 V and 10 A out, 60 C. */
const hexRegulator = (): fake.Registers => fake.tps546().set(0x88, [0x00, 0xd3]).set(0x8b, [0x33, 0x07]);

const hex = () =>
  fake.fakeBoard([
    [0x24, hexRegulator()],
    [0x2f, emc2302()],
    [0x48, tmp1075(45)],
    [0x49, tmp1075(50)],
  ]);
const lucky = (regulators: readonly number[], sensors: readonly number[]) =>
  fake.fakeBoard([
    ...regulators.map((address): [number, fake.Registers] => [address, fake.tps546()]),
    [0x2f, emc2302()],
    ...sensors.map((address): [number, fake.Registers] => [address, tmp1075(45)]),
  ]);

async function probed(hardware: fake.FakeBoard) {
  const board = openBitaxeUltra({ bridge: hardware.bridge, clock: hardware.clock });
  const identity = await board.probe();
  hardware.events.length = 0;
  return { board, identity };
}

describe("which board it is", () => {
  it.each([
    [[0x48, 0x40, 0x4c], null, "Bitaxe Ultra 0.11/201-205 or LV06"],
    [[0x24, 0x4c], null, "Bitaxe Ultra 207"],
    [[0x24, 0x2f, 0x48, 0x49], null, "Bitaxe Hex 302/303"],
    [[0x24, 0x2f, 0x48, 0x49], 6, "Bitaxe Hex 302/303"],
    [[0x24, 0x2f, 0x48, 0x49], 2, "Lucky Miner LV07"],
    [[0x24, 0x2f, 0x4a], 1, "Lucky Miner LV06 (12 V)"],
    [[0x24, 0x2f, 0x4a, 0x4b], 2, "Lucky Miner LV07"],
    [[0x7f, 0x24, 0x14, 0x2f, 0x4a], null, "Lucky Miner LV08"],
    [[0x14, 0x24, 0x7f, 0x2f, 0x48, 0x49, 0x4a, 0x4b], 9, "Lucky Miner LV08"],
  ])("%j with %s chips is one board", (addresses, chips, model) => {
    expect(variantOf(addresses, chips)?.model).toBe(model);
    expect(variantOf([...addresses].reverse(), chips)?.model).toBe(model);
  });

  it("of an LV06 and an LV07 only the chips tell", () => {
    expect(variantOf([0x24, 0x2f, 0x4a])).toBeNull();
    expect(variantsOf([0x24, 0x2f, 0x4a]).map(({ chips }) => chips)).toEqual([1, 2]);
  });

  it.each([
    [[], null],
    [[0x24, 0x2f], null],
    [[0x24, 0x14, 0x2f, 0x4a], null],
    [[0x24, 0x2f, 0x48, 0x49, 0x4c], null],
    [[0x48, 0x40, 0x4c], 6],
    [[0x24, 0x2f, 0x4a], 9],
  ])("%j with %s chips is none", (addresses, chips) => {
    expect(variantsOf(addresses, chips)).toEqual([]);
  });

  it("any set of addresses and any count is at most one board, unless the count is missing", () => {
    const addresses = fc.subarray([...PROBED_ADDRESSES]);
    fc.assert(
      fc.property(addresses, fc.integer({ min: 1, max: 10 }), (found, chips) => {
        expect(variantsOf(found, chips).length).toBeLessThanOrEqual(1);
      }),
    );
  });

  it("no probing asks an address twice, and every chip of every board is asked", () => {
    expect(new Set(PROBED_ADDRESSES).size).toBe(PROBED_ADDRESSES.length);
    for (const { addresses, tmp1075: sensors, tps546Addresses } of BITAXE_VARIANTS)
      expect(PROBED_ADDRESSES).toEqual(expect.arrayContaining([...addresses, ...tps546Addresses, ...(sensors === "some" ? [] : sensors)]));
  });
});

describe("Bitaxe Hex", () => {
  it("is found by its chips, with both fans at full speed and not inverted", async () => {
    const hardware = hex();
    const board = openBitaxeUltra({ bridge: hardware.bridge, clock: hardware.clock });
    expect(board.limits.maxPowerMw).toBe(25_000);
    expect(await board.probe()).toEqual({ model: "Bitaxe Hex 302/303", regulator: "TPS546D24A", i2cAddresses: [0x24, 0x48, 0x2f, 0x49] });
    expect(hardware.events).toEqual(["2f:2a=00", "2f:30=ff", "2f:40=ff"]);
    expect(board.limits.maxPowerMw).toBe(90_000);
  });

  it("gives its regulator three times the voltage of a chip, after the Hex's own configuration", async () => {
    const hardware = hex();
    const { board } = await probed(hardware);
    expect(await board.setCoreVoltageMv(1200)).toBe(1200);
    expect(hardware.events.slice(-2)).toEqual(["24:21=3307", "24:01=80"]);
    expect(hardware.events).toEqual(expect.arrayContaining(["24:29=00a2", "24:35=e0d2", "24:36=c0d2"]));
    await expect(board.setCoreVoltageMv(3600)).rejects.toMatchObject({ code: "SETPOINT_REFUSED", context: { max: 1300 } });
  });

  it("reads a chip's share of the voltage, the hottest sensor, and the power with the board's own", async () => {
    const { board } = await probed(hex());
    const { readings, failed } = await board.read();
    expect(failed).toEqual([]);
    expect(readings).toMatchObject({
      inputVoltageMv: 12_000,
      boardTempC: 50,
      chipTempC: 60,
      regulatorTempC: 60,
      fanRpm: 4096,
      inputCurrentMa: null,
    });
    expect(readings.coreVoltageMv).toBeCloseTo(1199.9, 1);
    expect(readings.powerMw).toBeCloseTo(47_996, 0);
  });

  it("without one of its two sensors knows no temperature", async () => {
    const hardware = hex();
    const { board } = await probed(hardware);
    hardware.devices.delete(0x48);
    expect((await board.read()).failed).toEqual(["boardTempC", "chipTempC"]);
  });

  it("is off when its output has fallen", async () => {
    const hardware = hex();
    const { board } = await probed(hardware);
    expect(await board.coreOff()).toMatchObject({ supplyOff: false });
    hardware.devices.get(0x24)?.set(0x8b, [0, 0]);
    expect(await board.coreOff()).toMatchObject({ supplyOff: true });
  });

  it("reads both fans' duty back", async () => {
    const hardware = hex();
    const { board } = await probed(hardware);
    await board.setFanPercent(50);
    expect(hardware.events).toEqual(["2f:30=7f", "2f:40=7f"]);
    hardware.intercept = ({ name, values }) =>
      name === "i2cWriteRead" && (values.data as Uint8Array)[0] === 0x40 && values.address === 0x2f ? { data: [7] } : undefined;
    await expect(board.setFanPercent(80)).rejects.toMatchObject({ code: "FAN_READBACK", context: { readBack: 7 } });
  });
});

describe("Lucky Miners", () => {
  it.each([
    [[0x24], [0x4a], "Lucky Miner LV06 (12 V) or Lucky Miner LV07"],
    [[0x24], [0x4a, 0x4b], "Lucky Miner LV06 (12 V) or Lucky Miner LV07"],
    [[0x24, 0x7f, 0x14], [0x4a], "Lucky Miner LV08"],
  ])("TPS546 at %j, sensors at %j: %s", async (regulators, sensors, model) => {
    expect((await probed(lucky(regulators, sensors))).identity.model).toBe(model);
  });

  it("with another chip at one of three regulators are BOARD_UNKNOWN", async () => {
    const hardware = lucky([0x24, 0x7f, 0x14], [0x4a]);
    hardware.devices.get(0x14)?.set(0xad, [6, 1, 2, 3, 4, 5, 6]);
    await expect(probed(hardware)).rejects.toMatchObject({ code: "BOARD_UNKNOWN", message: expect.stringContaining("0x14 is no TPS546") });
    expect(hardware.events).toEqual([]);
  });

  it("are read, with voltage and power unknown, and never powered while sources disagree about the divider", async () => {
    const hardware = lucky([0x24], [0x4a, 0x4b]);
    const { board } = await probed(hardware);
    await expect(board.setCoreVoltageMv(1200)).rejects.toMatchObject({ code: "REGULATOR_UNCONFIRMED" });
    expect(hardware.events).toEqual([]);
    expect(await board.read()).toMatchObject({
      readings: { boardTempC: 45, chipTempC: 50, coreVoltageMv: null, powerMw: null },
      failed: [],
    });
    expect(board.limits.maxPowerMw).toBe(40_000);
  });

  it("are switched off at every regulator, and off when all of them say so", async () => {
    const hardware = lucky([0x24, 0x7f, 0x14], [0x4a]);
    const { board } = await probed(hardware);
    expect(await board.coreOff()).toMatchObject({ supplyOff: true });
    expect(hardware.events.slice(1).sort()).toEqual(["14:01=00", "24:01=00", "7f:01=00"]);
    hardware.devices.get(0x7f)?.set(0x79, [0x00, 0x00]);
    expect(await board.coreOff()).toMatchObject({ supplyOff: false, how: expect.stringContaining("not all report OFF") });
  });
});

describe("EMC2302", () => {
  it.each([
    [0x1e, 0x00, 0x00, 4096],
    [0x1e, 0x00, 0x20, 8192],
    [0x1e, 0x00, 0x40, 16_384],
    [0x1e, 0x00, 0x60, 32_768],
    [0xff, 0x00, 0x00, 0],
    [0x00, 0x07, 0x00, null],
  ])("tachometer %i, %i with configuration %i is %s rpm", (high, low, configuration, rpm) => {
    expect(emc2302Rpm(high, low, configuration)).toBe(rpm);
  });

  it("duty is a floor of 255 steps", () => {
    expect([0, 50, 99.9, 100].map(emc2302Duty)).toEqual([0, 127, 254, 255]);
  });

  it("reports the first fan that turns, and 0 when none does", async () => {
    const registers = emc2302();
    const board = fake.fakeBoard([[0x2f, registers]]);
    const chip = new Emc2302(new BridgeI2c(board.bridge, board.clock));
    expect(await chip.fanRpm()).toBe(4096);
    registers.set(0x4e, [0x1e, 0x00]).set(0x3e, [0xff, 0xf8]);
    expect(await chip.fanRpm()).toBe(4096);
    registers.set(0x4e, [0xff, 0xf8]);
    expect(await chip.fanRpm()).toBe(0);
  });

  it("is known by its manufacturer", async () => {
    const registers = emc2302();
    const board = fake.fakeBoard([[0x2f, registers]]);
    const chip = new Emc2302(new BridgeI2c(board.bridge, board.clock));
    expect(await chip.isPresent()).toBe(true);
    registers.set(0xfe, [0]);
    expect(await chip.isPresent()).toBe(false);
    board.devices.clear();
    expect(await chip.isPresent()).toBe(false);
  });
});

describe("TMP1075", () => {
  it("temperatures come out of 12 bits as they went in, below zero too", () => {
    fc.assert(
      fc.property(fc.integer({ min: -880, max: 2000 }), (steps) => {
        expect(tmp1075TempC((steps >> 4) & 0xff, (steps & 15) << 4)).toBe(steps / 16);
      }),
    );
  });

  it("knows no temperature outside its range", () => {
    expect(tmp1075TempC(0x7f, 0xf0)).toBeNull();
    expect(tmp1075TempC(0x80, 0x00)).toBeNull();
  });

  it("of several the hottest counts, and none when one is unknown", async () => {
    const registers = tmp1075(0x7f);
    const board = fake.fakeBoard([
      [0x48, tmp1075(45)],
      [0x49, registers],
    ]);
    const bus = new BridgeI2c(board.bridge, board.clock);
    const sensors = [0x48, 0x49].map((address) => new Tmp1075(bus, address));
    expect(await hottestC(sensors)).toBeNull();
    registers.set(0, [46, 0]);
    expect(await hottestC(sensors)).toBe(46);
    expect(await hottestC([])).toBeNull();
  });
});
