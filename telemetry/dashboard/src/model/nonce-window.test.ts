import { describe, expect, it } from "vitest";
import { allocateNonces, STATUS } from "../../../../common/nonce-batch.ts";
import { decodeNonceFrame, encodeNonceFrame } from "../../../nonce-frame.ts";
import { DeviceClock } from "./device-clock.ts";
import { NonceWindow } from "./nonce-window.ts";

/** A frame as it comes over the wire, with nonces at these device times (ms). */
function frame(timesMs: number[], number = 0) {
  const batch = allocateNonces(timesMs.length);
  for (const [i, tMs] of timesMs.entries()) {
    batch.tNs[i] = BigInt(Math.round(tMs * 1e6));
    batch.chip[i] = 62 - i;
    batch.core[i] = i;
    batch.status[i] = i === 1 ? STATUS.invalid : STATUS.valid;
    batch.difficultyLog2[i] = 8 + i;
    batch.residualNs[i] = i === 1 ? Number.NaN : 2.5e6;
  }
  const decoded = decodeNonceFrame(encodeNonceFrame(batch, { origin: "twin", batch: number, runId: null }));
  if (decoded === null) throw new Error("frame does not decode");
  return decoded;
}

describe("nonce window", () => {
  it("puts the newest nonce of a frame at its arrival and keeps the distances of the others", () => {
    const window = new NonceWindow();
    window.add(frame([5_000_000, 5_000_040, 5_000_100]), 8, 777);
    expect([0, 1, 2].map((i) => window.timeMs(i))).toEqual([677, 717, 777]);
    expect([0, 1, 2].map((i) => window.shade(i))).toEqual([0, 1, 2]);
    expect([0, 1, 2].map((i) => [window.chip(i), window.core(i)])).toEqual([
      [62, 0],
      [61, 1],
      [60, 2],
    ]);
    expect(window.residualMs(0)).toBeCloseTo(2.5);
    expect(window.residualMs(1)).toBeNaN();
  });

  it("samples only residuals that exist", () => {
    const window = new NonceWindow();
    window.add(frame([0, 500, 1000]), 8, 1000);
    expect(window.residualSample(1000, 100)).toHaveLength(2);
    expect(window.firstSince(400)).toBe(1);
  });

  it("begins to count anew when cleared, and says so", () => {
    const window = new NonceWindow();
    window.add(frame([0, 500]), 8, 1000);
    const before = window.epoch;
    window.clear();
    expect([window.first, window.end]).toEqual([0, 0]);
    expect(window.epoch).not.toBe(before);
  });

  it("knows since when it has seen nonces, and since when all of them", () => {
    const window = new NonceWindow();
    expect([window.watchedMs(9000), window.unbrokenMs(9000)]).toEqual([0, 0]);
    window.watch(1000);
    window.watch(1500);
    window.add(frame([0], 1), 8, 1000);
    window.add(frame([10], 2), 8, 2000);
    expect([window.watchedMs(9000), window.unbrokenMs(9000)]).toEqual([8000, 8000]);
    window.add(frame([20], 4), 8, 4000);
    expect([window.watchedMs(9000), window.unbrokenMs(9000)]).toEqual([8000, 5000]);
    window.newConnection();
    expect([window.watchedMs(9000), window.unbrokenMs(9000)]).toEqual([8000, 0]);
    expect(window.watchedMs(500_000)).toBe(60_000);
    window.clear();
    expect(window.watchedMs(9000)).toBe(0);
  });

  it("an empty frame changes nothing", () => {
    const window = new NonceWindow();
    window.add(frame([]), 8, 10);
    expect([window.first, window.end]).toEqual([0, 0]);
  });

  it("a daemon on a rebooted host starts a new zero of time after reconnecting", () => {
    const window = new NonceWindow();
    window.add(frame([900_000_000]), 8, 1000);
    window.newConnection();
    window.add(frame([50]), 8, 3000);
    expect([window.timeMs(0), window.timeMs(1)]).toEqual([1000, 3000]);
  });
});

describe("device clock", () => {
  it("trusts the quickest frame: one that was held up does not shift the others", () => {
    const clock = new DeviceClock();
    clock.observe(1000, 1005);
    clock.observe(2000, 2400);
    expect(clock.toPageMs(2000)).toBeLessThan(2006);
  });

  it("follows a device clock that runs 100 ppm slow", () => {
    const clock = new DeviceClock();
    for (let pageMs = 0; pageMs < 3_600_000; pageMs += 1000) clock.observe(pageMs * (1 - 100e-6), pageMs);
    expect(Math.abs(clock.toPageMs(3_600_000 * (1 - 100e-6)) - 3_600_000)).toBeLessThan(1);
  });

  it("knows nothing before the first frame", () => {
    expect(new DeviceClock().toPageMs(5)).toBeNaN();
  });

  it("gives valid nonces by the device's own clock, none from before a lost frame or another connection", () => {
    const window = new NonceWindow();
    window.add(frame([5000, 5010, 5030], 6), 8, 1000);
    window.add(frame([5100, 5110, 5160], 7), 8, 1180);
    expect([...window.validSince(1180).timesMs]).toEqual([5000, 5030, 5100, 5160]);
    window.add(frame([5300, 5310, 5360], 9), 8, 1400);
    expect([...window.validSince(1400).timesMs]).toEqual([5300, 5360]);
    window.newConnection();
    window.add(frame([20, 30, 70], 2), 8, 1600);
    const { timesMs, residualMs } = window.validSince(1600);
    expect([...timesMs]).toEqual([20, 70]);
    expect([...residualMs]).toEqual([2.5, 2.5]);
  });
});
