import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Lease } from "./lease.ts";
import { VirtualClock } from "./testing/virtual-clock.test-support.ts";

describe("Lease", () => {
  it("is held by nobody at first, and forbids", () => {
    const lease = new Lease(new VirtualClock(), 1000);
    expect(lease.holds()).toBe(false);
    expect(() => lease.require("set a voltage")).toThrow(
      expect.objectContaining({ code: "LEASE_EXPIRED", message: expect.stringContaining("set a voltage: nobody holds") }),
    );
  });

  it("runs out after the stated time without renewal, and says how long ago it was renewed", async () => {
    const clock = new VirtualClock();
    const lease = new Lease(clock, 1000);
    lease.acquire();
    await clock.advance(999);
    lease.require("go on");
    await clock.advance(1);
    expect(lease.holds()).toBe(false);
    expect(() => lease.require("go on")).toThrow(expect.objectContaining({ context: { what: "go on", durationMs: 1000, sinceMs: 1000 } }));
  });

  it("that ran out cannot be renewed, only acquired again, and the old term stays over", async () => {
    const clock = new VirtualClock();
    const lease = new Lease(clock, 1000);
    const term = lease.acquire();
    await clock.advance(1500);
    expect(() => lease.renew()).toThrow(expect.objectContaining({ code: "LEASE_EXPIRED" }));
    lease.acquire();
    expect(lease.holds()).toBe(true);
    expect(lease.holds(term)).toBe(false);
  });

  it("is given back at once", () => {
    const lease = new Lease(new VirtualClock(), 1000);
    lease.acquire();
    lease.release();
    expect([lease.holds(), lease.remainingMs()]).toEqual([false, 0]);
  });

  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])("cannot last %d ms", (ms) => {
    expect(() => new Lease(new VirtualClock(), ms)).toThrow(RangeError);
  });

  it("is held exactly while no gap between renewals reaches its duration", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 20 }), async (gaps) => {
        const clock = new VirtualClock();
        const lease = new Lease(clock, 100);
        lease.acquire();
        let held = true;
        for (const gap of gaps) {
          await clock.advance(gap);
          held &&= gap < 100;
          expect(lease.holds()).toBe(held);
          if (held) lease.renew();
        }
      }),
      { numRuns: 40 },
    );
  });
});
