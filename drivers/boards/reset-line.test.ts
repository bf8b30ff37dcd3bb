import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bridgeResetLine, sysfsResetLine } from "./reset-line.ts";
import { fakeBoard } from "./testing/fake-board.test-support.ts";

describe("the reset line behind a bridge", () => {
  it("is low when asserted, and read back", async () => {
    const { bridge, events } = fakeBoard([]);
    const line = bridgeResetLine(bridge);
    await line.set(true);
    await line.set(false);
    expect(events).toEqual(["pin 0=0", "pin 0=1"]);
  });

  it("that does not obey is RESET_READBACK", async () => {
    const hardware = fakeBoard([]);
    hardware.intercept = ({ name }) => (name === "gpioGet" ? { data: [1] } : undefined);
    await expect(bridgeResetLine(hardware.bridge).set(true)).rejects.toMatchObject({ code: "RESET_READBACK", context: { asserted: true } });
  });
});

describe("the reset line as a GPIO file", () => {
  let folder = "";
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), "asicr-gpio-"));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it("is low when asserted", async () => {
    const value = path.join(folder, "value");
    writeFileSync(value, "1\n");
    await sysfsResetLine(value).set(true);
    expect(readFileSync(value, "utf8")[0]).toBe("0");
    await sysfsResetLine(value).set(false);
    expect(readFileSync(value, "utf8")[0]).toBe("1");
  });

  it("that is not there is GPIO_MISSING, and no file is made in its place", async () => {
    const absent = path.join(folder, "gpio999");
    await expect(sysfsResetLine(absent).set(true)).rejects.toMatchObject({ code: "GPIO_MISSING", hint: expect.stringContaining("Export") });
    expect(() => readFileSync(absent)).toThrow();
  });

  it("that takes what is written and keeps its level is RESET_READBACK", async () => {
    await expect(sysfsResetLine("/dev/null").set(false)).rejects.toMatchObject({ code: "RESET_READBACK" });
  });
});
