import fc from "fast-check";
import { expect, test } from "vitest";
import { searchPll } from "../bm13xx/pll.ts";
import type { Register } from "../bm13xx/register.ts";
import { coreRegisters, readCoreWord, writeCoreWord } from "./core-registers.ts";
import { baudOfDivider, pll0, pllWordFor, registerAt, registers, ticketLog2Of, ticketMask, versionRolling } from "./registers.ts";

const u32 = fc.integer({ min: 0, max: 0xffff_ffff });

const named = registers.map((entry) => [entry.name, entry] as const);
const withFields = named.filter(([, entry]) => Object.keys(entry.fields).length > 0);

test.each(withFields)("%s: every field reads back as it was written, over its whole range, and no two overlap", (_, entry: Register) => {
  const fields = Object.entries(entry.fields);
  const used = fields.reduce((sum, [, field]) => sum + field.mask, 0);
  expect(used).toBe(fields.reduce((union, [, field]) => (union | field.mask) >>> 0, 0));
  const inputs: Record<string, fc.Arbitrary<number | boolean>> = Object.fromEntries(
    fields.map(([name, field]) => [name, field.range === null ? fc.boolean() : fc.integer(field.range)]),
  );
  fc.assert(fc.property(fc.record(inputs), (values) => void expect(entry.decode(entry.encode(values as never))).toEqual(values)));
});

test.each(named)("%s: is found by its address, and its log text carries the word", (_, entry: Register) => {
  expect(registerAt(entry.address)).toBe(entry);
  const hex = (word: number) => word.toString(16).toUpperCase().padStart(8, "0");
  fc.assert(fc.property(u32, (word) => entry.describe(word).startsWith(`${entry.name} ${hex(word)}`)));
});

test("an address without a register is unknown", () => {
  expect(registerAt(0x78)).toBeNull();
});

test("the reset value of PLL0 is 50 MHz, and the words of specs/bm1366.md 3.4 come out of the search", () => {
  const { fbDiv, refDiv, postDiv1, postDiv2 } = pll0.decode(0xc054_0165);
  expect({ fbDiv, refDiv, postDiv1, postDiv2 }).toEqual({ fbDiv: 84, refDiv: 1, postDiv1: 7, postDiv2: 6 });
  const rows = "50:40A80265 100:40900252 200:40A00241 300:40900250 400:40A00240 450:40900230 485:50C20240 500:40A00230 575:40B80230";
  for (const row of rows.split(" ")) {
    const [mhz, word = ""] = row.split(":");
    expect(pllWordFor(Number(mhz)).toString(16).toUpperCase()).toBe(word);
  }
  expect(pll0.decode(pllWordFor(485))).toMatchObject({ ...searchPll(485), vcoHigh: true, locked: false });
});

test("ticket masks of specs/bm1366.md 2.2, rounding down", () => {
  const words = { 1: 0, 2: 0x80, 16: 0xf0, 64: 0xfc, 256: 0xff, 512: 0x80ff, 1000: 0x80ff, 1024: 0xc0ff, 4096: 0xf0ff, 65536: 0xffff };
  for (const [difficulty, word] of Object.entries(words)) {
    expect(ticketMask.encode({ log2Difficulty: ticketLog2Of(Number(difficulty)) })).toBe(word);
  }
  expect(ticketMask.decode(0x1234_5678).log2Difficulty).toBeNull();
});

test("baud rates of specs/bm1366.md 2.4", () => {
  expect([0x1a, 0x02, 0x00].map((divider) => Math.round(baudOfDivider(divider)))).toEqual([115741, 1041667, 3125000]);
});

test("VERSION_ROLLING of the full mask is 9000FFFF", () => {
  expect(versionRolling.encode({ automaticMidstates: true, midstateGroup: 1, mask: 0x1fff_e000 >>> 13 })).toBe(0x9000_ffff);
});

test("core registers are written and read through register 3C as specs/bm1366.md 2.6 says", () => {
  const numbered = (number: number) => coreRegisters.find((entry) => entry.number === number) ?? expect.fail(`no core register ${number}`);
  expect(writeCoreWord(numbered(5), 0x40)).toBe(0x8000_8540);
  expect(writeCoreWord(numbered(0), 0x20)).toBe(0x8000_8020);
  expect(writeCoreWord(numbered(2), 0xaa)).toBe(0x8000_82aa);
  expect(readCoreWord(numbered(5))).toBe(0x8000_05ff);
});
