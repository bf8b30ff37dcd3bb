import { expect, test } from "vitest";
import { DriverError } from "../../common/errors.ts";
import { bits, flag, register } from "./register.ts";

const sample = register({
  name: "SAMPLE",
  address: 0x10,
  access: "rw",
  reset: 0x8000_00ff,
  meaning: "a register for this test",
  source: "none",
  fields: { on: flag(31), divider: bits(6, 4, { offset: 1, unit: "x" }), wide: bits(30, 8) },
  statusMask: 0x8000_0000,
});

test("fields that are not named keep their reset value", () => {
  expect(sample.encode({})).toBe(0x8000_00ff);
  expect(sample.encode({ divider: 1 })).toBe(0x8000_008f);
  expect(sample.encode({ on: false })).toBe(0x0000_00ff);
});

test("an offset field holds its value less the offset", () => {
  expect(sample.decode(0x0000_0070).divider).toBe(8);
  expect(sample.fields.divider.range).toEqual({ min: 1, max: 8 });
});

test.each([0, 9, 1.5, Number.NaN])("%d does not fit the field and is refused", (divider) => {
  expect(() => sample.encode({ divider })).toThrow(DriverError);
});

test("the log text names the register, the word, its numbers, and flags that are set", () => {
  expect(sample.describe(0x0000_0170)).toBe("SAMPLE 00000170 (divider 8 x, wide 1)");
  expect(sample.describe(0x8000_0000)).toBe("SAMPLE 80000000 (on, divider 1 x, wide 0)");
});

test("a read-back ignores what the chip sets itself, and nothing else", () => {
  expect(sample.confirms(0x0000_0001, 0x8000_0001)).toBe(true);
  expect(sample.confirms(0x0000_0001, 0x8000_0003)).toBe(false);
});
