import { expect, it } from "vitest";
import { hostClock } from "../../common/clock.ts";
import { ULTRA_LIMITS } from "../../drivers/boards/bitaxe-variants.ts";
import type { Board } from "../../drivers/boards/board.ts";
import { Lease } from "../../drivers/boards/lease.ts";
import { leasedBoard } from "./leased-board.ts";

it("without a lease nothing is switched on, and everything can be switched off", async () => {
  const done: string[] = [];
  const board: Board = {
    limits: ULTRA_LIMITS,
    probe: async () => ({ model: "m", regulator: "r", i2cAddresses: [] }),
    async setCoreVoltageMv(mv) {
      done.push(`core ${mv}`);
      return mv;
    },
    async coreOff() {
      done.push("off");
      return { supplyOff: true, how: "" };
    },
    async setReset(asserted) {
      done.push(asserted ? "reset" : "release");
    },
    async setFanPercent() {},
    read: async () => {
      throw new Error("not read");
    },
    async close() {},
  };
  const lease = new Lease(hostClock(), 1000);
  const leased = leasedBoard(board, lease);
  await expect(leased.setCoreVoltageMv(1200)).rejects.toMatchObject({ code: "LEASE_EXPIRED" });
  await expect(leased.setReset(false)).rejects.toMatchObject({ code: "LEASE_EXPIRED" });
  await leased.setReset(true);
  await leased.coreOff();
  expect(done).toEqual(["reset", "off"]);
  lease.acquire();
  await leased.setCoreVoltageMv(1200);
  await leased.setReset(false);
  expect(done.slice(2)).toEqual(["core 1200", "release"]);
  expect(leased.identity).toBeNull();
  await leased.probe();
  expect(leased.identity?.regulator).toBe("r");
});
