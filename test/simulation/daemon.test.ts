/** The whole daemon on a twin in virtual time. */
import { describe, expect, it } from "vitest";
import { type Scenario, scenarioOf } from "../../device/simulation/scenario.ts";
import { simulate } from "../../device/simulation/simulation.ts";

const HALF_A_MINUTE = 0.5;
const quiet = (board: Scenario["board"], seed: number): Scenario => ({
  ...scenarioOf(seed, { board, minutes: HALF_A_MINUTE }),
  faults: [],
  emergencyOffAtMs: null,
});

async function logged(scenario: Scenario) {
  const lines: string[] = [];
  const outcome = await simulate(scenario, { write: (line) => lines.push(line) });
  return { outcome, text: lines.join("") };
}

describe("one seed", () => {
  it("gives one event log, byte for byte, of everything from wire to broker", async () => {
    const scenario = scenarioOf(19, { board: "bitaxe-ultra", minutes: HALF_A_MINUTE });
    const first = await logged(scenario);
    const second = await logged(scenario);
    expect(second.text === first.text).toBe(true);
    expect(second.outcome.fingerprint).toBe(first.outcome.fingerprint);
    for (const source of ["control>", "control<", "data>", "data<", "hub state", "hub safety", "hub setPoint", "commit nonces", "mqtt"])
      expect(first.text).toContain(` ${source}`);
  });

  it("is not another's", async () => {
    const [one, other] = [await simulate(quiet("bitaxe-ultra", 1)), await simulate(quiet("bitaxe-ultra", 2))];
    expect(one.fingerprint).not.toBe(other.fingerprint);
  });
});

describe.each(["bitaxe-ultra", "s9"] as const)("a quiet run of a %s", (board) => {
  it("mines, records what verifies, and ends cold", async () => {
    const { outcome, text } = await logged(quiet(board, 5));
    expect(outcome.violations).toEqual([]);
    expect(outcome.endState).toBe("cold");
    expect(outcome.nonces).toBeGreaterThan(0);
    expect(text).toMatch(/hub state running/);
  });
});
