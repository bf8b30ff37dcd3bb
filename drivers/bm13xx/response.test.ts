import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeResponse } from "./response.ts";
import { nonceResponse, registerResponse, sealResponse } from "./testing/responses.ts";

const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
const byte = fc.integer({ min: 0, max: 255 });

describe("responses (specs/bm1366.md 1.7, 1.8)", () => {
  test("the chip-id answer of an unaddressed BM1366 ends in 05", () => {
    const bytes = registerResponse(0x1366_0000, 0, 0);
    expect(bytes.at(-1)).toBe(0x05);
    expect(decodeResponse(bytes)).toEqual({ kind: "register", value: 0x1366_0000, address: 0, register: 0 });
  });

  test("a register answer keeps value, address and register", () => {
    fc.assert(
      fc.property(
        u32,
        byte,
        byte,
        (value, address, register) =>
          void expect(decodeResponse(registerResponse(value, address, register))).toEqual({ kind: "register", value, address, register }),
      ),
    );
  });

  test("only bit 7 of the last byte tells a nonce from a register", () => {
    for (let type = 0; type < 8; type++) {
      expect(decodeResponse(sealResponse([1, 2, 3, 4, 5, 6, 7, 8], type))).toHaveProperty("kind", type >= 4 ? "nonce" : "register");
    }
  });

  test("a 9-byte nonce has no version field", () => {
    expect(decodeResponse(sealResponse([1, 2, 3, 4, 0, 8], 4))).toEqual({
      kind: "nonce",
      nonce: 0x0403_0201,
      nonceBe: 0x0102_0304,
      byte6: 0,
      resultHeader: 8,
      versionField: null,
    });
  });

  test("every single flipped bit is refused", () => {
    const bytes = nonceResponse(0x0839_28a9, 3, 0x2b, 3);
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const damaged = bytes.slice();
      damaged[bit >> 3] = (damaged[bit >> 3] as number) ^ (0x80 >> (bit & 7));
      expect(decodeResponse(damaged)).toEqual({ refused: bit < 16 ? "preamble" : "crc" });
    }
  });

  test("a frame of any other length is refused, as is a frame inside a larger buffer read at the wrong place", () => {
    expect(decodeResponse(new Uint8Array(10))).toEqual({ refused: "length" });
    const stream = Uint8Array.from([0, ...registerResponse(0x1366_0000, 0, 0)]);
    expect(decodeResponse(stream.subarray(0, 11))).toEqual({ refused: "preamble" });
    expect(decodeResponse(stream.subarray(1, 12))).toHaveProperty("value", 0x1366_0000);
  });
});
