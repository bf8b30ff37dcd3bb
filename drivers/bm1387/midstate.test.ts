import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { toHex } from "../../common/bytes.ts";
import { compress, midstateOf } from "./midstate.ts";

test("a midstate, continued by hand over the padded rest, is what SHA-256 gives for the whole", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 80, maxLength: 80 }), (header) => {
      const midstate = midstateOf(header.subarray(0, 64));
      const words = Uint32Array.from({ length: 8 }, (_, at) => new DataView(midstate.buffer).getUint32(at * 4));
      const last = new Uint8Array(64);
      last.set(header.subarray(64));
      last[16] = 0x80;
      new DataView(last.buffer).setUint32(60, 640);
      compress(words, last);
      const hex = [...words].map((word) => word.toString(16).padStart(8, "0")).join("");
      expect(hex).toBe(createHash("sha256").update(header).digest("hex"));
    }),
  );
});

test("does not change what it reads, and gives new bytes each time", () => {
  const zeros = new Uint8Array(64);
  const first = midstateOf(zeros);
  expect(toHex(midstateOf(zeros))).toBe(toHex(first));
  expect(zeros.every((byte) => byte === 0)).toBe(true);
});
