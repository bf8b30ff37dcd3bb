/** Orders to a daemon of one and of several boards in virtual time, and the observer that sees when one is not obeyed. docs/simulation.md */
import { expect, it } from "vitest";
import type { Order } from "../../device/simulation/operator-order.ts";
import { type Scenario, scenarioOf } from "../../device/simulation/scenario.ts";
import { simulate } from "../../device/simulation/simulation.ts";
import type { DeviceState } from "../../telemetry/messages.ts";

const TIMEOUT_MS = 300_000;
/** A Bitaxe hashes after 8.4 s. */
const UP_MS = 12_000;

const order = (name: Order["name"], afterMs: number, share = 0, board = 0): Order => ({
  name,
  moment: null,
  nth: 1,
  afterMs,
  board,
  share,
});

async function lived(orders: readonly Order[], changes: Partial<Scenario> = {}, boards = 1) {
  const states: Record<string, DeviceState[]> = {};
  const log: string[] = [];
  const scenario = { ...scenarioOf(21, { board: "bitaxe-ultra", minutes: 0.4, boards }), faults: [], emergencyOffAtMs: null, plan: [] };
  const neighbours = scenario.neighbours?.map((each) => ({
    ...each,
    board: "bitaxe-ultra" as const,
    chips: 1,
    workScale: 24,
    faults: [],
    plan: [],
  }));
  const outcome = await simulate(
    { ...scenario, ...(neighbours === undefined ? {} : { neighbours }), orders, ...changes },
    {
      write: (line) => log.push(line),
      published: (update, board) => {
        if (update.topic === "state") states[board] = [...(states[board] ?? []), update.value.state];
      },
    },
  );
  const said = (pattern: RegExp) => log.some((line) => pattern.test(line));
  return { outcome, states, said };
}

it("takes what it may of a changed file, does a command, answers, is copied, and keeps to its limits", {
  timeout: TIMEOUT_MS,
}, async () => {
  const { outcome, said } = await lived([
    order("set-point", UP_MS, 0.5),
    order("tighten", UP_MS + 4_000, 0.01),
    order("set-point-beyond", UP_MS + 5_000, 0.1),
    order("break-file", UP_MS + 6_000, 0.5),
    order("read", UP_MS + 6_500, 0.2),
    order("backup", UP_MS + 7_000),
  ]);
  expect(outcome).toMatchObject({ violations: [], endState: "cold", endedSafe: true });
  expect(said(/hub setPoint .*1175/)).toBe(true);
  expect(said(/limits\.maxCoreVoltageMv.*in force/)).toBe(true);
  expect(said(/set-point.*refused: SETPOINT_REFUSED/)).toBe(true);
  expect(said(/the configuration stays as it is/)).toBe(true);
  expect(said(/api GET \/api\/v1\/boards 200/)).toBe(true);
});

it("of two boards one is switched off and cleared through the API; nothing reaches the other", { timeout: TIMEOUT_MS }, async () => {
  const { outcome, states } = await lived(
    [order("emergency-off", UP_MS, 0.9, 1), order("clear", UP_MS + 4_000, 0, 1)],
    { durationMs: 30_000 },
    2,
  );
  expect(outcome).toMatchObject({ violations: [], endState: "cold", endedSafe: true, neighbours: [{ name: "simulated-b", ran: true }] });
  expect(states["simulated-a"]).not.toContain("fault");
  expect(states["simulated-b"]?.slice(states["simulated-b"].indexOf("fault"))).toContain("running");
});

it("a watchdog that bites writes to its own board: a process that hangs takes both down, and both come back", {
  timeout: TIMEOUT_MS,
}, async () => {
  const { outcome, states } = await lived(
    [order("clear", UP_MS + 11_000, 0, 0), order("clear", UP_MS + 11_000, 0, 1)],
    { faults: [{ name: "event-loop-blocked", value: 8_000, atMs: UP_MS, untilMs: UP_MS + 8_000 }], durationMs: 34_000 },
    2,
  );
  expect(outcome).toMatchObject({ violations: [], endState: "cold", endedSafe: true });
  for (const of of Object.values(states)) expect(of.lastIndexOf("running")).toBeGreaterThan(of.indexOf("fault"));
});
