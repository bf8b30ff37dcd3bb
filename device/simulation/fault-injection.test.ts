import { beforeEach, describe, expect, it } from "vitest";
import { splitmix64 } from "../../common/random.ts";
import { FaultTable } from "../../twin/index.ts";
import { coverageOf } from "./coverage.ts";
import { EventLog } from "./event-log.ts";
import { FaultInjection } from "./fault-injection.ts";
import type { FaultTargets } from "./host-faults.ts";
import type { Strike } from "./strikes.ts";
import { VirtualTime } from "./virtual-time.ts";

const strike = (wanted: Partial<Strike>): Strike => ({
  name: "regulator-dead",
  value: 1,
  moment: "armed",
  nth: 1,
  afterMs: 10,
  forMs: 50,
  ...wanted,
});

function bench() {
  const time = new VirtualTime(splitmix64(1));
  const table = new FaultTable();
  const state = { disk: { trouble: null as string | null, delayMs: 0 }, descriptorsGone: false };
  const lines: string[] = [];
  const now = { place: "cold" as "cold" | "armed" };
  const injection = new FaultInjection({
    time,
    log: new EventLog(
      () => time.nowNs,
      (line) => lines.push(line),
    ),
    table,
    targets: () => ({ state }) as unknown as FaultTargets,
    place: () => now.place,
  });
  const until = (ms: number) => {
    time.at(ms * 1e6, () => {});
    return time.pass(
      () => time.nowNs >= ms * 1e6,
      (error) => {
        throw error;
      },
    );
  };
  return { time, table, state, lines, now, injection, until, holds: () => table.value("regulator-dead", time.nowNs) !== null };
}

describe("a fault that waits for a moment", () => {
  let on = bench();
  beforeEach(() => {
    on = bench();
  });

  it("strikes the board when it has come, and for so long", async () => {
    on.injection.wait([strike({})]);
    await on.until(100);
    expect(on.holds()).toBe(false);
    on.now.place = "armed";
    on.injection.came("armed");
    await on.until(109);
    expect(on.holds()).toBe(false);
    await on.until(111);
    expect(on.holds()).toBe(true);
    await on.until(161);
    expect(on.holds()).toBe(false);
    expect(on.injection.struck).toMatchObject([{ spec: { name: "regulator-dead", atMs: 110, untilMs: 160 }, struckIn: "armed" }]);
  });

  it("waits for the second one, strikes once, and is known as never having struck before", async () => {
    on.injection.wait([strike({ nth: 2 })]);
    on.injection.came("armed");
    await on.until(50);
    expect(on.injection.struck).toMatchObject([{ struckIn: null }]);
    expect(coverageOf(on.injection.struck)).toEqual({});
    on.injection.came("armed");
    await on.until(100);
    on.injection.came("armed");
    await on.until(200);
    expect(on.lines.filter((line) => line.includes("regulator-dead"))).toHaveLength(1);
    expect(coverageOf(on.injection.struck)["regulator-dead"]).toMatchObject({ cold: 1, armed: 0, gone: 0 });
  });

  it("of the host begins and ends on the host", async () => {
    on.injection.wait([strike({ name: "disk-full", value: 0 })]);
    on.injection.came("armed");
    await on.until(11);
    expect(on.state.disk.trouble).toBe("full");
    await on.until(61);
    expect(on.state.disk.trouble).toBeNull();
  });
});

it("a fault at a time of its own is known by what the daemon did then", async () => {
  const on = bench();
  on.injection.schedule([{ name: "fd-exhausted", atMs: 20, untilMs: 40 }]);
  on.now.place = "armed";
  await on.until(30);
  expect(on.state.descriptorsGone).toBe(true);
  await on.until(50);
  expect(on.state.descriptorsGone).toBe(false);
  expect(coverageOf(on.injection.struck)["fd-exhausted"]).toMatchObject({ armed: 1, cold: 0 });
});
