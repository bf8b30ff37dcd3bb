import { spawnSync } from "node:child_process";
import { closeSync, constants, existsSync, mkdtempSync, openSync, readlinkSync, readSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { startTwin, type Twin, type TwinOptions } from "./index.ts";
import { jobFrame, read, write } from "./virtual-host.ts";

const CHIP_ID = "aa55136600000000000005";
const NON_BLOCKING = constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK;
const running: Twin[] = [];
const open: number[] = [];

async function start(options: TwinOptions = {}): Promise<Twin> {
  const twin = await startTwin(options);
  running.push(twin);
  return twin;
}

function openPort(path: string): number {
  const fd = openSync(path, NON_BLOCKING);
  open.push(fd);
  return fd;
}

/** What can be read now; "gone" once the port has hung up. */
function readNow(fd: number): string {
  const buffer = Buffer.alloc(4096);
  try {
    const count = readSync(fd, buffer, 0, buffer.length, null);
    return count === 0 ? "gone" : buffer.toString("hex", 0, count);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EAGAIN" ? "" : "gone";
  }
}

async function readUntil(fd: number, done: (text: string) => boolean): Promise<string> {
  let text = "";
  for (let i = 0; i < 2000 && !done(text); i++) {
    text += readNow(fd);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  return text;
}

async function until(done: () => boolean): Promise<void> {
  for (let i = 0; i < 2000 && !done(); i++) await new Promise((resolve) => setTimeout(resolve, 2));
}

/** Reset released: the DS4432U board has its supply from the start. */
async function release(twin: Twin): Promise<void> {
  const control = openPort(twin.controlPath);
  writeSync(control, Uint8Array.of(7, 0, 1, 0, 6, 0, 1));
  expect(await readUntil(control, (text) => text.length >= 8)).toBe("01000101");
}

afterEach(async () => {
  for (const fd of open.splice(0)) closeSync(fd);
  for (const twin of running.splice(0)) await twin.stop();
});

describe("a twin behind pseudo-terminals", () => {
  it("answers a chip-id read on the data port", async () => {
    const twin = await start();
    await release(twin);
    const data = openPort(twin.dataPath);
    writeSync(data, write(0xa4, 0x9000_ffff));
    writeSync(data, read(0));
    expect(await readUntil(data, (text) => text.length >= 22)).toBe(CHIP_ID);
    expect(twin.status().framesReceived).toBe(2);
    expect(twin.workScale).toBe(20);
  });

  it("lets a client close and open again without losing the chip's state, and without old bytes", async () => {
    const twin = await start();
    await release(twin);
    const first = openSync(twin.dataPath, NON_BLOCKING);
    writeSync(first, write(0xa4, 0x9000_ffff));
    writeSync(first, read(0x08));
    await until(() => twin.status().framesReceived === 2);
    await new Promise((resolve) => setTimeout(resolve, 20));
    closeSync(first);
    await until(() => twin.status().clients.data === 0);
    const second = openPort(twin.dataPath);
    writeSync(second, read(0));
    expect(await readUntil(second, (text) => text.length >= 22)).toBe(CHIP_ID);
  });

  it("sees the client's line rate: at a wrong one nothing is understood", async () => {
    const twin = await start();
    await release(twin);
    const data = openPort(twin.dataPath);
    expect(spawnSync("stty", ["-F", twin.dataPath, "1000000"]).status).toBe(0);
    for (let i = 0; i < 10; i++) writeSync(data, read(0));
    await until(() => twin.status().bytesGarbled >= 70);
    expect(twin.status().bytesGarbled).toBe(70);
    expect(twin.status().framesReceived).toBe(0);
    expect(spawnSync("stty", ["-F", twin.dataPath, "115200"]).status).toBe(0);
    writeSync(data, write(0xa4, 0x9000_ffff));
    writeSync(data, read(0));
    expect(await readUntil(data, (text) => text.includes(CHIP_ID))).toContain(CHIP_ID);
  });

  it("finds nonces in real time", async () => {
    const twin = await start({ workScale: 22 });
    await release(twin);
    const data = openPort(twin.dataPath);
    writeSync(data, write(0xa4, 0x9000_ffff));
    writeSync(data, write(0x08, 0x40a0_0240));
    writeSync(data, write(0x10, 0x10_0000));
    const hash = new Uint8Array(32).fill(9);
    writeSync(data, jobFrame({ id: 8, version: 0x2000_0000, prevHash: hash, merkleRoot: hash, ntime: 1, nbits: 2 }));
    const text = await readUntil(data, (seen) => seen.length >= 22 * 5);
    for (let at = 0; at + 22 <= text.length; at += 22) expect(text.slice(at, at + 4)).toBe("aa55");
    expect(twin.status().noncesSent).toBeGreaterThanOrEqual(5);
    expect(twin.status().frequencyMhz).toBe(400);
  });

  it.each(["205", "207"] as const)(
    "powered: a %s answers on the data port of a client that knows nothing of the bridge",
    async (variant) => {
      const twin = await start({ powered: true, variant });
      await until(() => twin.status().coreVoltageMv > 1150);
      const data = openPort(twin.dataPath);
      writeSync(data, read(0));
      expect(await readUntil(data, (text) => text.length >= 18)).toBe("aa551366000000000c");
      expect(twin.status().coreVoltageMv).toBeLessThan(1250);
      expect(twin.status().bridgeRequests).toBe(0);
    },
  );

  it("makes links in the folder asked for, and takes them away", async () => {
    const folder = mkdtempSync(join(tmpdir(), "twin-"));
    try {
      const twin = await start({ linkDir: join(folder, "ports") });
      expect(twin.dataPath).toBe(join(folder, "ports", "data"));
      expect(readlinkSync(twin.controlPath)).toMatch(/^\/dev\/pts\//);
      await twin.stop();
      expect(existsSync(twin.dataPath)).toBe(false);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("link-cut: both ports hang up when told", async () => {
    const twin = await start();
    const control = openPort(twin.controlPath);
    const data = openPort(twin.dataPath);
    expect([readNow(control), readNow(data)]).toEqual(["", ""]);
    twin.setFault({ name: "link-cut" });
    expect(await readUntil(data, (text) => text === "gone")).toBe("gone");
    expect(await readUntil(control, (text) => text === "gone")).toBe("gone");
  });

  /** Opens the data port behind a link as soon as there is one, and waits until a question there is answered. */
  async function answerBehind(path: string, question: Uint8Array, done: (text: string) => boolean): Promise<string> {
    await until(() => existsSync(path));
    const data = openPort(path);
    writeSync(data, question);
    return readUntil(data, done);
  }

  it("link-cut: when it ends, new ports are behind the same links, and the chips have kept their state", async () => {
    const folder = mkdtempSync(join(tmpdir(), "twin-"));
    try {
      const twin = await start({ linkDir: folder });
      await release(twin);
      const before = readlinkSync(twin.dataPath);
      const data = openPort(twin.dataPath);
      writeSync(data, write(0xa4, 0x9000_ffff));
      await until(() => twin.status().framesReceived === 1);
      twin.setFault({ name: "link-cut" });
      expect(await readUntil(data, (text) => text === "gone")).toBe("gone");
      expect(existsSync(twin.dataPath)).toBe(false);
      expect(twin.status().clients).toEqual({ control: null, data: null });
      twin.clearFault("link-cut");
      expect(await answerBehind(twin.dataPath, read(0), (text) => text.length >= 22)).toBe(CHIP_ID);
      expect(readlinkSync(twin.dataPath)).toMatch(/^\/dev\/pts\//);
      expect(before).toMatch(/^\/dev\/pts\//);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("reconnect: new ports after so long, and a board fresh from power-up", async () => {
    const folder = mkdtempSync(join(tmpdir(), "twin-"));
    try {
      const twin = await start({ linkDir: folder });
      await release(twin);
      const data = openPort(twin.dataPath);
      twin.setFault({ name: "reconnect", value: 50 });
      expect(await readUntil(data, (text) => text === "gone")).toBe("gone");
      await until(() => existsSync(twin.controlPath));
      expect(twin.status().coreVoltageMv).toBeLessThan(1000);
      await release(twin);
      expect(await answerBehind(twin.dataPath, read(0), (text) => text.length >= 18)).toBe("aa551366000000000c");
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("reconnect-other: an S9's bridge is behind the link, and the own board again when it ends", async () => {
    const folder = mkdtempSync(join(tmpdir(), "twin-"));
    // A byte to the PIC at 55, which no Bitaxe has: 01 where it is acknowledged, else error 10.
    const toPic = Uint8Array.of(8, 0, 1, 0, 0x05, 0x20, 0x55, 0x55);
    try {
      const twin = await start({ linkDir: folder });
      expect(await answerBehind(twin.controlPath, toPic, (text) => text.length >= 8)).toBe("04000110");
      twin.setFault({ name: "reconnect-other", value: 20 });
      await until(() => !existsSync(twin.controlPath));
      expect(await answerBehind(twin.controlPath, toPic, (text) => text.length >= 8)).toBe("01000101");
      twin.clearFault("reconnect-other");
      await until(() => !existsSync(twin.controlPath));
      expect(await answerBehind(twin.controlPath, toPic, (text) => text.length >= 8)).toBe("04000110");
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("refuses faults of the host, and of the other board", async () => {
    const twin = await start();
    expect(() => twin.setFault({ name: "disk-full" })).toThrow(expect.objectContaining({ code: "FAULT_OF_SIMULATION" }));
    expect(() => twin.setFault({ name: "pic-silent" })).toThrow(expect.objectContaining({ code: "FAULT_NOT_ON_BOARD" }));
  });

  it("refuses options it cannot be", async () => {
    await expect(start({ chips: 0 })).rejects.toMatchObject({ code: "OPTION_OUT_OF_RANGE" });
    await expect(start({ workScale: 2.5 })).rejects.toMatchObject({ code: "OPTION_OUT_OF_RANGE" });
    await expect(start({ faults: [{ name: "gremlins" as "chip-dead" }] })).rejects.toMatchObject({ code: "FAULT_UNKNOWN" });
  });
});
