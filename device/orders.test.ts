import { describe, expect, it } from "vitest";
import type { SetPoint } from "../telemetry/messages.ts";
import { Orders } from "./orders.ts";

const HOME: SetPoint = { coreVoltageMv: 1200, frequencyMhz: 485, ticketDifficulty: 8 };

function stage() {
  const done: string[] = [];
  const orders = new Orders({
    rig: {
      setPoint: HOME,
      emergencyOff: async () => void done.push("off"),
      apply: async (wanted) => {
        done.push(`apply ${wanted.frequencyMhz}`);
        return wanted;
      },
      restart: async (_reason, setPoint) => void done.push(`restart ${setPoint.frequencyMhz}`),
    },
    recorder: { end: async (status) => void done.push(`run ${status}`) },
  });
  return { orders, done };
}

const untilAborted = (signal: AbortSignal) =>
  new Promise<void>((_resolve, reject) => signal.addEventListener("abort", () => reject(new Error("aborted"))));

describe("orders to a running daemon", () => {
  it("end a plan: its run is stopped, the rig starts anew where it came from, and the daemon goes on", async () => {
    const { orders, done } = stage();
    const plan = orders.during(new AbortController().signal, untilAborted);
    expect(await orders.stopPlan()).toBe(true);
    await plan;
    expect(done).toEqual(["run stopped", "restart 485"]);
    expect(await orders.stopPlan()).toBe(false);
  });

  it("leave a plan that fails by itself, or with the daemon, to the daemon", async () => {
    const failing = stage();
    await expect(failing.orders.during(new AbortController().signal, () => Promise.reject(new Error("broken")))).rejects.toThrow("broken");
    const ending = stage();
    const stop = new AbortController();
    const plan = ending.orders.during(stop.signal, untilAborted);
    stop.abort();
    await ending.orders.stopPlan();
    await expect(plan).rejects.toThrow("aborted");
    expect([...failing.done, ...ending.done]).toEqual([]);
  });

  it("move the rig only while no plan does", async () => {
    const { orders, done } = stage();
    const ends: (() => void)[] = [];
    const plan = orders.during(new AbortController().signal, () => new Promise<void>((resolve) => void ends.push(resolve)));
    await expect(orders.applySetPoint(HOME)).rejects.toMatchObject({ code: "PLAN_IN_PROGRESS" });
    for (const end of ends) end();
    await plan;
    expect(await orders.applySetPoint(HOME)).toEqual(HOME);
    await orders.emergencyOff();
    expect(done).toEqual(["apply 485", "off"]);
  });
});
