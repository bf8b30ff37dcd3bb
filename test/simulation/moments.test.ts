/** Faults that wait for what the daemon does, and a person who clears what latched and starts it again. docs/simulation.md */
import { expect, it } from "vitest";
import { type Person, type Scenario, scenarioOf } from "../../device/simulation/scenario.ts";
import { simulate } from "../../device/simulation/simulation.ts";
import type { Strike } from "../../device/simulation/strikes.ts";
import type { DeviceState } from "../../telemetry/messages.ts";

const TIMEOUT_MS = 120_000;

const dead = (moment: Strike["moment"], nth = 1): Strike => ({ name: "regulator-dead", value: 0, moment, nth, afterMs: 200, forMs: 3_000 });

async function lived(strikes: readonly Strike[], { plan = [], restarts = true }: Partial<Pick<Scenario, "plan"> & Person> = {}) {
  const states: DeviceState[] = [];
  const scenario = { ...scenarioOf(5, { board: "bitaxe-ultra", minutes: 0.7, strike: "moment" }), variant: "207" as const };
  const outcome = await simulate(
    { ...scenario, strikes, person: { afterMs: 2_000, restarts }, emergencyOffAtMs: null, plan },
    {
      published: (update) => {
        if (update.topic === "state") states.push(update.value.state);
      },
    },
  );
  return { outcome, states };
}

it.each([
  ["by a daemon that was started again", true],
  ["by the same daemon", false],
])(
  "a supply that dies at two moments latches each time; cleared, the board is brought up again %s",
  async (_, restarts) => {
    const { outcome, states } = await lived([dead("energised"), dead("running")], { restarts });
    expect(outcome.violations).toEqual([]);
    expect(outcome.faults.map(({ struckIn, noticed }) => [struckIn, noticed])).toEqual([
      ["energised", true],
      ["running", true],
    ]);
    expect(states.filter((state) => state === "fault")).toHaveLength(2);
    expect(states.lastIndexOf("running")).toBeGreaterThan(states.lastIndexOf("fault"));
    expect(outcome).toMatchObject({ endState: "cold", latched: [] });
  },
  TIMEOUT_MS,
);

it(
  "what waits for a sweep strikes in it, and what waits for a third one never does",
  async () => {
    const { outcome } = await lived([{ ...dead("sweep"), name: "broker-gone" }, dead("sweep", 3)], { plan: ["sweep"] });
    expect(outcome.violations).toEqual([]);
    expect(outcome.faults.map(({ struckIn }) => struckIn)).toEqual(["sweep", null]);
  },
  TIMEOUT_MS,
);
