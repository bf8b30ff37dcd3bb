/** What stands in for the broker and the dashboards lets go of who has left: `memory` measures the daemon, not the bench around it. docs/simulation.md */
import { expect, it } from "vitest";
import { emptyStore } from "../../telemetry/api/api.test-support.ts";
import { createHub } from "../../telemetry/hub.ts";
import { EventLog } from "./event-log.ts";
import type { VirtualBoard } from "./virtual-board.ts";
import { VirtualBroker } from "./virtual-broker.ts";
import { VirtualHost } from "./virtual-host.ts";
import { VirtualHostClocks, VirtualProcess } from "./virtual-process.ts";
import { VirtualTime } from "./virtual-time.ts";

const HALF = { next: () => 0.5 };
const MINUTES = 10;

/** Counts who waits for its end. */
class WaitedForProcess extends VirtualProcess {
  waiting = 0;

  override onEnd(listener: () => void): () => void {
    this.waiting++;
    const away = super.onEnd(listener);
    return () => {
      this.waiting--;
      away();
    };
  }
}

function bench() {
  const time = new VirtualTime(HALF);
  const process = new WaitedForProcess(time, new VirtualHostClocks(time), HALF);
  const broker = new VirtualBroker(new EventLog(() => time.nowNs), HALF);
  const passSeconds = (seconds: number) => {
    const untilNs = time.nowNs + seconds * 1e9;
    // Something is due at the end, whoever else has nothing to do.
    time.at(untilNs + 1, () => {});
    return time.pass(
      () => time.nowNs > untilNs,
      (error) => {
        throw error;
      },
    );
  };
  return { time, process, broker, passSeconds };
}

/** A daemon's API with its dashboards, and nothing else of a daemon. */
async function lookedAt({ time, process, broker }: ReturnType<typeof bench>, guestStaysMs?: number): Promise<VirtualHost> {
  const world = new VirtualHost({
    process,
    time,
    watched: false,
    board: { unplugged: false } as VirtualBoard,
    broker,
    random: HALF,
    state: { disk: { trouble: null, delayMs: 0 }, descriptorsGone: false, clientBytesPerS: null, clientsHalfOpen: false },
    guestStaysMs,
  });
  const hub = createHub({ rig: "rig", origin: "twin", software: "test", startedWallMs: 0 });
  const board = { hub, emergencyOff: async () => {} };
  await world.host.startApi({ boards: [board], store: emptyStore, port: 0, dashboardDir: "absent" });
  return world;
}

it("connections that the broker ended wait for the end of their process no longer", async () => {
  const { process, broker, passSeconds } = bench();
  for (let minute = 0; minute < MINUTES; minute++) {
    broker.connectFrom(process, "rig");
    expect(process.waiting).toBe(1);
    await passSeconds(1);
    broker.setReachable(false);
    await passSeconds(1);
    expect(process.waiting).toBe(0);
    broker.setReachable(true);
  }
});

it("a process that ends still ends its connections, with the word that they are gone", async () => {
  const { process, broker, passSeconds } = bench();
  const { closed } = broker.connectFrom(process, "rig");
  await passSeconds(1);
  process.end();
  expect(await closed).toBe("its process ended");
  expect(broker.retained.get("rig/availability")).toBe("offline");
});

it("of a guest who comes anew each minute there is at most one, beside the two dashboards that stay", async () => {
  const around = bench();
  const world = await lookedAt(around, 57_000);
  const guests = new Set<unknown>();
  for (let half = 0; half < 2 * MINUTES; half++) {
    await around.passSeconds(30);
    for (const viewer of world.viewers) guests.add(viewer);
    expect(world.viewers.length).toBeLessThanOrEqual(3);
    expect(world.viewers.every(({ readyState }) => readyState === 1)).toBe(true);
  }
  expect(guests.size).toBeGreaterThanOrEqual(MINUTES);
});

it("a dashboard that saw something out of order is kept until the observer has asked", async () => {
  const around = bench();
  const world = await lookedAt(around);
  await around.passSeconds(5);
  const [first] = world.viewers;
  if (first) first.complaint = "update 5 after 3";
  for (const viewer of world.viewers) viewer.terminate();
  await around.passSeconds(5);
  expect(world.viewers.filter(({ complaint }) => complaint !== null)).toEqual([first]);
  expect(world.viewers).toHaveLength(3);
});
