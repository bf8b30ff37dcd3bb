import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { DriverError, StoreError } from "../common/errors.ts";
import { openControlStore } from "../telemetry/control/control-store.ts";
import { controlPath, Latches, latches } from "./latches.ts";

const folder = mkdtempSync(path.join(tmpdir(), "asic-latches-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let count = 0;
const fresh = () => path.join(folder, `${count++}.control.db`);
const bookAt = (file: string) => new Latches({ rig: "a", wallMs: () => 5000, open: () => openControlStore(file) });
const HOT = new DriverError("SENTINEL", "The sentinel switched the board off: too hot.", "Look.");
const safe = Promise.resolve();
const settled = () => new Promise((resolve) => setTimeout(resolve, 5));

describe("a fault that latches", () => {
  it("refuses energising at once, after a restart too, and no more when a person has cleared it", async () => {
    const file = fresh();
    const book = bookAt(file);
    book.requireNone();
    book.latch(HOT, { readings: { chipTempC: 90 } }, safe);
    expect(() => book.requireNone()).toThrow(expect.objectContaining({ code: "FAULT_LATCHED" }));
    await settled();
    await book.close();

    const again = bookAt(file);
    expect(() => again.requireNone()).toThrow(
      expect.objectContaining({
        code: "FAULT_LATCHED",
        message: expect.stringMatching(/too hot\.( Look\.)?$/),
        hint: expect.stringContaining("faults clear 1"),
      }),
    );
    await again.close();
    const store = openControlStore(file);
    expect(store.latches("a")).toMatchObject([{ code: "SENTINEL", evidence: { readings: { chipTempC: 90 } }, wallMs: 5000 }]);
    store.clear("a", 1, "new paste", 6000);
    store.close();
    const cleared = bookAt(file);
    cleared.requireNone();
    await cleared.close();
  });

  it("is latched anew by emergency-off once a person has cleared it, and neither before that nor twice", async () => {
    const file = fresh();
    const book = bookAt(file);
    const beside = openControlStore(file);
    const PRESSED = new DriverError("EMERGENCY_OFF", "Emergency-off was pressed.", "");
    const codes = () => beside.latches("a").map(({ code }) => code);
    book.latchAgain(PRESSED);
    expect(codes()).toEqual([]);
    book.latch(HOT, null, safe);
    book.latchAgain(PRESSED);
    await settled();
    book.latchAgain(PRESSED);
    expect(codes()).toEqual(["SENTINEL"]);
    beside.clear("a", 1, "new paste", 6000);
    book.latchAgain(PRESSED);
    book.latchAgain(PRESSED);
    expect(codes()).toEqual(["EMERGENCY_OFF"]);
    beside.close();
    await book.close();
  });

  it("is written only when the board is safe", async () => {
    const file = fresh();
    const book = bookAt(file);
    let obeyed = () => {};
    book.latch(
      HOT,
      null,
      new Promise<void>((resolve) => {
        obeyed = resolve;
      }),
    );
    await settled();
    const beside = openControlStore(file);
    expect(beside.latches("a")).toEqual([]);
    obeyed();
    await settled();
    expect(beside.latches("a")).toHaveLength(1);
    beside.close();
    await book.close();
  });

  it("is not every fault: a pulled cable explains itself; an error that nobody foresaw does not", () => {
    expect(latches(new DriverError("LINK_LOST", "", ""))).toBe(false);
    expect(latches(new StoreError("DISK_FULL", "", ""))).toBe(false);
    expect(latches(new Error("boom"))).toBe(true);
    for (const code of ["SENTINEL", "WATCHDOG", "EMERGENCY_OFF", "STILL_ON"]) expect(latches(new DriverError(code, "", ""))).toBe(true);
  });
});

describe("without a disk", () => {
  const nowhere = () =>
    new Latches({
      rig: "a",
      wallMs: () => 0,
      open: () => {
        throw new StoreError("DATABASE_DENIED", "read-only", "");
      },
    });
  it("faults latch in memory, which is said, and a restart without a file is free to go on", () => {
    const book = nowhere();
    book.requireNone();
    book.latch(HOT, null, safe);
    expect(() => book.requireNone()).toThrow(expect.objectContaining({ code: "FAULT_LATCHED" }));
    const said: string[] = [];
    book.tellTo((text) => said.push(text));
    expect(said).toEqual([expect.stringMatching(/in memory alone.*read-only/)]);
    nowhere().requireNone();
  });

  it("but a file that is there and unreadable refuses", () => {
    const file = fresh();
    writeFileSync(file, "x".repeat(5000));
    expect(() => bookAt(file)).toThrow(expect.objectContaining({ code: "CONTROL_UNREADABLE" }));
  });
});

it("control.db lies beside the record", () => {
  expect(controlPath("/x/runs/telemetry.db")).toBe("/x/runs/control.db");
  expect(controlPath("/x/runs/other.db")).toBe("/x/runs/other.control.db");
  expect(controlPath(":memory:")).toBe(":memory:");
});
