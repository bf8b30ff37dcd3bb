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
  const { scanFrames, hashHeaders, verifyHeaders, midstateJobFrame } = addon();
  const anything = fc.oneof(
    fc.anything({ withTypedArray: true, withBigInt: true, withDate: true }),
    fc.uint8Array({ maxLength: 200 }),
    fc.constantFrom(0, 7, 9, 11, Number.NaN, -1, 2 ** 40),
  );
  for (const native of [scanFrames, hashHeaders, verifyHeaders, midstateJobFrame] as unknown as ((...args: unknown[]) => unknown)[]) {
    fc.assert(
      fc.property(fc.array(anything, { maxLength: 5 }), (args) => {
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

test("a pump made of anything but a descriptor, whole options and a function is refused", () => {
  const { WorkPump } = addon();
  const Untyped = WorkPump as unknown as new (...args: unknown[]) => unknown;
  const template = {
    version: 0,
    versionMask: 0,
    prevHash: new Uint8Array(32),
    ntime: 0,
    nbits: 0,
    coinbase: new Uint8Array(8),
    extranonce2At: 4,
    extranonce2Bytes: 4,
    branches: new Uint8Array(32),
  };
  const options = { midstates: 1, baud: 9600, periodNs: 1e9, workNs: 1e9, traceFrames: 0, firstSeq: 0, firstExtranonce2: 0n, template };
  const wake = () => {};
  expect(() => new Untyped(-1, options, wake)).toThrow(expect.objectContaining({ errno: expect.any(Number) }));
  const broken: Record<string, unknown> = {
    midstates: 3,
    workNs: 0,
    traceFrames: 1e9,
    baud: 0,
    periodNs: 0.5,
    firstSeq: -1,
    firstExtranonce2: 1,
    template: null,
  };
  for (const [name, value] of Object.entries(broken)) expect(() => new Untyped(-1, { ...options, [name]: value }, wake)).toThrow(TypeError);
  const brokenTemplate: Record<string, unknown> = {
    version: 2 ** 32,
    versionMask: "0",
    prevHash: new Uint8Array(31),
    ntime: -1,
    nbits: 0.5,
    coinbase: new Uint8Array(7),
    extranonce2At: 5,
    extranonce2Bytes: 0,
    branches: new Uint8Array(31),
  };
  for (const [name, value] of Object.entries(brokenTemplate)) {
    const wrong = { ...options, template: { ...template, [name]: value } };
    expect(() => new Untyped(-1, wrong, wake)).toThrow(TypeError);
  }
  for (const args of [[], [-1], [-1, options], ["0", options, wake], [-1, null, wake], [-1, options, 0]])
    expect(() => new Untyped(...args)).toThrow(TypeError);
  expect(() => (WorkPump as unknown as () => void)()).toThrow(TypeError);
});
