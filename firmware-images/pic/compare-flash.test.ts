import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compareFlash } from "./compare-flash.ts";

describe("what a PIC holds against an image", () => {
  it("differs in just the words that were changed, and the first of them is named", () => {
    const words = fc.integer({ min: 1, max: 200 });
    fc.assert(
      fc.property(words, fc.uniqueArray(fc.nat(199)), fc.nat(1), (count, changed, half) => {
        const expected = Uint8Array.from({ length: 2 * count }, (_, i) => (i * 7) & 0xff);
        const read = Uint8Array.from(expected);
        const inside = changed.filter((word) => word < count);
        for (const word of inside) read[2 * word + half] = (read[2 * word + half] as number) ^ 0x20;
        expect(compareFlash(expected, read, 0x300)).toEqual({
          words: count,
          differing: inside.length,
          firstWord: inside.length === 0 ? null : 0x300 + Math.min(...inside),
        });
      }),
    );
  });

  it("is not compared when one is longer, or half a word", () => {
    expect(() => compareFlash(new Uint8Array(4), new Uint8Array(2), 0)).toThrow(RangeError);
    expect(() => compareFlash(new Uint8Array(3), new Uint8Array(3), 0)).toThrow(RangeError);
  });
});
