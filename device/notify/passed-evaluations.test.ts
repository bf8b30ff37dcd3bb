/** What feeds a service manager's watchdog: a rig on a board that only writes down what is done to it. */
import { afterEach, describe, expect, it } from "vitest";
import { DriverError } from "../../common/errors.ts";
import type { Rig } from "../rig.ts";
import { bench, clock } from "../rig-bench.test-support.ts";

const rigs: Rig[] = [];
afterEach(async () => {
  for (const rig of rigs.splice(0)) {
    await rig.shutDown("test");
    await rig.end();
  }
});

function watched(change: Parameters<typeof bench>[0] = {}) {
  let passes = 0;
  const set = bench({ ...change, passed: () => void passes++ });
  rigs.push(set.rig);
  return { ...set, passes: () => passes };
}

describe("evaluations that a rig passes", () => {
  it("none before the board was found and its sensors answered", async () => {
    const { rig, passes } = watched({ read: () => Promise.reject(new DriverError("I2C_TIMEOUT", "No answer.", "Look.")) });
    await expect(rig.open()).rejects.toThrow();
    await clock.sleep(1_300);
    expect(passes()).toBe(0);
  });

  it("go on while it runs", async () => {
    const { rig, passes } = watched();
    await rig.open();
    await rig.bringUp();
    await clock.sleep(50);
    const before = passes();
    await expect.poll(passes, { timeout: 10_000 }).toBeGreaterThan(before + 3);
  });

  it("go on in a fault whose board is known to be off", async () => {
    const { rig, passes, done } = watched();
    await rig.open();
    await rig.bringUp();
    rig.fail(new DriverError("SENTINEL", "Hot.", "Cool it."));
    await rig.shutDown("hot");
    expect(done.at(-1)).toBe("off");
    const before = passes();
    await expect.poll(passes, { timeout: 10_000 }).toBeGreaterThan(before + 1);
  });

  it("end in a fault whose board does not obey", async () => {
    let obeys = false;
    const { rig, passes } = watched({
      powerDown: async () => {
        if (!obeys) throw new DriverError("I2C_TIMEOUT", "No answer.", "Look.");
      },
    });
    await rig.open();
    await rig.bringUp();
    rig.fail(new DriverError("SENTINEL", "Hot.", "Cool it."));
    await clock.sleep(200);
    const before = passes();
    await clock.sleep(2_500);
    expect(passes()).toBe(before);
    obeys = true;
    await expect.poll(passes, { timeout: 10_000 }).toBeGreaterThan(before);
  }, 30_000);

  it("end with the rig", async () => {
    const { rig, passes } = watched();
    await rig.open();
    rig.fail(new Error("anything"));
    await rig.shutDown("test");
    await rig.end();
    const before = passes();
    await clock.sleep(1_300);
    expect(passes()).toBe(before);
  });
});
