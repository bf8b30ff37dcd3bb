/** The whole daemon on a twin in virtual time. */
import { describe, expect, it } from "vitest";
import { type Scenario, scenarioOf } from "../../device/simulation/scenario.ts";
import { simulate } from "../../device/simulation/simulation.ts";
import type { FaultSpec } from "../../twin/index.ts";

/** A second each on a machine that has nothing else to do. */
const TIMEOUT_MS = 120_000;
/** Long enough to come up and to hash for some seconds. */
const SECONDS = { "bitaxe-ultra": 12, s9: 30 } as const;

const quiet = (board: Scenario["board"], seed: number, seconds: number = SECONDS[board]): Scenario => ({
  ...scenarioOf(seed, { board, minutes: seconds / 60 }),
  faults: [],
  emergencyOffAtMs: null,
});

async function logged(scenario: Scenario) {
  const lines: string[] = [];
  const outcome = await simulate(scenario, { write: (line) => lines.push(line) });
  return { outcome, text: lines.join("") };
}

describe("one seed", { timeout: TIMEOUT_MS }, () => {
  it("gives one event log, byte for byte, of everything from wire to broker", async () => {
    const faults: FaultSpec[] = [
      { name: "socket-half-open", atMs: 2_000, untilMs: 5_000 },
      { name: "disk-slow", value: 300, atMs: 6_000, untilMs: 9_000 },
      { name: "drop-byte", value: 0.01, atMs: 10_000, untilMs: 12_000 },
      { name: "killed", value: 500, atMs: 13_000 },
    ];
    const scenario = { ...quiet("bitaxe-ultra", 19, 15), faults };
    const first = await logged(scenario);
    const second = await logged(scenario);
    expect(second.text === first.text).toBe(true);
    expect(second.outcome.fingerprint).toBe(first.outcome.fingerprint);
    for (const source of ["control>", "control<", "data>", "data<", "hub state", "hub safety", "hub setPoint", "commit nonces", "mqtt"])
      expect(first.text).toContain(` ${source}`);
  });

  it("is not another's", async () => {
    const [one, other] = [await simulate(quiet("bitaxe-ultra", 1, 2)), await simulate(quiet("bitaxe-ultra", 2, 2))];
    expect(one.fingerprint).not.toBe(other.fingerprint);
  });
});

describe("a cable that is pulled and put back", { timeout: TIMEOUT_MS }, () => {
  it.each(["bitaxe-ultra", "s9"] as const)("leaves a %s that the daemon switches off as soon as it is there again", async (board) => {
    const cut: FaultSpec = { name: "link-cut", atMs: 7_000, untilMs: 9_000 };
    const outcome = await simulate({ ...quiet(board, 70, 13), faults: [cut] });
    expect(outcome).toMatchObject({ violations: [], endState: "fault", endedSafe: true });
    // It runs on while the cable is out: nothing but the board itself could stop it.
    expect(outcome.msToSafe).toBeGreaterThan(2_000);
    expect(outcome.msToSafe).toBeLessThan(4_000);
  });
});

describe.each(["bitaxe-ultra", "s9"] as const)("a quiet run of a %s", { timeout: TIMEOUT_MS }, (board) => {
  it("mines, records what verifies, and ends cold", async () => {
    // Some ten nonces a second: that none comes is beyond chance, whatever a change of twin or drivers makes of the seed.
    const { outcome, text } = await logged({ ...quiet(board, 5), ticketDifficulty: 4 });
    expect(outcome.violations).toEqual([]);
    expect(outcome.endState).toBe("cold");
    expect(outcome.nonces).toBeGreaterThan(30);
    expect(text).toMatch(/hub state running/);
  });
});
