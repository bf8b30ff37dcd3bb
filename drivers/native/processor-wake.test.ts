import { accessSync, constants, readdirSync, readlinkSync } from "node:fs";
import { expect, test } from "vitest";
import { startCapture } from "./index.ts";
import { keepProcessorsAwake } from "./processor-wake.ts";
import { Pty } from "./pty.test-support.ts";

const REQUEST = "/dev/cpu_dma_latency";

function writable(): boolean {
  try {
    accessSync(REQUEST, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** How many descriptors of this process are requests. */
const requests = () =>
  readdirSync("/proc/self/fd").filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`) === REQUEST;
    } catch {
      return false;
    }
  }).length;

test.skipIf(!writable())("captures share one request, which lasts until the last of them has stopped", async () => {
  const [one, other] = [await Pty.open(), await Pty.open()];
  const capture = ({ fd }: Pty) => startCapture(fd, { baud: 1_000_000, responseLength: 11, onFrames: () => {}, onEnd: () => {} });
  const [first, second] = [capture(one), capture(other)];
  expect(requests()).toBe(1);
  first.stop();
  expect(requests()).toBe(1);
  second.stop();
  expect(requests()).toBe(0);
  await Promise.all([one.close(), other.close()]);
});

test("a program without a port asks and lets go, or is told why not", () => {
  for (let round = 0; round < 2; round++) {
    const { refusal, release } = keepProcessorsAwake();
    if (writable()) expect(refusal).toBeNull();
    else expect(refusal).toMatch(/^E[A-Z]+$/);
    expect(requests()).toBe(refusal === null ? 1 : 0);
    release();
    expect(requests()).toBe(0);
  }
});
