import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DriverError } from "../../common/errors.ts";
import { chipTempC, findSensor, S9TemperatureSensor, sensorPart, sensorTempC } from "./s9-temperature.ts";
import { RegisterBus } from "./testing/register-bus.test-support.ts";
import { haveS9Vectors, s9Vector } from "./testing/s9-vectors.test-support.ts";

/** 23.1875 C on the board, 41.25 C in the chip: specs/bm1387.md 4.4. */
const TMP451 = [
  [0x00, 0x57],
  [0x01, 0x69],
  [0x02, 0x00],
  [0x03, 0x04],
  [0x10, 0x40],
  [0x15, 0x30],
  [0xfe, 0x55],
  [0xff, 0x00],
] as const;
const TMP423 = [
  [0x00, 0x57],
  [0x01, 0x69],
  [0x10, 0x30],
  [0x11, 0x40],
  [0xfe, 0x55],
  [0xff, 0x23],
] as const;

const boardWith = (registers: readonly (readonly [number, number])[], ...changed: (readonly [number, number])[]) => {
  const bus = new RegisterBus([[0x4c, [...registers, ...changed]]], 0xff);
  return { bus, sensor: async () => findSensor(bus) };
};

describe("finding the sensor behind a chip", () => {
  it.each([
    [0x55, 0x21, "TMP421"],
    [0x55, 0x22, "TMP422"],
    [0x55, 0x23, "TMP423"],
    [0x55, 0x00, "TMP451"],
    [0x41, 0x51, "ADT7461"],
    [0x1a, 0xff, "NCT218"],
    [0xff, 0xff, null],
    [0x00, 0x00, null],
  ])("manufacturer %i, device %i is %s", (manufacturer, device, part) => {
    expect(sensorPart(manufacturer, device)).toBe(part);
  });

  it.each([0x4c, 0x4d, 0x4e])("asks three addresses: %i", async (address) => {
    expect(await findSensor(new RegisterBus([[address, TMP451]], 0xff))).toMatchObject({ address, part: "TMP451" });
    expect(await findSensor(new RegisterBus([[address, TMP451]], null))).toMatchObject({ address, part: "TMP451" });
  });

  it("none there is SENSOR_MISSING and lists what was seen", async () => {
    await expect(findSensor(new RegisterBus([], 0xff))).rejects.toMatchObject({
      code: "SENSOR_MISSING",
      message: expect.stringContaining("0x4e: manufacturer 0xff"),
    });
    await expect(findSensor(new RegisterBus([], null))).rejects.toMatchObject({ message: expect.stringContaining("nothing acknowledges") });
  });

  it("a bus that fails is not a missing sensor", async () => {
    const bus = new RegisterBus([[0x4c, TMP451]]);
    bus.failure = new DriverError("I2C_BUS", "stuck", "");
    await expect(findSensor(bus)).rejects.toMatchObject({ code: "I2C_BUS" });
  });
});

describe("configuring", () => {
  it("sets the extended range and the factory's offset, and reads both back", async () => {
    const { bus, sensor } = boardWith(TMP451);
    await (await sensor()).configure(-5);
    expect(bus.written).toEqual(["4c:09=04", "4c:11=fb"]);
  });

  it("a part that does not take the range or the offset is SENSOR_READBACK", async () => {
    const range = boardWith(TMP451, [0x03, 0x00]);
    await expect((await range.sensor()).configure()).rejects.toMatchObject({ code: "SENSOR_READBACK" });
    const offset = boardWith(TMP451);
    offset.bus.stuck.add("4c:11");
    await expect((await offset.sensor()).configure(-5)).rejects.toMatchObject({ code: "SENSOR_READBACK", context: { written: 0xfb } });
  });

  it("a TMP42x keeps its configuration elsewhere, and its offset is added here", async () => {
    const { bus, sensor } = boardWith(TMP423);
    const tmp423 = await sensor();
    await tmp423.configure(-5);
    expect(bus.written).toEqual(["4c:09=04", "4c:0a=1c"]);
    expect(await tmp423.read()).toEqual({ localC: 23.1875, remoteC: 36.25, fault: null });
    bus.stuck.add("4c:09");
    bus.devices.get(0x4c)?.set(0x09, 0);
    await expect(tmp423.configure()).rejects.toMatchObject({ code: "SENSOR_READBACK" });
  });

  it.each([0.5, -129, 128, Number.NaN])("an offset of %d is refused", async (offset) => {
    const { bus, sensor } = boardWith(TMP451);
    await expect((await sensor()).configure(offset)).rejects.toThrow(RangeError);
    expect(bus.written).toEqual([]);
  });
});

describe("reading", () => {
  it.skipIf(!haveS9Vectors).each(["tmp451_local", "tmp451_remote"])("recorded: %s", (name) => {
    const { bytes, decoded } = s9Vector(name);
    expect(sensorTempC(bytes[0] as number, bytes[1] as number)).toBe(decoded.celsius);
  });

  it("a TMP451 gives board and chip with fractions", async () => {
    expect(await (await boardWith(TMP451).sensor()).read()).toEqual({ localC: 23.1875, remoteC: 41.25, fault: null });
  });

  it("an ADT7461's fractions are ignored", async () => {
    expect(await (await boardWith(TMP451, [0xfe, 0x41]).sensor()).read()).toEqual({ localC: 23, remoteC: 41, fault: null });
  });

  it("an NCT218 knows the board alone", async () => {
    expect(await (await boardWith(TMP451, [0xfe, 0x1a]).sensor()).read()).toEqual({ localC: 23.1875, remoteC: null, fault: null });
  });

  it("an open diode is unknown, by its name", async () => {
    const reading = await (await boardWith(TMP451, [0x02, 0x04]).sensor()).read();
    expect(reading).toMatchObject({ localC: 23.1875, remoteC: null, fault: { code: "SENSOR_OPEN" } });
    for (const low of [0x01, 0x02]) {
      const tmp42x = await (await boardWith(TMP423, [0x11, low]).sensor()).read();
      expect(tmp42x).toMatchObject({ localC: 23.1875, remoteC: null, fault: { code: "SENSOR_OPEN" } });
    }
  });

  it("a shorted diode is unknown, and not -64 C", async () => {
    expect(await (await boardWith(TMP451, [0x01, 0x00]).sensor()).read()).toMatchObject({ remoteC: null, fault: { code: "SENSOR_SHORT" } });
  });

  it("temperatures come out of two bytes as they went in, from -64 to 191 C", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 4095 }), fc.integer({ min: 16, max: 4095 }), async (local, remote) => {
        const registers = (lowOf: (i: 0 | 1) => number) =>
          [
            [0x00, local >> 4],
            [0x01, remote >> 4],
            [0x02, 0],
            [lowOf(0), (local & 15) << 4],
            [lowOf(1), (remote & 15) << 4],
          ] as const;
        const expected = { localC: local / 16 - 64, remoteC: remote / 16 - 64, fault: null };
        const tmp451 = new RegisterBus([[0x4c, registers((i) => [0x15, 0x10][i] as number)]]);
        expect(await new S9TemperatureSensor(tmp451, 0x4c, "TMP451").read()).toEqual(expected);
        const tmp421 = new RegisterBus([[0x4c, registers((i) => [0x10, 0x11][i] as number)]]);
        expect(await new S9TemperatureSensor(tmp421, 0x4c, "TMP421").read()).toEqual(expected);
      }),
    );
  });
});

describe("the chip's temperature", () => {
  it.each([
    [60, 78, 78],
    [60, 65, 65],
    [60, 100, 100],
    [60, 64.9, 75],
    [60, 100.1, 75],
    [60, -20, 75],
    [60, null, 75],
  ])("board %f C, diode %d C: %f C", (localC, remoteC, expected) => {
    expect(chipTempC("TMP451", { localC, remoteC })).toBe(expected);
  });

  it.each([
    [50, 75],
    [50.5, 80.5],
    [60, 90],
    [61, 96],
  ])("behind an NCT218 at %f C: %f C", (localC, expected) => {
    expect(chipTempC("NCT218", { localC, remoteC: null })).toBe(expected);
  });

  it("is never below the board's by more than the diode is believed", () => {
    fc.assert(
      fc.property(
        fc.double({ min: -64, max: 191, noNaN: true }),
        fc.option(fc.double({ min: -64, max: 191, noNaN: true })),
        (localC, remoteC) => {
          expect(chipTempC("TMP451", { localC, remoteC })).toBeGreaterThanOrEqual(localC + 5 - 1e-9);
        },
      ),
    );
  });
});
