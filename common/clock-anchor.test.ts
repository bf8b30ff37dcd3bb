import fc from "fast-check";
import { expect, test } from "vitest";
import type { Clock, ClockAnchor } from "./clock.ts";
import { anchorChange, anchorOf } from "./clock-anchor.ts";

const anchor = (monotonicNs: number, wallNs: number, errorNs = 0): ClockAnchor => ({
  monotonicNs: BigInt(monotonicNs),
  wallNs: BigInt(wallNs),
  errorNs,
});

test("an anchor of any clock holds the true time within its error", () => {
  fc.assert(
    fc.property(fc.nat(1_000_000_000), fc.nat(5_000_000), fc.nat(5_000_000), (startNs, toWallNs, toEndNs) => {
      const reads = [startNs, startNs + toWallNs + toEndNs];
      const clock: Clock = {
        nowNs: () => BigInt(reads.shift() as number),
        // The wall clock is the monotonic one, in whole milliseconds.
        wallMs: () => Math.floor((startNs + toWallNs) / 1e6),
        sleep: () => Promise.reject(new Error("nobody waits")),
      };
      const { monotonicNs, wallNs, errorNs } = anchorOf(clock);
      expect(Math.abs(Number(wallNs - monotonicNs))).toBeLessThanOrEqual(errorNs + 1);
    }),
  );
});

test("drift shows, and is no step", () => {
  const change = anchorChange(anchor(0, 0, 100), anchor(60e9, 60e9 + 3e6, 200));
  expect(change).toEqual({ gainedNs: 3e6, errorNs: 300, driftPpm: 50, stepped: false });
});

test.each([80e6, -80e6])("a wall clock that was set by %d ns in a minute stepped", (stepNs) => {
  expect(anchorChange(anchor(0, 1e12), anchor(60e9, 1e12 + 60e9 + stepNs)).stepped).toBe(true);
});

test("what the anchors' own errors explain is no step", () => {
  expect(anchorChange(anchor(0, 0, 1e6), anchor(1000, 1e6, 1e6)).stepped).toBe(false);
});

test("two anchors at one moment tell no drift", () => {
  expect(anchorChange(anchor(5, 5), anchor(5, 5)).driftPpm).toBeNull();
});
