import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DriverError } from "../../common/errors.ts";
import { pllMhz } from "../bm13xx/pll.ts";
import type { Field } from "../bm13xx/register.ts";
import { ANY_REFERENCE_PLL, searchPll } from "./pll.ts";
import {
  baudOfDivider,
  dividerOfBaud,
  hashRateGhs,
  mhzOfPllWord,
  miscControl,
  pll,
  pllWordFor,
  registerAt,
  registers,
  ticketLog2Of,
  ticketMask,
} from "./registers.ts";
import { FREQUENCY_BINS } from "./testing/pll-table.ts";

describe.each(registers.map((register) => [register.name, register] as const))("%s", (_, register) => {
  const entries = Object.entries(register.fields) as unknown as [string, Field<number | boolean>][];
  const values = fc.record(
    Object.fromEntries(
      entries.map(([name, { range }]) => [name, range === null ? fc.boolean() : fc.integer({ min: range.min, max: range.max })]),
    ),
  );

  test("what is written to its fields is read from them", () => {
    fc.assert(fc.property(values, (written) => void expect(register.decode(register.encode(written as never))).toEqual(written)));
  });

  test("no two fields share a bit, and its own words confirm themselves", () => {
    let used = 0;
    for (const [, { mask }] of entries) {
      expect(used & mask).toBe(0);
      used |= mask;
    }
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffff_ffff }), (word) => {
        expect(register.confirms(word, word)).toBe(true);
        expect(register.confirms(word, (word ^ (register.statusMask ?? 0)) >>> 0)).toBe(true);
        expect(register.describe(word)).toContain(register.name);
      }),
    );
  });

  test("is found by its address", () => {
    expect(registerAt(register.address)).toBe(register);
  });
});

test("MISC_CONTROL: the values of the table", () => {
  const running = {
    notSetBaud: true,
    invertClko: true,
    i2cBus: 0,
    gateBlock: false,
    rfsSda0: false,
    baudDiv: 1,
    multiMidstate: true,
    tfs: 0,
  };
  expect(miscControl.encode(running)).toBe(0x4020_0180);
  expect(miscControl.encode({ ...running, notSetBaud: false, gateBlock: true })).toBe(0x0020_8180);
  expect(miscControl.encode({ ...running, gateBlock: true, baudDiv: 26 })).toBe(0x4020_9a80);
  expect(miscControl.encode({ ...running, rfsSda0: true, tfs: 3 })).toBe(0x4020_41e0);
});

test.each([
  [1, 0x00],
  [2, 0x80],
  [4, 0xc0],
  [64, 0xfc],
  [256, 0xff],
  [512, 0x80ff],
  [1024, 0xc0ff],
  [2048, 0xe0ff],
])("TICKET_MASK of difficulty %i", (difficulty, word) => {
  expect(ticketMask.encode({ log2Difficulty: ticketLog2Of(difficulty) })).toBe(word);
});

test("TICKET_MASK: the vendor's 63 is no difficulty", () => {
  expect(ticketMask.decode(0x3f).log2Difficulty).toBeNull();
});

describe("PLL", () => {
  test.each(FREQUENCY_BINS)("%d MHz is %s, as in the vendor's table", (mhz, word) => {
    expect(pllWordFor(mhz).toString(16).padStart(8, "0")).toBe(word);
    expect(mhzOfPllWord(pllWordFor(mhz))).toBeCloseTo(mhz, 1);
  });

  test.each([
    [216, 216.071428],
    [217.4, 217.307692],
    [217.7, 217.857142],
    [1081.25, 1075],
    [1081.250001, 1087.5],
  ])("with any reference divider, %d MHz gives %d, as the open firmware's search", (asked, given) => {
    expect(pllMhz(searchPll(asked, ANY_REFERENCE_PLL))).toBeCloseTo(given, 5);
  });

  test("any clock in range is reached to within 6.25 MHz, below 400 to within 1.6, with dividers that an S9 uses", () => {
    fc.assert(
      fc.property(fc.double({ min: 100, max: 1175, noNaN: true }), (mhz) => {
        const dividers = searchPll(mhz);
        expect(Math.abs(pllMhz(dividers) - mhz)).toBeLessThanOrEqual(mhz < 400 ? 1.6 : 6.25);
        expect(dividers).toMatchObject({ refDiv: 2, postDiv2: 1 });
        expect(dividers.fbDiv).toBeGreaterThanOrEqual(32);
        expect(dividers.fbDiv).toBeLessThanOrEqual(128);
      }),
    );
  });

  test("a clock out of range is refused, and the reset value is 200 MHz", () => {
    for (const mhz of [99.9, 1175.1, 0, Number.NaN, Number.POSITIVE_INFINITY]) expect(() => pllWordFor(mhz)).toThrow(DriverError);
    expect(mhzOfPllWord(pll.reset ?? 0)).toBe(200);
  });
});

test.each([
  [115_200, 26],
  [460_800, 6],
  [1_500_000, 1],
  [1_562_500, 1],
  [3_000_000, 0],
  [3_125_000, 0],
])("%i baud is divider %i", (baud, divider) => {
  expect(dividerOfBaud(baud)).toBe(divider);
  expect(Math.abs(baudOfDivider(divider) / baud - 1)).toBeLessThan(0.05);
});

test.each([3_500_000, 9600, 2_200_000, 0, Number.NaN])("%d baud is out of the chip's reach", (baud) => {
  expect(() => dividerOfBaud(baud)).toThrow(/no rate near/);
});

test("the hash rate register counts 2^24 hashes a second", () => {
  expect(hashRateGhs(4308)).toBeCloseTo(72.276, 3);
});
