import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { constants, tmpdir } from "node:os";
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

test("a capture's delivery is whole numbers of ns and bytes within bounds, or refused", () => {
  const Untyped = addon().Capture as unknown as new (...args: unknown[]) => unknown;
  const delivery = { frameNs: 1e6, timerNs: 0, timerBytes: 62, fifoBytes: 4 };
  const given = (value: unknown) => () => new Untyped(-1, 9600, 11, () => {}, value);
  expect(given(delivery)).toThrow(expect.objectContaining({ errno: expect.any(Number) }));
  const broken: Record<string, unknown> = { frameNs: -1, timerNs: 2e9, timerBytes: 0.5, fifoBytes: "4" };
  for (const [name, value] of Object.entries(broken)) expect(given({ ...delivery, [name]: value })).toThrow(TypeError);
  for (const value of [null, undefined, 1, {}]) expect(given(value)).toThrow(TypeError);
});

test("low latency is asked for on a descriptor and nothing else, and a file has none", () => {
  const { askLowLatency, endLowLatency } = addon();
  for (const native of [askLowLatency, endLowLatency] as unknown as ((...args: unknown[]) => unknown)[])
    for (const args of [[], [-1], ["0"], [0.5], [2 ** 40], [1, 2]]) expect(() => native(...args)).toThrow(TypeError);
  const fd = openSync("/dev/null", "r");
  const seen = { asked: askLowLatency(fd), ended: endLowLatency(fd) };
  closeSync(fd);
  expect(seen).toEqual({ asked: { state: "absent", errno: 0 }, ended: constants.errno.ENOTTY });
});

test("a clock anchor lies between the readings around it", () => {
  const { clockAnchor, monotonicRawNs } = addon();
  const before = { monotonicNs: monotonicRawNs(), wallMs: Date.now() };
  const { monotonicNs, wallNs, errorNs } = clockAnchor();
  expect(monotonicNs >= before.monotonicNs && monotonicNs <= monotonicRawNs()).toBe(true);
  expect(Number(wallNs / 1_000_000n)).toBeGreaterThanOrEqual(before.wallMs);
  expect(Number(wallNs / 1_000_000n)).toBeLessThanOrEqual(Date.now());
  expect(errorNs).toBeGreaterThanOrEqual(0);
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
  const options = {
    midstates: 1,
    baud: 9600,
    periodNs: 1e9,
    workNs: 1e9,
    leadNs: 0,
    queueBytes: 4096,
    traceFrames: 0,
    firstSeq: 0,
    firstExtranonce2: 0n,
    template,
  };
  const wake = () => {};
  expect(() => new Untyped(-1, options, wake)).toThrow(expect.objectContaining({ errno: expect.any(Number) }));
  const broken: Record<string, unknown> = {
    midstates: 3,
    workNs: 0,
    leadNs: -1,
    queueBytes: 2 ** 21,
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
