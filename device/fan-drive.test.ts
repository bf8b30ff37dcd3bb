import { describe, expect, it } from "vitest";
import type { Clock } from "../common/clock.ts";
import { DriverError } from "../common/errors.ts";
import { FanDrive } from "./fan-drive.ts";
import { fanSettings } from "./sentinel/fan.ts";
import { BITAXE_LIMITS, ms, readings } from "./sentinel/readings.test-support.ts";

function drive(fail: () => Error | null = () => null) {
  let nowNs = 0n;
  const clock: Clock = { nowNs: () => nowNs, wallMs: () => 0, sleep: async () => {} };
  const set: number[] = [];
  const told: number[] = [];
  const board = {
    async setFanPercent(percent: number) {
      set.push(percent);
      const error = fail();
      if (error) throw error;
    },
  };
  const fan = new FanDrive(board, fanSettings(BITAXE_LIMITS, "bitaxe-ultra"), clock, (percent) => told.push(percent));
  const follow = (afterMs: number, chipTempC: number | null, full = false) => {
    nowNs += ms(afterMs);
    return fan.follow(readings({ chipTempC, atNs: nowNs }), full);
  };
  return { fan, set, told, follow };
}

describe("the fan's drive", () => {
  it("follows the controller once a second, and goes to full at once", async () => {
    const { fan, set, told, follow } = drive();
    fan.noteFull();
    for (let i = 0; i < 30; i++) await follow(100, 50);
    expect(set.length).toBeGreaterThan(0);
    expect(set.length).toBeLessThanOrEqual(3);
    expect(set.every((percent) => percent < 100)).toBe(true);
    await follow(100, null);
    expect([set.at(-1), told.at(-1), fan.percent]).toEqual([100, 100, 100]);
  });

  it("is at full when it is told to, whatever the temperature", async () => {
    const { fan, set, follow } = drive();
    await follow(100, 30, true);
    expect([set, fan.percent]).toEqual([[100], 100]);
    await follow(100, 30, true);
    expect(set).toEqual([100]);
  });

  it("does not know what a fan does that did not obey, and tries again", async () => {
    let broken = true;
    const { fan, set, follow } = drive(() => (broken ? new DriverError("FAN_READBACK", "another duty", "") : null));
    await expect(follow(100, null)).rejects.toMatchObject({ code: "FAN_READBACK" });
    expect(fan.percent).toBeNull();
    broken = false;
    await follow(100, null);
    expect([set, fan.percent]).toEqual([[100, 100], 100]);
  });

  it("leaves fans alone that this host does not control", async () => {
    const { set, follow } = drive(() => new DriverError("FAN_UNCONTROLLED", "not ours", ""));
    for (let i = 0; i < 5; i++) await follow(2000, 50);
    expect(set).toHaveLength(1);
  });
});
