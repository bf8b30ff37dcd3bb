import { describe, expect, it } from "vitest";
import { backoffMs } from "./backoff.ts";
import { freshness, noteReadings, STALE_AFTER_MS } from "./freshness.ts";

describe("freshness", () => {
  it("readings older than five seconds are stale although the connection lives", () => {
    expect(freshness("connected", 10_000, 10_000 - STALE_AFTER_MS - 1, 10_000)).toMatchObject({ pageStale: false, readingsStale: true });
    expect(freshness("connected", 10_000, 10_000 - STALE_AFTER_MS, 10_000).readingsStale).toBe(false);
  });

  it("everything is stale without a connection, however recent", () => {
    for (const connection of ["connecting", "waiting", "reload"] as const) {
      expect(freshness(connection, 10_000, 10_000, 10_001), connection).toMatchObject({ pageStale: true, readingsStale: true });
    }
  });

  it("readings that never came have no age and cannot be stale", () => {
    expect(freshness("connected", 5, null, 100_000)).toMatchObject({ readingsAgeMs: null, readingsStale: false });
  });

  it("old readings in a first snapshot stay old, and a daemon clock ahead of ours does not make them younger than now", () => {
    expect(noteReadings(null, 1000, true, 61_000)?.atMs).toBe(1000);
    expect(noteReadings(null, 99_000, true, 61_000)?.atMs).toBe(61_000);
  });

  it("readings that come live are as young as their arrival, whatever the daemon's clock says", () => {
    expect(noteReadings({ wallMs: 1000, atMs: 50_000 }, 2000, false, 51_000)?.atMs).toBe(51_000);
  });

  it("a snapshot that repeats the readings does not renew them, nor does a reconnect", () => {
    const before = { wallMs: 1000, atMs: 50_000 };
    expect(noteReadings(before, 1000, false, 60_000)).toBe(before);
    expect(noteReadings(before, 1000, true, 60_000)).toBe(before);
    expect(noteReadings(before, null, true, 60_000)).toBeNull();
  });
});

describe("reconnect pause", () => {
  it("grows to a bound and is spread by a fifth either way", () => {
    const pauses = Array.from({ length: 12 }, (_, attempt) => backoffMs(attempt, 0.5));
    expect(pauses).toEqual([...pauses].sort((a, b) => a - b));
    expect(pauses[0]).toBeLessThan(500);
    expect(backoffMs(1000, 0.5)).toBe(8000);
    expect(backoffMs(1000, 0)).toBe(6400);
    expect(backoffMs(1000, 0.999)).toBeLessThanOrEqual(9600);
  });
});
