import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { toHex } from "../../common/bytes.ts";
import { DriverError } from "../../common/errors.ts";
import { crc5, crc16 } from "./crc.ts";
import { type Command, decodeHostFrame, encodeCommand, encodeJobFrame } from "./frames.ts";

const byte = fc.integer({ min: 0, max: 255 });
const target = fc.option(byte, { nil: null });
const commands: fc.Arbitrary<Command> = fc.oneof(
  fc.record({ kind: fc.constant("set-address" as const), address: byte }),
  fc.record({ kind: fc.constant("write" as const), address: target, register: byte, value: fc.integer({ min: 0, max: 0xffff_ffff }) }),
  fc.record({ kind: fc.constant("read" as const), address: target, register: byte }),
  fc.constant<Command>({ kind: "chain-inactive" }),
);

/** A frame with the header, data and a right checksum, whatever the header says. */
const framed = (...bytes: number[]) => Uint8Array.from([0x55, 0xaa, ...bytes, crc5(Uint8Array.from(bytes))]);

describe("host frames", () => {
  test("every command survives encoding and decoding", () => {
    fc.assert(fc.property(commands, (command) => void expect(decodeHostFrame(encodeCommand(command))).toEqual(command)));
  });

  test.each([
    ["n=4", ["00:1c", "40:1a", "80:10", "c0:16"]],
    ["n=6", ["00:1c", "2a:19", "54:16", "7e:13", "a8:08", "d2:18"]],
    ["n=9", ["00:1c", "1c:0b", "38:17", "54:16", "70:0a", "8c:14", "a8:08", "c4:09", "e0:15"]],
  ])("set-address frames carry the checksums of specs/bm1366.md 3.3, %s", (_, rows) => {
    for (const row of rows) {
      const [address = "", crc = ""] = row.split(":");
      expect(toHex(encodeCommand({ kind: "set-address", address: Number.parseInt(address, 16) }))).toBe(`55aa4005${address}00${crc}`);
    }
  });

  test("any single flipped bit is refused", () => {
    fc.assert(
      fc.property(commands, fc.nat(), (command, at) => {
        const bytes = encodeCommand(command);
        const bit = at % (bytes.length * 8);
        bytes[bit >> 3] = (bytes[bit >> 3] as number) ^ (1 << (bit & 7));
        expect(decodeHostFrame(bytes)).toHaveProperty("refused");
      }),
    );
  });

  test.each([
    ["preamble", Uint8Array.from([0xaa, 0x55, 0x52, 5, 0, 0, 0x0a])],
    ["length", Uint8Array.from([0x55, 0xaa])],
    ["length", framed(0x52, 6, 0, 0)],
    ["length", framed(0x51, 5, 0, 0)],
    ["length", framed(0x52, 5, 0, 0, 0)],
    ["crc", Uint8Array.from([0x55, 0xaa, 0x52, 5, 0, 0, 0x0b])],
    ["crc", Uint8Array.from([0x55, 0xaa, 0x52, 5, 0, 0, 0x2a])],
    ["type", framed(0x50, 5, 0, 0)],
    ["type", framed(0x43, 5, 0, 0)],
    ["type", framed(0xc2, 5, 0, 0)],
    ["reserved", framed(0x52, 5, 1, 0)],
    ["reserved", framed(0x40, 5, 4, 1)],
    ["reserved", framed(0x53, 5, 0, 1)],
  ] as const)("a frame is refused by name: %s", (refused, bytes) => {
    expect(decodeHostFrame(bytes)).toEqual({ refused });
  });

  test("values that do not fit a frame are refused before they reach the wire", () => {
    for (const command of [
      { kind: "set-address", address: 256 },
      { kind: "read", address: 0, register: -1 },
      { kind: "write", address: null, register: 0, value: 2 ** 32 },
      { kind: "write", address: null, register: 0, value: 0.5 },
    ] as const) {
      expect(() => encodeCommand(command)).toThrow(DriverError);
    }
  });

  test("a full job is taken with either of its two length bytes, no other", () => {
    const payload = Uint8Array.from({ length: 82 }, (_, at) => at);
    const frame = encodeJobFrame(payload);
    expect(decodeHostFrame(frame)).toEqual({ kind: "job", lengthByte: 0x56, payload });
    const relabelled = (length: number) => {
      const bytes = frame.slice();
      bytes[3] = length;
      new DataView(bytes.buffer).setUint16(86, crc16(bytes.subarray(2, -2)));
      return bytes;
    };
    expect(decodeHostFrame(relabelled(0x36))).toEqual({ kind: "job", lengthByte: 0x36, payload });
    expect(decodeHostFrame(relabelled(0x55))).toEqual({ refused: "length" });
  });

  test("a job with a wrong CRC16 is refused", () => {
    const frame = encodeJobFrame(new Uint8Array(82));
    frame[40] = 1;
    expect(decodeHostFrame(frame)).toEqual({ refused: "crc" });
  });
});
