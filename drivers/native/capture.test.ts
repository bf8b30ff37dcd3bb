import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { Worker } from "node:worker_threads";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { fromHex } from "../../common/bytes.ts";
import { DriverError } from "../../common/errors.ts";
import { FRAME_STRIDE, type FrameBatch, type ResponseLength } from "../transport/chip-link.ts";
import { type Capture, type CaptureEnd, monotonicRawNs, startCapture } from "./index.ts";
import { blockUntil, captureThreads, Pty } from "./pty.test-support.ts";

const BAUD = 1_000_000;
const BYTE_NS = 10_000n;
// specs/bm1366.md 1.8: a nonce and the chip id, in both lengths.
const NONCE = bytes("aa55083928a9032b000396");
const CHIP_ID_11 = bytes("aa55136600000000000005");
const CHIP_ID_9 = bytes("aa551366000000000c");

const ADDON = createRequire(import.meta.url).resolve("#native/drivers");

function bytes(hex: string): Uint8Array {
  return fromHex(hex) as Uint8Array;
}

interface Received {
  tNs: bigint;
  sigmaNs: number;
  frame: Uint8Array;
}

function framesOf(batch: FrameBatch): Received[] {
  return Array.from({ length: batch.count }, (_, i) => {
    const at = i * FRAME_STRIDE;
    const length = batch.bytes[at] as number;
    return {
      tNs: batch.tNs[i] as bigint,
      sigmaNs: batch.sigmaNs[i] as number,
      frame: batch.bytes.slice(at + 1, at + 1 + length),
    };
  });
}

let pty: Pty;
let capture: Capture;
let received: Received[];
let ends: CaptureEnd[];

function listen(responseLength: ResponseLength = 11): void {
  received = [];
  ends = [];
  capture = startCapture(pty.fd, {
    baud: BAUD,
    responseLength,
    onFrames: (batch) => received.push(...framesOf(batch)),
    onEnd: (end) => ends.push(end),
  });
}

const receivedAtLeast = (count: number) => vi.waitFor(() => expect(received.length).toBeGreaterThanOrEqual(count), 60_000);

beforeEach(async () => {
  pty = await Pty.open();
  listen();
});

afterEach(async () => {
  capture.stop();
  await pty.close();
});

test("frames arrive with times that do not decrease and lie where they were sent", async () => {
  const sent = await pty.send(
    Array.from({ length: 20 }, () => NONCE),
    3,
  );
  await receivedAtLeast(20);
  expect(received).toHaveLength(20);
  for (const [i, { tNs, sigmaNs, frame }] of received.entries()) {
    expect(frame).toEqual(NONCE);
    expect(tNs).toBeGreaterThanOrEqual((sent[0]?.beforeNs as bigint) - 10n * BYTE_NS);
    expect(tNs).toBeGreaterThanOrEqual(received[i - 1]?.tNs ?? 0n);
    expect(tNs).toBeLessThanOrEqual(monotonicRawNs());
    expect(sigmaNs).toBeGreaterThanOrEqual(50_000);
  }
});

test("a frame cut into single bytes is one frame, stamped by its first byte", async () => {
  const sent = await pty.send(
    Array.from(NONCE, (byte) => Uint8Array.of(byte)),
    30,
  );
  await receivedAtLeast(1);
  expect(received.map(({ frame }) => frame)).toEqual([NONCE]);
  expect(received[0]?.tNs).toBeGreaterThanOrEqual(sent[0]?.beforeNs as bigint);
  expect(received[0]?.tNs).toBeLessThan(sent[10]?.beforeNs as bigint);
});

test("noise is skipped and counted, and a frame with a wrong checksum is not delivered", async () => {
  const damaged = NONCE.slice();
  damaged[4] = 0x29;
  await pty.send([bytes("00aaff55"), NONCE, damaged, CHIP_ID_11]);
  await receivedAtLeast(2);
  expect(received.map(({ frame }) => frame)).toEqual([NONCE, CHIP_ID_11]);
  expect(capture.counters()).toEqual({ bytesRead: 37, frames: 2, discardedBytes: 15, overruns: 0 });
});

test("the last short frame of a burst comes although eleven bytes were awaited", async () => {
  capture.setResponseLength("either");
  await pty.send([CHIP_ID_9, CHIP_ID_11, CHIP_ID_9]);
  await receivedAtLeast(3);
  expect(received.map(({ frame }) => frame.length)).toEqual([9, 11, 9]);
});

test("frames without a preamble come singly and in bursts, and a damaged one does not take the next along", async () => {
  capture.setResponseLength(7);
  const reply = bytes("138790f400001c");
  const nonce = bytes("7203ea83003997");
  const damaged = bytes("7203ea830039");
  await pty.send([reply, bytes("138790f400001c7203ea83003997"), damaged, nonce], 40);
  await receivedAtLeast(4);
  expect(received.map(({ frame }) => frame)).toEqual([reply, reply, nonce, nonce]);
  expect(capture.counters().discardedBytes).toBe(6);
});

test("a blocked JavaScript thread loses no frame and delays no time-stamp", async () => {
  const frames = 20;
  const sending = pty.send(
    Array.from({ length: frames }, () => NONCE),
    10,
  );
  const blockedNs = 1_000_000_000n;
  const blockStart = monotonicRawNs();
  blockUntil(() => monotonicRawNs() > blockStart + blockedNs);
  const sent = await sending;
  await receivedAtLeast(frames);
  expect(received).toHaveLength(frames);
  // Without this the block proved nothing.
  expect(sent[0]?.afterNs as bigint).toBeLessThan(blockStart + blockedNs / 2n);
  for (const [i, { beforeNs, afterNs }] of sent.entries()) {
    const tNs = received[i]?.tNs as bigint;
    expect(tNs).toBeGreaterThan(beforeNs - BigInt(frames * NONCE.length) * BYTE_NS);
    expect(tNs).toBeLessThan(afterNs + blockedNs / 2n);
  }
});

test("a hang-up is reported once, and the capture has then stopped", async () => {
  await pty.send([NONCE]);
  await receivedAtLeast(1);
  await pty.hangUp();
  await vi.waitFor(() => expect(ends).toHaveLength(1), 60_000);
  expect(ends[0]?.code).toMatch(/^(END_OF_STREAM|HUNG_UP|EIO)$/);
  expect(captureThreads()).toBe(0);
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(ends).toHaveLength(1);
});

test("stop ends the thread, may be repeated, and nothing is reported after it", async () => {
  expect(captureThreads()).toBe(1);
  capture.stop();
  capture.stop();
  expect(captureThreads()).toBe(0);
  await pty.send([NONCE]);
  await pty.hangUp();
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(received).toEqual([]);
  expect(ends).toEqual([]);
  expect(capture.counters().bytesRead).toBe(0);
});

test.each([
  { stops: false, expected: ["frames", "END"] },
  { stops: true, expected: ["frames"] },
])("frames come before the end that came with them, and stop() in between suppresses it (stop: $stops)", async ({ stops, expected }) => {
  capture.stop();
  const reports: string[] = [];
  capture = startCapture(pty.fd, {
    baud: BAUD,
    responseLength: 11,
    onFrames: () => {
      reports.push("frames");
      if (stops) capture.stop();
    },
    onEnd: () => reports.push("END"),
  });
  // The far end may be cut before it answers.
  const sending = pty.send([NONCE]).catch(() => []);
  blockUntil(() => capture.counters().bytesRead === NONCE.length);
  pty.cut();
  blockUntil(() => captureThreads() === 0);
  await sending;
  await vi.waitFor(() => expect(reports).toContain("frames"), 60_000);
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(reports).toEqual(expected);
});

test("a second capture takes over where the first one stopped", async () => {
  capture.stop();
  listen(9);
  await pty.send([CHIP_ID_9]);
  await receivedAtLeast(1);
  expect(received[0]?.frame).toEqual(CHIP_ID_9);
});

test("a port, a rate or a length that cannot be is refused with its reason", () => {
  const options = { baud: BAUD, responseLength: 11 as ResponseLength, onFrames: () => {}, onEnd: () => {} };
  const code = (run: () => unknown) => {
    try {
      run();
    } catch (error) {
      if (error instanceof DriverError) return error.code;
      throw error;
    }
    return "accepted";
  };
  for (const fd of [-1, 1_000_000, 1.5, 2 ** 40, Number.NaN]) expect(code(() => startCapture(fd, options))).toBe("CAPTURE_REFUSED");
  for (const baud of [0, -1, 0.5, Number.NaN, 2 ** 33]) {
    expect(code(() => startCapture(pty.fd, { ...options, baud }))).toBe("BAD_BAUD");
    expect(code(() => capture.setBaud(baud))).toBe("BAD_BAUD");
  }
  expect(code(() => capture.setResponseLength(10 as ResponseLength))).toBe("BAD_RESPONSE_LENGTH");
  expect(captureThreads()).toBe(1);
});

test("what a listener throws is an uncaught exception, not lost, and the end is still reported", async () => {
  capture.stop();
  const uncaught: unknown[] = [];
  const others = process.listeners("uncaughtException");
  process.removeAllListeners("uncaughtException").on("uncaughtException", (error) => uncaught.push(error));
  try {
    const mistake = new Error("a listener's mistake");
    capture = startCapture(pty.fd, {
      baud: BAUD,
      responseLength: 11,
      onFrames: () => {
        throw mistake;
      },
      onEnd: (end) => ends.push(end),
    });
    await pty.send([NONCE]);
    await vi.waitFor(() => expect(uncaught).toEqual([mistake]), 60_000);
    await pty.hangUp();
    await vi.waitFor(() => expect(ends).toHaveLength(1), 60_000);
  } finally {
    process.removeAllListeners("uncaughtException");
    for (const listener of others) process.on("uncaughtException", listener);
  }
});

test("workers that are terminated while frames pour in take their capture threads along", async () => {
  capture.stop();
  for (let round = 0; round < 8; round++) {
    const worker = new Worker(
      `const { workerData, parentPort } = require("node:worker_threads");
       const { Capture } = require(workerData.addon);
       const capture = new Capture(workerData.fd, 1000000, 11, () => capture.take());
       parentPort.postMessage("started");`,
      { eval: true, workerData: { addon: ADDON, fd: pty.fd } },
    );
    await once(worker, "message");
    expect(captureThreads()).toBe(1);
    const sending = pty.send(
      Array.from({ length: 100 }, () => NONCE),
      0.05,
    );
    await new Promise((resolve) => setTimeout(resolve, round));
    await worker.terminate();
    expect(captureThreads()).toBe(0);
    await sending;
  }
});

test("a process that exits or collects garbage with captures about does not crash", () => {
  const program = `
    const { Capture } = require(${JSON.stringify(ADDON)});
    for (let i = 0; i < 50; i++) {
      const capture = new Capture(3, 1000000, 11, () => capture.take());
      if (i > 0) capture.stop();
      try { new Capture(-1, 1000000, 11, () => {}); } catch {}
    }
    global.gc();
    setImmediate(() => { global.gc(); process.exit(0); });`;
  const result = spawnSync(process.execPath, ["--expose-gc", "-e", program], {
    stdio: ["ignore", "pipe", "pipe", pty.fd],
    encoding: "utf8",
  });
  expect(result.stderr).toBe("");
  expect(result.status).toBe(0);
});
