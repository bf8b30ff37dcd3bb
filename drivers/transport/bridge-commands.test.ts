import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fromHex, toHex } from "../../common/bytes.ts";
import { haveVectors, vectors } from "../bm13xx/testing/vectors.ts";
import { type BridgeCommandName, type BridgeValues, decodeRequest, describeRequest, encodeRequest } from "./bridge-commands.ts";

const byte = fc.integer({ min: 0, max: 255 });
const bytes = (text: string) => fromHex(text) ?? new Uint8Array();

/** What each recorded request asks for, in this driver's words. */
const REQUESTS: Record<string, [BridgeCommandName, Record<string, number | Uint8Array>]> = {
  ctl_i2c_write_4F_DE: ["i2cWrite", { address: 0x4f, data: bytes("de") }],
  ctl_i2c_wr_32_FE_2: ["i2cWriteRead", { address: 0x32, data: bytes("fe"), length: 2 }],
  ctl_i2c_freq_400k: ["i2cSetFrequency", { hz: 400_000 }],
  ctl_gpio_rst_high: ["gpioSet", { pin: 0, level: 1 }],
  ctl_gpio_pin1_low_readme: ["gpioSet", { pin: 1, level: 0 }],
  ctl_gpio_get_rst: ["gpioGet", { pin: 0 }],
  ctl_adc_read_vdd: ["adcReadVdd", {}],
  ctl_fan_set_50: ["fanSet", { percent: 50 }],
  ctl_led_set_FF8000: ["ledSetRgb", { red: 0xff, green: 0x80, blue: 0 }],
  ctl_reboot_deadbeef: ["systemReboot", { key: bytes("deadbeef") }],
};

describe("bridge requests", () => {
  describe.skipIf(!haveVectors)("recorded", () => {
    const recorded = vectors.filter((vector) => vector.direction === "host->bridge");

    it("are all known here", () => {
      expect(recorded.map((vector) => vector.name).sort()).toEqual(Object.keys(REQUESTS).sort());
    });

    it.each(recorded.map((vector) => [vector.name, vector] as const))("%s, both ways", (name, vector) => {
      const [command, values] = REQUESTS[name] as [BridgeCommandName, never];
      const id = vector.bytes[2] as number;
      expect(toHex(encodeRequest(id, command, values))).toBe(toHex(vector.bytes));
      expect(decodeRequest(vector.bytes)).toEqual({ id, name: command, values });
    });
  });

  // specs/bm1366.md 5.10, "Frames"
  it.each([
    ["07000000060000", "gpioSet", { pin: 0, level: 0 }],
    ["060000000600", "gpioGet", { pin: 0 }],
    ["0a0001000510801a0600", "i2cSetFrequency", { hz: 400_000 }],
    ["080001000530" + "4c01", "i2cRead", { address: 0x4c, length: 1 }],
    ["060000000920", "fanTach", {}],
  ] as const)("%s is %s", (hex, name, values) => {
    const id = bytes(hex)[2] as number;
    expect(toHex(encodeRequest(id, name, values as never))).toBe(hex);
    expect(decodeRequest(bytes(hex))).toEqual({ id, name, values });
  });

  const data = fc.uint8Array({ maxLength: 300 });
  const anyRequest: fc.Arbitrary<[BridgeCommandName, Record<string, number | Uint8Array>]> = fc.oneof(
    fc.record({ hz: fc.integer({ min: 0, max: 0xffff_ffff }) }).map((v) => ["i2cSetFrequency", v] as [BridgeCommandName, typeof v]),
    fc.record({ address: byte, data }).map((v) => ["i2cWrite", v] as [BridgeCommandName, typeof v]),
    fc.record({ address: byte, length: byte }).map((v) => ["i2cRead", v] as [BridgeCommandName, typeof v]),
    fc.record({ address: byte, data, length: byte }).map((v) => ["i2cWriteRead", v] as [BridgeCommandName, typeof v]),
    fc.record({ pin: byte, level: byte }).map((v) => ["gpioSet", v] as [BridgeCommandName, typeof v]),
    fc.record({ percent: byte }).map((v) => ["fanSet", v] as [BridgeCommandName, typeof v]),
  );

  it("decode to what was encoded, whatever the values", () => {
    fc.assert(
      fc.property(byte, anyRequest, (id, [name, values]) => {
        const encoded = encodeRequest(id, name, values as never);
        expect(Number(encoded[0]) | (Number(encoded[1]) << 8)).toBe(encoded.length);
        expect(decodeRequest(encoded)).toEqual({ id, name, values });
      }),
    );
  });

  it("with a wrong length, bus or command are no requests", () => {
    const good = encodeRequest(3, "gpioSet", { pin: 0, level: 1 });
    expect(decodeRequest(good.subarray(0, 6))).toBeNull();
    expect(decodeRequest(Uint8Array.from([...good, 0]))).toBeNull();
    expect(decodeRequest(good.with(3, 1))).toBeNull();
    expect(decodeRequest(bytes("06000000" + "0799"))).toBeNull();
  });

  it("with a value that does not fit are refused before anything is sent", () => {
    expect(() => encodeRequest(0, "i2cRead", { address: 256, length: 1 })).toThrow(RangeError);
    expect(() => encodeRequest(0, "fanSet", { percent: 1.5 })).toThrow(RangeError);
    expect(() => encodeRequest(0, "i2cWrite", { address: 1 } as BridgeValues<"i2cWrite">)).toThrow(RangeError);
    expect(() => encodeRequest(0, "i2cWrite", { address: 1, data: new Uint8Array(4098) })).toThrow(RangeError);
  });

  it("can be read in a log", () => {
    expect(describeRequest("i2cWriteRead", { address: 0x4c, data: Uint8Array.of(0xfe), length: 1 })).toBe(
      "i2cWriteRead address=0x4c data=fe length=1",
    );
  });
});
