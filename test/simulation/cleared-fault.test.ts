/** A daemon with one board goes on, without being started again, once a person has cleared its fault; in virtual time. docs/safety.md */
import { expect, it } from "vitest";
import { controlPath } from "../../device/latches.ts";
import { type Scenario, scenarioOf } from "../../device/simulation/scenario.ts";
import { type Bench, simulate } from "../../device/simulation/simulation.ts";
import { openControlStore } from "../../telemetry/control/control-store.ts";
import type { DeviceState } from "../../telemetry/messages.ts";
import type { FaultSpec } from "../../twin/index.ts";

const TIMEOUT_MS = 180_000;
/** device/simulation/scenario.ts */
const RIG = "simulated";
/** A Bitaxe hashes after 8.4 s. */
const FAULT_MS = 12_000;
const CLEAR_MS = 25_000;
const UP_AGAIN_MS = 38_000;
const END_MS = 40_000;

/** The sentinel switches off, which latches. */
const DEAD: FaultSpec = { name: "regulator-dead", atMs: FAULT_MS, untilMs: FAULT_MS + 5000 };

/** A person has found the cause of all of them; how many there were. */
function clearAll({ storePath }: Bench, rig: string): number {
  const control = openControlStore(controlPath(storePath));
  const found = control.latches(rig);
  for (const { id } of found) control.clear(rig, id, "the cause was found", 0);
  control.close();
  return found.length;
}

async function lived(changes: Partial<Scenario>, meddle: (bench: Bench) => void) {
  const states: { atMs: number; state: DeviceState; reason: string }[] = [];
  const log: string[] = [];
  let bench: Bench | null = null;
  const scenario = { ...scenarioOf(21, { board: "bitaxe-ultra", minutes: END_MS / 60_000 }), faults: [], emergencyOffAtMs: null, plan: [] };
  const outcome = await simulate(
    { ...scenario, ...changes },
    {
      meddle: (world) => {
        bench = world;
        meddle(world);
      },
      published: ({ topic, value }) => {
        if (topic === "state") states.push({ atMs: (bench as Bench).time.nowNs / 1e6, state: value.state, reason: value.stateReason });
        if (topic === "event") log.push(value.text);
      },
    },
  );
  const stateAt = (atMs: number) => states.findLast((entry) => entry.atMs <= atMs)?.state;
  return { outcome, states, log, stateAt };
}

it("stays off while nobody has cleared it, and says how to", { timeout: TIMEOUT_MS }, async () => {
  const { outcome, states, log, stateAt } = await lived({ emergencyOffAtMs: FAULT_MS }, () => {});
  expect([stateAt(FAULT_MS - 1), stateAt(FAULT_MS + 1000), stateAt(END_MS - 1)]).toEqual(["running", "fault", "fault"]);
  expect(outcome).toMatchObject({ violations: [], latched: ["EMERGENCY_OFF"] });
  expect(log.find((text) => text.includes("stays off until its fault is cleared"))).toMatch(/faults clear \d+ --config FILE --reason TEXT/);
  expect(states.filter(({ state }) => state === "cold")).toEqual([]);
});

it("comes up again by itself when its fault is cleared, off until then", { timeout: TIMEOUT_MS }, async () => {
  let cleared = 0;
  const { outcome, states, stateAt } = await lived({ emergencyOffAtMs: FAULT_MS }, (bench) => {
    bench.time.at(CLEAR_MS * 1e6, () => {
      cleared = clearAll(bench, RIG);
    });
  });
  expect(cleared).toBe(1);
  expect([stateAt(CLEAR_MS - 1), stateAt(UP_AGAIN_MS)]).toEqual(["fault", "running"]);
  expect(states.find(({ atMs, state }) => state === "cold" && atMs > CLEAR_MS)?.reason).toContain("was cleared");
  expect(outcome).toMatchObject({ violations: [], endState: "cold", endedSafe: true, latched: [] });
});

it("stays off when emergency-off is pressed after the fault was cleared and before the board came up", {
  timeout: TIMEOUT_MS,
}, async () => {
  let after = 0;
  const { outcome, stateAt } = await lived({ faults: [DEAD], emergencyOffAtMs: CLEAR_MS + 1 }, (bench) => {
    bench.time.at(CLEAR_MS * 1e6, () => {
      after = clearAll(bench, RIG);
    });
  });
  expect(after).toBe(1);
  expect([stateAt(CLEAR_MS - 1), stateAt(END_MS - 1)]).toEqual(["fault", "fault"]);
  expect(outcome).toMatchObject({ violations: [], latched: ["EMERGENCY_OFF"] });
});

it("stays in a fault that needs no person's word until it is started again: a cable that was pulled", { timeout: TIMEOUT_MS }, async () => {
  const cut: FaultSpec = { name: "link-cut", atMs: FAULT_MS, untilMs: FAULT_MS + 2000 };
  let cleared = -1;
  const { outcome, stateAt } = await lived({ faults: [cut] }, (bench) => {
    bench.time.at(CLEAR_MS * 1e6, () => {
      cleared = clearAll(bench, RIG);
    });
  });
  expect(cleared).toBe(0);
  expect(stateAt(END_MS - 1)).toBe("fault");
  expect(outcome).toMatchObject({ violations: [], endState: "fault", latched: [] });
});
