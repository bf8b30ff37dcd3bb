/** Experiments and searches for the edge on twins in virtual time: cut off in the middle, and chips that fall silent. */
import path from "node:path";
import { describe, expect, it } from "vitest";
import { virtualRun } from "../../bench/harness/virtual-session.ts";
import { type Config, configSchema } from "../../device/config/schema.ts";
import type { ExperimentReport } from "../../device/experiments/judge.ts";
import { parsePlan } from "../../device/experiments/plan-file.ts";
import { runExperiment } from "../../device/experiments/run-experiment.ts";
import type { StepBlock } from "../../device/experiments/step-blocks.ts";
import { planHash } from "../../reservoir/verdict/gate/power.ts";
import { openStore } from "../../telemetry/store/client.ts";
import { temporaryFolder } from "../../telemetry/store/store.test-support.ts";
import { Bitaxe } from "../../twin/bitaxe.ts";
import type { FaultTable } from "../../twin/index.ts";

const TIMEOUT_MS = 240_000;
const plan = parsePlan(
  [
    "name: resumed",
    "substrate: { kind: rig, config: x.yaml }",
    "task: { name: narma10, washout: 20, train: 200, test: 60 }",
    "stepMs: 40",
    "seeds: [4, 5]",
    "decision: { rule: beats }",
  ].join("\n"),
  "plan.yaml",
);
const loaded = { plan, hash: planHash(plan) };

const configOf = (store: string): Config =>
  configSchema.parse({
    origin: "twin",
    board: { kind: "bitaxe-ultra", control: "virtual/control", data: "virtual/data", workScale: 24 },
    store: { path: store },
  });
const make = (faults: FaultTable) => {
  const twin = new Bitaxe({ chips: 1, variant: "205", bridgeGeneration: "V0", workScale: 24, seed: 3, ambientC: 25, faults });
  return { twin, truth: () => ({ running: true, supplyOn: true }) };
};

describe("an experiment", { timeout: TIMEOUT_MS }, () => {
  it("that is killed goes on at its step, with no stored step driven for the record twice, and only when it is asked to", async () => {
    const folder = temporaryFolder();
    const run = async (resume: boolean, kill = false) => {
      let report: ExperimentReport | null = null;
      let inSecond = false;
      await virtualRun({
        seed: 1,
        mostMinutes: 5,
        folder,
        configOf,
        make,
        killedWhen: () => kill && inSecond,
        async work(session, signal) {
          session.hub.subscribe({
            update(update) {
              if (update.topic === "activity" && update.value?.label === "resumed: seed 5" && update.value.done > 120) inSecond = true;
            },
          });
          report = await runExperiment(session, loaded, { resume }, signal);
        },
      });
      return report as ExperimentReport | null;
    };
    await expect(run(true)).rejects.toMatchObject({ code: "NOTHING_TO_RESUME" });
    expect(await run(false, true)).toBeNull();
    const report = await run(true);
    expect(report).toMatchObject({
      origin: "twin",
      answer: "no",
      scores: [
        { seed: 4, steps: 280 },
        { seed: 5, steps: 280 },
      ],
    });

    const store = await openStore({ path: path.join(folder, "telemetry.db"), readonly: true, inProcess: true });
    const runs = (await store.listRuns()).filter(({ kind }) => kind === "experiment");
    expect(runs.map(({ status }) => status)).toEqual(["interrupted", "finished"]);
    const [before, after] = await Promise.all(
      runs.map(async ({ id }) => (await store.results(id)).filter(({ kind }) => kind === "experiment-block")),
    );
    const provenance = (await store.run(runs[1]?.id as number))?.provenance;
    await store.close();
    expect(provenance).toMatchObject({ resumes: runs[0]?.id, planHash: report?.planHash });
    const [cut, whole] = [before, after].map((results) => (results ?? []).map(({ value }) => value as StepBlock)) as [
      StepBlock[],
      StepBlock[],
    ];
    // The first session is done and the second is not; what was stored stands as it was.
    expect(cut.at(-1)).toMatchObject({ session: "seed 5" });
    expect(cut.reduce((sum, { emitted }) => sum + emitted.length, 0)).toBeLessThan(560);
    expect(whole.slice(0, cut.length)).toEqual(cut);
    expect(whole.reduce((sum, { emitted }) => sum + emitted.length, 0)).toBe(560);
    expect(whole.filter(({ drivenAgain }) => drivenAgain > 0)).toEqual([whole[cut.length]]);
    expect(whole[cut.length]).toMatchObject({ session: "seed 5", drivenAgain: 20 });
  });
});
