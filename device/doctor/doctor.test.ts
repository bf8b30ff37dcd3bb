import { describe, expect, it } from "vitest";
import { type Clock, hostClock } from "../../common/clock.ts";
import { examine } from "./doctor.ts";
import type { Probe, Subject } from "./facts.ts";
import { FINE, FINE_PORT } from "./fine-host.test-support.ts";

const SUBJECT: Subject = { origin: "hardware", ports: [], storeFolder: "/var/lib", commitIntervalMs: 1000, sizeBudgetMb: 8192 };

function probe(change: Partial<Probe> = {}): Probe {
  return {
    user: async () => FINE.user,
    ports: async () => [FINE_PORT],
    latency: async () => FINE.latency,
    clock: async () => FINE.clock,
    disk: async () => FINE.disk,
    software: async () => FINE.software,
    ...change,
  };
}

/** A hundred times as impatient. */
const HURRIED: Clock = { ...hostClock(), sleep: (ms, signal) => hostClock().sleep(ms / 100, signal) };

describe("the doctor", () => {
  it("finds nothing on a host where all is well", async () => {
    const rows = await examine(probe(), SUBJECT, hostClock());
    expect(rows.filter(({ status }) => status !== "ok")).toEqual([]);
    expect(new Set(rows.map(({ area }) => area)).size).toBe(7);
  });

  it.each(["user", "ports", "latency", "clock", "disk", "software"] as const)("goes on when the look at %s hangs", async (look) => {
    const rows = await examine(probe({ [look]: () => new Promise<never>(() => {}) }), SUBJECT, HURRIED);
    const silent = rows.filter(({ says }) => says.includes("did not answer within 5 s"));
    expect(silent).toHaveLength(1);
    expect(rows.length).toBeGreaterThan(10);
  });

  it("says so when a look fails, and goes on", async () => {
    const failing = async () => {
      throw new Error("no such thing");
    };
    const rows = await examine(probe({ disk: failing }), SUBJECT, hostClock());
    expect(rows.filter(({ status }) => status !== "ok")).toEqual([
      { area: "disk", status: "warning", says: "the look at disk failed: no such thing", mend: expect.any(String) },
    ]);
  });

  it("names the user in what mends a refused port", async () => {
    const rows = await examine(probe({ ports: async () => [{ ...FINE_PORT, writable: false }] }), SUBJECT, hostClock());
    expect(rows.find(({ status }) => status === "bad")?.mend).toContain("usermod -aG dialout pi");
  });
});
