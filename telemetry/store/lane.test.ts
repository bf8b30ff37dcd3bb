import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { maxLaneWords, readLane, writeLane } from "./lane.ts";

/** Numbers as they occur: whole range, few bits, a common shift, mostly small with outliers. */
const values = fc.oneof(
  fc.array(fc.nat(0xffff_ffff)),
  fc
    .record({ bits: fc.nat(32), shift: fc.nat(31), base: fc.nat(0xffff_ffff) })
    .chain(({ bits, shift, base }) => fc.array(fc.nat(2 ** bits - 1).map((code) => (base + ((code << shift) >>> 0)) >>> 0))),
  fc.array(fc.oneof({ weight: 30, arbitrary: fc.nat(3) }, { weight: 1, arbitrary: fc.nat(0xffff_ffff) }), {
    minLength: 100,
    maxLength: 300,
  }),
);

function written(numbers: readonly number[]): Uint32Array {
  const out = new Uint32Array(1 + maxLaneWords(numbers.length));
  return out.slice(0, writeLane(Uint32Array.from(numbers), out, 1));
}

describe("lane", () => {
  test("what is read is what was written, and both agree where it ends", () => {
    fc.assert(
      fc.property(values, (numbers) => {
        const words = written(numbers);
        const read = new Uint32Array(numbers.length);
        expect(readLane(words, 1, read)).toBe(words.length);
        expect([...read]).toEqual(numbers);
      }),
    );
  });

  test("never takes more room than 32 bits a row", () => {
    fc.assert(fc.property(values, (numbers) => written(numbers).length <= 1 + maxLaneWords(numbers.length)));
  });

  test("rows unlike those looked at are kept all the same, in no more room", () => {
    // Every fifth row is small, the others are not.
    const misleading = Array.from({ length: 2000 }, (_, i) => (i % 5 === 0 ? i % 2 : 2 ** 30 - i));
    const words = written(misleading);
    expect(words.length).toBeLessThanOrEqual(1 + maxLaneWords(2000));
    const read = new Uint32Array(2000);
    expect(readLane(words, 1, read)).toBe(words.length);
    expect([...read]).toEqual(misleading);
  });

  test("equal numbers take no room, rare large ones none for the others", () => {
    expect(written(Array(4096).fill(77)).length).toBe(3);
    const mostlyZero = Array.from({ length: 4096 }, (_, i) => (i % 1000 === 3 ? 4 : 0));
    expect(written(mostlyZero).length).toBe(3 + 2 * 5);
    expect(written(Array.from({ length: 4096 }, (_, i) => (i % 4) << 13)).length).toBe(3 + (4096 * 2) / 32);
  });

  test("words that are no lane are refused, not read beyond their end", () => {
    fc.assert(
      fc.property(fc.uint32Array({ maxLength: 30 }), fc.nat(100), fc.integer({ min: -1, max: 32 }), (words, n, at) => {
        const end = readLane(words, at, new Uint32Array(n));
        expect(end).toBeLessThanOrEqual(words.length);
      }),
    );
  });
});
