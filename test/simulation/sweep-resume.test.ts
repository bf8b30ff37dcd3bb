/** A daemon killed in the middle of a sweep, in virtual time: the next one goes on where it was. */
import { describe, expect, it } from "vitest";
import { type Scenario, scenarioOf } from "../../device/simulation/scenario.ts";
import { simulate } from "../../device/simulation/simulation.ts";
import type { RunSummary, SweepPoint } from "../../telemetry/messages.ts";
import type { FaultSpec } from "../../twin/index.ts";

const TIMEOUT_MS = 120_000;

async function swept(faults: readonly FaultSpec[], seconds: number) {
  const scenario: Scenario = {
    ...scenarioOf(5, { board: "bitaxe-ultra", minutes: seconds / 60 }),
    plan: ["sweep"],
    faults,
    emergencyOffAtMs: null,
  };
  const lines: string[] = [];
  const outcome = await simulate(scenario, { write: (line) => lines.push(line) });
  const hub = <T>(topic: string): T[] =>
    lines.flatMap((line) => {
      const at = line.indexOf(` hub ${topic} {`);
      return at < 0 ? [] : [JSON.parse(line.slice(line.indexOf("{", at))) as T];
    });
  const sweeps = hub<RunSummary>("run").filter(({ kind }) => kind === "sweep");
  return { outcome, points: hub<SweepPoint>("sweepPoint"), sweeps, text: lines.join("") };
}

describe("a sweep", { timeout: TIMEOUT_MS }, () => {
  it("that is killed goes on at the point it was at, says so, and measures every point once", async () => {
    const whole = await swept([], 25);
    expect(whole.sweeps.at(-1)).toMatchObject({ status: "finished" });
    expect(whole.points.map(({ index }) => index)).toEqual([0, 1, 2, 3]);

    const { outcome, points, sweeps, text } = await swept([{ name: "killed", value: 500, atMs: 14_000 }], 35);
    expect(outcome.violations).toEqual([]);
    const [before, after] = [sweeps[0] as RunSummary, sweeps.at(-1) as RunSummary];
    expect(after.id).not.toBe(before.id);
    expect(after).toMatchObject({ status: "finished", note: "4 of 4 points measured" });
    expect(points.map(({ index }) => index)).toEqual([0, 1, 2, 3]);
    const done = text.slice(0, text.indexOf("starts as process 2")).split(" hub sweepPoint ").length - 1;
    expect(done).toBeGreaterThan(0);
    expect(done).toBeLessThan(4);
    expect(text).toContain(`sweep: goes on with run ${before.id} at point ${done + 1} of 4: same plan`);
  });

  it("that had ended when the daemon was killed begins anew", async () => {
    const { sweeps, points, text } = await swept([{ name: "killed", value: 500, atMs: 20_000 }], 45);
    expect(sweeps.filter(({ status }) => status === "finished")).toHaveLength(2);
    expect(points.map(({ index }) => index)).toEqual([0, 1, 2, 3, 0, 1, 2, 3]);
    expect(text).not.toContain("goes on with run");
  });
});
