import fc from "fast-check";
import { expect, test } from "vitest";
import { headerBytes } from "../../common/block-header.ts";
import { VERSION_MASK } from "./versions.ts";
import { fieldsOfHeader, workOfWord } from "./word-works.ts";

const FIELDS = {
  version: 0x2000_0000,
  prevHash: new Uint8Array(32).fill(1),
  merkleRoot: new Uint8Array(32).fill(2),
  ntime: 1000,
  nbits: 4,
};

test("the first work has the mask's lowest bits, as a single job has, and each next one the bits after them", () => {
  const word = { fields: FIELDS, versionMask: VERSION_MASK, midstates: 4 } as const;
  expect(workOfWord(word, 0)).toEqual({ ntime: 1000, versionBits: [0, 0x2000, 0x4000, 0x6000] });
  expect(workOfWord(word, 1).versionBits).toEqual([0x8000, 0xa000, 0xc000, 0xe000]);
  expect(workOfWord(word, 2 ** 14 - 1)).toMatchObject({ ntime: 1000 });
  expect(workOfWord(word, 2 ** 14)).toEqual({ ntime: 1001, versionBits: [0, 0x2000, 0x4000, 0x6000] });
});

test("no two works of a word have a header in common, and none changes a bit outside the mask", () => {
  const masks = fc.constantFrom(VERSION_MASK, 0xe000, 0xffff_ffff, 0x8000_0003);
  const midstates = fc.constantFrom(1 as const, 2 as const, 4 as const);
  fc.assert(
    fc.property(masks, midstates, fc.integer({ min: 0, max: 100_000 }), (versionMask, count, first) => {
      const headers = new Set<string>();
      for (let index = first; index < first + 50; index++) {
        const { ntime, versionBits } = workOfWord({ fields: FIELDS, versionMask, midstates: count }, index);
        for (const bits of versionBits) {
          expect((bits & ~versionMask) >>> 0).toBe(0);
          headers.add(`${ntime} ${bits}`);
        }
      }
      expect(headers.size).toBe(50 * count);
    }),
  );
});

test("the fields of a header are read as they were written", () => {
  expect(fieldsOfHeader(headerBytes(FIELDS, 77))).toEqual(FIELDS);
});
