/** A rig and what guards it: each refusal keeps the board off, each trip switches it off. */
import { describe, expect, it } from "vitest";
import { DriverError } from "../common/errors.ts";
import { openControlStore } from "../telemetry/control/control-store.ts";
import { Latches } from "./latches.ts";
import { bench } from "./rig-bench.test-support.ts";
import type { Watchdog, WatchdogParts } from "./watchdog.ts";

/** What is done to a watchdog and a guard, written down. */
function guarded({ refuses = () => null as string | null, guardFails = false } = {}) {
  const told: string[] = [];
  const armed: WatchdogParts[] = [];
  const store = openControlStore(":memory:");
  const latches = new Latches({ rig: "rig", wallMs: () => 0, open: () => store });
  const watchdog: Watchdog = {
    pass: () => {
      const why = refuses();
      if (why === null) told.push("pass");
      return why;
    },
    defer: () => void told.push("defer"),
    disarm: () => void told.push("disarm"),
  };
  const set = bench({
    safeguards: {
      latches,
      armWatchdog: (parts) => {
        armed.push(parts);
        told.push("arm");
        return watchdog;
      },
      startGuard: () => ({
        prepare: () => void told.push("guard started"),
        async armed() {
          if (guardFails) throw new DriverError("GUARD_FAILED", "No guard.", "");
          told.push("guard armed");
        },
        safe: () => void told.push("guard safe"),
        close: () => void told.push("guard closed"),
      }),
    },
  });
  return { ...set, told, armed, store };
}

const without = (told: readonly string[], ...words: string[]) => told.filter((word) => !words.includes(word));

describe("a rig with its safeguards", () => {
  it("arms both before the supply comes on, renews with each passed evaluation, and lets go when the board is off", async () => {
    const { rig, told, done } = guarded();
    await rig.open();
    expect(told).toEqual(["guard started"]);
    await rig.bringUp();
    expect(told.slice(1, 3)).toEqual(["guard armed", "arm"]);
    await expect.poll(() => told.filter((word) => word === "pass").length).toBeGreaterThan(2);
    await rig.shutDown("test");
    await rig.end();
    expect(without(told, "pass")).toEqual(["guard started", "guard armed", "arm", "defer", "disarm", "guard safe", "guard closed"]);
    expect(done.at(-1)).toBe("off");
  });

  it("does not energise without its guard", async () => {
    const { rig, done } = guarded({ guardFails: true });
    await rig.open();
    await expect(rig.bringUp()).rejects.toMatchObject({ code: "GUARD_FAILED" });
    expect(done).not.toContain("on");
    await rig.shutDown("test");
  });

  it("does not energise with a latched fault", async () => {
    const { rig, done, store, states } = guarded();
    store.latch({ rig: "other", code: "SENTINEL", cause: "another rig's", evidence: null, wallMs: 0 });
    await rig.open();
    await rig.bringUp();
    await rig.emergencyOff();
    await rig.shutDown("test");
    expect(store.latches("rig")).toMatchObject([
      { code: "EMERGENCY_OFF", evidence: { readings: { chipTempC: 50 }, setPoint: { coreVoltageMv: 1200 } } },
    ]);
    const again = new Latches({ rig: "rig", wallMs: () => 0, open: () => store });
    const next = bench({ safeguards: { latches: again, armWatchdog: null, startGuard: null } });
    await next.rig.open();
    await expect(next.rig.bringUp()).rejects.toMatchObject({ code: "FAULT_LATCHED" });
    expect(next.done).toEqual(["reset"]);
    expect([done.includes("on"), states.at(-1)]).toEqual([true, "fault"]);
    await next.rig.shutDown("test");
  });

  it("goes into fault when its watchdog would not pass the board, or has tripped", async () => {
    let refusal: string | null = null;
    const { rig, states } = guarded({ refuses: () => refusal });
    await rig.open();
    await rig.bringUp();
    refusal = "over-temperature-chip";
    await expect.poll(() => states.at(-1)).toBe("fault");
    expect(rig.faulted.reason).toMatchObject({ code: "WATCHDOG", message: expect.stringContaining("over-temperature-chip") });
    await rig.shutDown("test");

    const other = guarded();
    await other.rig.open();
    await other.rig.bringUp();
    other.armed[0]?.tripped("nothing was heard of the main loop for 6.0 s");
    expect(other.states.at(-1)).toBe("fault");
    await other.rig.shutDown("test");
    expect(other.done.at(-1)).toBe("off");
  });

  it("is watched by tightened limits from the moment they are in force", async () => {
    const { rig, armed } = guarded();
    await rig.open();
    await rig.bringUp();
    rig.setLimits({ maxChipTempC: 60 });
    expect(armed.map(({ limits }) => limits.maxChipTempC)).toEqual([75, 60]);
    await rig.shutDown("test");
  });
});
