import { spawnSync } from "node:child_process";
import { closeSync, constants, existsSync, mkdtempSync, openSync, readlinkSync, readSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { type S9Twin, type S9TwinOptions, startS9Twin } from "./index.ts";
import { headerJob, zeroBits } from "./s9-header-jobs.ts";
import { chainInactive, jobFrame, read, setAddress, write } from "./s9-virtual-host.ts";

const NON_BLOCKING = constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK;
const running: S9Twin[] = [];
const open: number[] = [];

async function start(options: S9TwinOptions = {}): Promise<S9Twin> {
  const twin = await startS9Twin(options);
  running.push(twin);
  return twin;
}

function openPort(path: string): number {
  const fd = openSync(path, NON_BLOCKING);
  open.push(fd);
  return fd;
}

function readNow(fd: number): Buffer {
  const buffer = Buffer.alloc(8192);
  try {
    return buffer.subarray(0, readSync(fd, buffer, 0, buffer.length, null));
  } catch {
    return buffer.subarray(0, 0);
  }
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function readBytes(fd: number, count: number): Promise<Buffer> {
  let got = Buffer.alloc(0);
  for (let i = 0; i < 2000 && got.length < count; i++) {
    got = Buffer.concat([got, readNow(fd)]);
    if (got.length < count) await pause(2);
  }
  return got;
}

/** A bridge request; the answer has three bytes and so much data. */
async function request(control: number, page: number, command: number, data: number[], answer: number): Promise<Buffer> {
  writeSync(control, Uint8Array.of(6 + data.length, 0, 1, 0, page, command, ...data));
  return readBytes(control, 3 + answer);
}

async function powerUp(twin: S9Twin, address = 0x55): Promise<void> {
  const control = openPort(twin.controlPath);
  const pic = async (...bytes: number[]) => {
    for (const byte of [0x55, 0xaa, ...bytes]) await request(control, 0x05, 0x20, [address, byte], 1);
  };
  await pic(0x06);
  await pause(120);
  await pic(0x10, 0x06);
  await pic(0x15, 0x01);
  await request(control, 0x06, 0, [1], 1);
  for (let i = 0; i < 2000 && twin.status().stringVoltageV < 9.3; i++) await pause(2);
  expect(twin.status()).toMatchObject({ running: true, picInApplication: true });
}

afterEach(async () => {
  for (const fd of open.splice(0)) closeSync(fd);
  for (const twin of running.splice(0)) await twin.stop();
});

describe("an S9 twin behind pseudo-terminals", () => {
  it("is powered through the bridge and answers on the chips' own line, without a preamble", async () => {
    const twin = await start({ chips: 5, boardAddress: 0x56 });
    const data = openPort(twin.dataPath);
    writeSync(data, read(0));
    await pause(30);
    expect(readNow(data)).toHaveLength(0);
    await powerUp(twin, 0x56);
    writeSync(data, read(0));
    expect((await readBytes(data, 35)).toString("hex")).toBe("13879000000007".repeat(5));
    expect(twin.workScale).toBe(24);
  });

  it("mines in real time at the fast rate: every nonce hashes", async () => {
    const twin = await start({ workScale: 26 });
    await powerUp(twin);
    const data = openPort(twin.dataPath);
    for (let i = 0; i < 3; i++) writeSync(data, chainInactive());
    for (let chip = 0; chip < 63; chip++) writeSync(data, setAddress(chip * 4));
    writeSync(data, write(0x0c, 0x0068_0221));
    writeSync(data, write(0x1c, 0x0020_8180));
    for (let i = 0; i < 2000 && twin.status().framesReceived < 68; i++) await pause(2);
    expect(spawnSync("stty", ["-F", twin.dataPath, "1500000"]).status).toBe(0);
    for (let i = 0; i < 114; i++)
      writeSync(data, jobFrame({ id: 0, tail: new Uint8Array(12).fill(0xff), midstates: [new Uint8Array(32)] }));
    for (let i = 0; i < 2000 && twin.status().openCores < 63 * 114; i++) await pause(2);
    await pause(100);
    readNow(data);
    const job = headerJob(1, 4, 0x40);
    writeSync(data, jobFrame(job));
    const bytes = await readBytes(data, 7 * 20);
    const nonces = Array.from({ length: Math.floor(bytes.length / 7) }, (_, i) => bytes.subarray(7 * i, 7 * i + 7));
    const own = nonces.filter((frame) => ((frame[5] as number) & ~3) === 0x40);
    expect(own.length).toBeGreaterThan(10);
    for (const frame of own) expect(zeroBits(job, (frame[5] as number) & 3, frame.readUInt32BE(0))).toBeGreaterThanOrEqual(32 - 26);
    expect(twin.status()).toMatchObject({ frequencyMhz: 650, framesDropped: 0, chipsReachable: 63 });
  });

  it("takes faults while it runs", async () => {
    const twin = await start({ chips: 4 });
    await powerUp(twin);
    const data = openPort(twin.dataPath);
    twin.setFault({ name: "chip-dead", value: 2 });
    for (let i = 0; i < 2000 && twin.status().chipsReachable > 2; i++) await pause(2);
    writeSync(data, read(0));
    expect(await readBytes(data, 14)).toHaveLength(14);
    await pause(10);
    expect(readNow(data)).toHaveLength(0);
    twin.clearFault("chip-dead");
    for (let i = 0; i < 2000 && twin.status().chipsReachable < 4; i++) await pause(2);
    expect(twin.status().chipsReachable).toBe(4);
  });

  it("powered: answers on the data port of a client that knows nothing of bridge and PIC", async () => {
    const twin = await start({ chips: 3, powered: true });
    for (let i = 0; i < 2000 && twin.status().stringVoltageV < 9.3; i++) await pause(2);
    const data = openPort(twin.dataPath);
    writeSync(data, read(0));
    expect((await readBytes(data, 21)).toString("hex")).toBe("13879000000007".repeat(3));
    expect(twin.status()).toMatchObject({ bridgeRequests: 0, picInApplication: true });
  });

  it("makes links in the folder asked for, and takes them away", async () => {
    const folder = mkdtempSync(join(tmpdir(), "s9-"));
    try {
      const twin = await start({ chips: 1, linkDir: join(folder, "ports") });
      expect(twin.dataPath).toBe(join(folder, "ports", "data"));
      expect(readlinkSync(twin.controlPath)).toMatch(/^\/dev\/pts\//);
      await twin.stop();
      expect(existsSync(twin.dataPath)).toBe(false);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("refuses options it cannot be", async () => {
    await expect(start({ chips: 64 })).rejects.toMatchObject({ code: "OPTION_OUT_OF_RANGE" });
    await expect(start({ workScale: 15 })).rejects.toMatchObject({ code: "OPTION_OUT_OF_RANGE" });
    await expect(start({ boardAddress: 0x50 })).rejects.toMatchObject({ code: "OPTION_OUT_OF_RANGE" });
    await expect(start({ tailShare: 2 })).rejects.toMatchObject({ code: "OPTION_OUT_OF_RANGE" });
  });
});
