import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { crc5, crc5OfBits, crc16 } from "./crc.ts";

const check = new TextEncoder().encode("123456789");
const bytesOf = (hex: string) => Uint8Array.from(Buffer.from(hex, "hex"));
const bitsOf = (bytes: Uint8Array) => [...bytes].flatMap((byte) => [7, 6, 5, 4, 3, 2, 1, 0].map((bit) => (byte >> bit) & 1));

describe("checksums (specs/bm1366.md 1.5)", () => {
  test("CRC5 of the check string is 0F", () => {
    expect(crc5(check)).toBe(0x0f);
  });

  test.each([
    ["52050000", [0x18, 0x18, 0x09, 0x0a]],
    ["40050000", [0x08, 0x16, 0x05, 0x1c]],
    ["53050000", [0x1d, 0x04, 0x11, 0x03]],
    ["510900a49000ffff", [0x17, 0x00, 0x00, 0x0b, 0x04, 0x11, 0x17, 0x1c]],
    ["5109002811300200", [0x17, 0x00, 0x00, 0x1c, 0x07, 0x0d, 0x11, 0x03]],
  ])("CRC5 of %s passes through the worked values", (hex, after) => {
    const bytes = bytesOf(hex);
    expect([...bytes].map((_, at) => crc5(bytes.subarray(0, at + 1)))).toEqual(after);
  });

  test("CRC5 of a nonce response's payload and type bits gives its last byte (specs/bm1366.md 1.8)", () => {
    const after64 = crc5(bytesOf("083928a9032b0003"));
    expect(after64).toBe(0x09);
    expect(crc5OfBits([1, 0, 0], after64)).toBe(0x16);
  });

  test("CRC5 over bytes equals CRC5 over their bits", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 20 }), (bytes) => crc5(bytes) === crc5OfBits(bitsOf(bytes))));
  });

  test("CRC16 of the check string is 29B1, and 0 over a message with its checksum", () => {
    expect(crc16(check)).toBe(0x29b1);
    expect(crc16(Uint8Array.from([...check, 0x29, 0xb1]))).toBe(0);
  });
});
