import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { addon, loadAddon } from "./addon.ts";

test("an addon that was not built is named with the command that builds it", () => {
  expect(() => loadAddon("#native/absent")).toThrow(
    expect.objectContaining({ name: "DriverError", code: "NATIVE_MISSING", hint: expect.stringContaining("make native") }),
  );
});

test("an addon that cannot be loaded is not taken for a missing one", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "asicr-"));
  try {
    const file = path.join(folder, "broken.node");
    writeFileSync(file, "not an ELF file");
    expect(() => loadAddon(file)).toThrow(expect.objectContaining({ code: "NATIVE_BROKEN" }));
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("no argument crashes the addon: it is used or refused with a TypeError", () => {
  const { scanFrames, hashHeaders, verifyHeaders } = addon();
  const anything = fc.oneof(
    fc.anything({ withTypedArray: true, withBigInt: true, withDate: true }),
    fc.uint8Array({ maxLength: 200 }),
    fc.constantFrom(0, 7, 9, 11, Number.NaN, -1, 2 ** 40),
  );
  for (const native of [scanFrames, hashHeaders, verifyHeaders] as unknown as ((...args: unknown[]) => unknown)[]) {
    fc.assert(
      fc.property(fc.array(anything, { maxLength: 3 }), (args) => {
        try {
          native(...args);
        } catch (error) {
          expect(error).toBeInstanceOf(TypeError);
        }
      }),
    );
  }
});

test("a capture made of anything but a descriptor, a rate, a length and a function is refused", () => {
  const { Capture } = addon();
  const Untyped = Capture as unknown as new (...args: unknown[]) => unknown;
  const wake = () => {};
  const refused = [[], [-1], [-1, 9600, 11], ["0", 9600, 11, wake], [-1, 0, 11, wake], [-1, Number.NaN, 11, wake], [-1, 9600, 10, wake]];
  for (const args of refused) expect(() => new Untyped(...args)).toThrow(TypeError);
  expect(() => (Capture as unknown as () => void)()).toThrow(TypeError);
});
