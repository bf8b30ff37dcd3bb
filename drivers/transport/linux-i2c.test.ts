import { mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Clock } from "../../common/clock.ts";
import { loadAddon } from "../native/addon.ts";
import { scan } from "./i2c.ts";
import { type I2cAddon, LinuxI2c, openLinuxI2c } from "./linux-i2c.ts";
import { errnoName, i2cFault, i2cOpenFailure } from "./linux-i2c-faults.ts";

const addon = loadAddon("#native/drivers") as I2cAddon;
const kernelError = (errno: number) => Object.assign(new Error("from the kernel"), { errno });

function clockNoting() {
  const slept: number[] = [];
  const clock: Clock = { nowNs: () => 0n, wallMs: () => 0, sleep: async (ms) => void slept.push(ms) };
  return { clock, slept };
}

describe("opening an I2C bus", () => {
  let folder = "";
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), "asicr-i2c-"));
  });
  afterAll(() => rmSync(folder, { recursive: true }));
  const { clock } = clockNoting();

  it("that is not there is PORT_MISSING, with what is there or how to get one", async () => {
    await expect(openLinuxI2c(path.join(folder, "i2c-99"), clock)).rejects.toMatchObject({
      code: "PORT_MISSING",
      hint: expect.stringMatching(/modprobe i2c-dev|I2C buses here/),
    });
  });

  it("that is a plain file is PORT_NOT_I2C", async () => {
    const file = path.join(folder, "plain");
    writeFileSync(file, "no bus");
    await expect(openLinuxI2c(file, clock)).rejects.toMatchObject({ code: "PORT_NOT_I2C" });
    await expect(openLinuxI2c(folder, clock)).rejects.toMatchObject({ code: "PORT_NOT_I2C" });
  });

  it("that is another kind of device is PORT_NOT_I2C, by the kernel's own word", async () => {
    await expect(openLinuxI2c("/dev/null", clock)).rejects.toMatchObject({
      code: "PORT_NOT_I2C",
      message: expect.stringContaining("ENOTTY"),
    });
  });

  it.each([
    ["ENOENT", [], "PORT_MISSING", "sudo modprobe i2c-dev"],
    ["ENODEV", ["/dev/i2c-0", "/dev/i2c-1"], "PORT_MISSING", "/dev/i2c-0, /dev/i2c-1"],
    ["EACCES", [], "PORT_DENIED", "sudo usermod -aG i2c $USER"],
    ["EPERM", [], "PORT_DENIED", "udev rule"],
    ["EBUSY", [], "PORT_OPEN_FAILED", "dmesg"],
  ])("that fails with %s (there: %j) is %s, with the line that mends it", (code, buses, expected, mending) => {
    const cause = Object.assign(new Error(code), { code });
    expect(i2cOpenFailure("/dev/i2c-7", cause, buses)).toMatchObject({ code: expected, hint: expect.stringContaining(mending), cause });
  });
});

describe("a transfer", () => {
  /** A bus of the kernel's answers, in order; an errno for a failure. */
  function busAnswering(answers: (number | readonly number[])[]) {
    const calls: string[] = [];
    let underWay = 0;
    const fake: I2cAddon = {
      i2cFunctions: () => 1,
      i2cTransfer: async (_, address, write, readLength) => {
        expect(++underWay).toBe(1);
        calls.push(`${address.toString(16)} ${Buffer.from(write).toString("hex")} ${readLength}`);
        await new Promise((resolve) => setImmediate(resolve));
        underWay--;
        const answer = answers.shift() ?? 6;
        if (typeof answer === "number") throw kernelError(answer);
        return Uint8Array.from(answer);
      },
    };
    const noting = clockNoting();
    return { bus: new LinuxI2c("/dev/i2c-0", openSync("/dev/null", "r"), fake, noting.clock), calls, slept: noting.slept };
  }

  it("is a write, a read, or both with a repeated start", async () => {
    const { bus, calls } = busAnswering([[], [7], [8, 9]]);
    await bus.write(0x55, Uint8Array.of(0xaa));
    expect(await bus.read(0x55, 1)).toEqual(Uint8Array.of(7));
    expect(await bus.writeRead(0x4c, Uint8Array.of(0xfe), 2)).toEqual(Uint8Array.of(8, 9));
    expect(calls).toEqual(["55 aa 0", "55  1", "4c fe 2"]);
    await bus.close();
  });

  it("waits for the one before it", async () => {
    const { bus, calls } = busAnswering([[], [], []]);
    await Promise.all([1, 2, 3].map((byte) => bus.write(0x55, Uint8Array.of(byte))));
    expect(calls).toEqual(["55 01 0", "55 02 0", "55 03 0"]);
    await bus.close();
  });

  it("that nobody acknowledges is tried three times, and a scan goes on to the next address", async () => {
    const { bus, calls, slept } = busAnswering([6, 121, 5, [0]]);
    expect(await scan(bus, [0x24, 0x48])).toEqual([0x48]);
    expect(calls).toHaveLength(4);
    expect(slept).toEqual([10, 10]);
    await bus.close();
  });

  it("on a bus that fails is not repeated", async () => {
    const { bus, calls } = busAnswering([110, []]);
    await expect(bus.write(0x55, Uint8Array.of(0xaa))).rejects.toMatchObject({
      code: "I2C_BUS",
      context: { errno: "ETIMEDOUT", address: 0x55 },
    });
    expect(calls).toHaveLength(1);
    await bus.close();
  });

  it("after close is LINK_LOST, and the one under way is finished first", async () => {
    const { bus } = busAnswering([[5]]);
    const underWay = bus.read(0x55, 1);
    await Promise.all([bus.close(), bus.close()]);
    expect(await underWay).toEqual(Uint8Array.of(5));
    await expect(bus.read(0x55, 1)).rejects.toMatchObject({ code: "LINK_LOST" });
  });

  it("with what no kernel takes is a mistake of the caller", async () => {
    const bus = new LinuxI2c("/dev/i2c-0", openSync("/dev/null", "r"), addon, clockNoting().clock);
    await expect(bus.read(0x80, 1)).rejects.toThrow(RangeError);
    await expect(bus.read(0x10, 0)).rejects.toThrow(RangeError);
    await bus.close();
  });
});

describe("what an errno means", () => {
  it.each([
    [6, "I2C_NAK"],
    [121, "I2C_NAK"],
    [5, "I2C_NAK"],
    [11, "I2C_BUS"],
    [110, "I2C_BUS"],
    [16, "I2C_BUS"],
    [71, "I2C_BUS"],
    [1234, "I2C_BUS"],
    [19, "LINK_LOST"],
  ])("%i is %s", (errno, code) => {
    expect(i2cFault("/dev/i2c-0", 0x55, errno)).toMatchObject({ code, message: expect.stringContaining("/dev/i2c-0") });
  });

  it("has a name, or says its number", () => {
    expect([errnoName(110), errnoName(1234)]).toEqual(["ETIMEDOUT", "errno 1234"]);
  });
});
