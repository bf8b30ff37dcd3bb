/** The observer of a simulation sees what is done to the daemon behind its back: every rule is broken once, on purpose. */
import SqliteDatabase from "better-sqlite3";
import { describe, expect, it } from "vitest";
import { type Scenario, scenarioOf } from "../../device/simulation/scenario.ts";
import { type Bench, simulate } from "../../device/simulation/simulation.ts";
import type { FaultSpec } from "../../twin/index.ts";

const scenario = (faults: readonly FaultSpec[] = [], emergencyOffAtMs: number | null = null): Scenario => ({
  ...scenarioOf(3, { board: "bitaxe-ultra", minutes: 0.2 }),
  variant: "205",
  faults,
  emergencyOffAtMs,
  plan: [],
});

/** RST_N high: somebody else has the bridge's control port. specs/bm1366.md 5.10 */
const RELEASE_RESET = Uint8Array.of(7, 0, 0x70, 0, 0x06, 0x00, 1);

async function rulesBroken(run: Scenario, meddle: (bench: Bench) => void): Promise<string[]> {
  const { violations } = await simulate(run, { meddle });
  return [...new Set(violations.map(({ rule }) => rule))];
}

const sql = (bench: Bench, atMs: number, statement: string) =>
  bench.time.at(atMs * 1e6, () => {
    const db = new SqliteDatabase(bench.storePath);
    expect(db.prepare(statement).run().changes).toBeGreaterThan(0);
    db.close();
  });

/** Half a second each on a machine that has nothing else to do. */
const TIMEOUT_MS = 120_000;

describe("the observer of a simulation", { timeout: TIMEOUT_MS }, () => {
  it("has nothing to say when nobody meddles", async () => {
    expect(await rulesBroken(scenario(), () => {})).toEqual([]);
  });

  it("sees an error that nobody caught, and the daemon still switches the board off", async () => {
    const outcome = await simulate(scenario(), {
      meddle: ({ time }) => time.at(8e9, () => void Promise.reject(new Error("planted"))),
    });
    expect(outcome.violations.map(({ rule }) => rule)).toEqual(["no-unhandled-error"]);
    expect(outcome).toMatchObject({ endState: "fault", endedSafe: true });
  });

  it("sees chips released after a fault", async () => {
    const meddle = ({ time, board }: Bench) =>
      time.at(7e9, () => {
        board.advance();
        board.twin.receiveControl(RELEASE_RESET);
      });
    expect(await rulesBroken(scenario([], 6_000), meddle)).toContain("safe-after-fault");
  });

  it("sees chips that were let run without a sentinel", async () => {
    const meddle = ({ time, board }: Bench) =>
      time.at(11.5e9, () => {
        board.advance();
        board.twin.receiveControl(RELEASE_RESET);
      });
    expect(await rulesBroken(scenario([], 6_000), meddle)).toContain("not-energised-unseen");
  });

  it("sees a committed row that changes, and one that goes", async () => {
    expect(await rulesBroken(scenario(), (bench) => sql(bench, 10_500, "UPDATE samples SET power_w = 1 WHERE id = 3"))).toEqual([
      "committed-rows-stay",
    ]);
    expect(await rulesBroken(scenario(), (bench) => sql(bench, 10_500, "DELETE FROM events WHERE id = 3"))).toEqual([
      "committed-rows-stay",
    ]);
  });

  it("sees a stored nonce that does not verify", async () => {
    const rules = await rulesBroken(scenario(), (bench) => sql(bench, 11_500, "UPDATE jobs SET merkle_root = zeroblob(32)"));
    expect(rules).toContain("nonces-verify");
  });

  it("sees what a kill took from the record", async () => {
    const killed: FaultSpec = { name: "killed", atMs: 10_200, value: 500 };
    expect(await rulesBroken(scenario([killed]), () => {})).toEqual([]);
    const meddle = (bench: Bench) => sql(bench, 10_400, "DELETE FROM nonce_chunks WHERE id = 1");
    expect(await rulesBroken(scenario([killed]), meddle)).toContain("committed-rows-stay");
  });

  it("sees a goodbye that the broker never got", async () => {
    const meddle = ({ broker }: Bench) => {
      const keep = broker.retained.set.bind(broker.retained);
      broker.retained.set = (topic, payload) => (payload === "offline" ? broker.retained : keep(topic, payload));
    };
    expect(await rulesBroken({ ...scenario(), durationMs: 1_000 }, meddle)).toEqual(["offline-at-the-end"]);
  });

  it("sees a daemon that does not end", async () => {
    const { violations } = await simulate(scenario([], 1_000), {
      meddle: ({ time, process }) => time.at(11e9, () => process().block(3_600_000)),
    });
    expect(violations.map(({ rule }) => rule)).toContain("ends");
  });
});
