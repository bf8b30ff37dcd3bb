/** A closed loop as an experiment, in virtual time: driven to its end, and judged against what the host alone fed back. docs/experiments.md */
import { expect, it } from "vitest";
import { virtualRun } from "../../bench/harness/virtual-session.ts";
import { type Config, configSchema } from "../../device/config/schema.ts";
import type { ExperimentReport } from "../../device/experiments/judge.ts";
import { parsePlan } from "../../device/experiments/plan-file.ts";
import { runExperiment } from "../../device/experiments/run-experiment.ts";
import { makeTwin } from "../../device/simulation/board-truth.ts";
import { scenarioOf } from "../../device/simulation/scenario.ts";
import { planHash } from "../../reservoir/verdict/gate/power.ts";
import { temporaryFolder } from "../../telemetry/store/store.test-support.ts";

const TIMEOUT_MS = 240_000;
const scenario = scenarioOf(5, { board: "s9", minutes: 1 });

const plan = parsePlan(
  [
    "name: coupled",
    "substrate: { kind: rig, config: x.yaml }",
    "task: { name: narma10, washout: 10, train: 60, test: 30 }",
    "stepMs: 80",
    "mode: { name: chorus, coupling: { gainMhz: 20 } }",
    "decision: { rule: beats }",
  ].join("\n"),
  "plan.yaml",
);

const configOf = (store: string): Config =>
  configSchema.parse({
    origin: "twin",
    board: { kind: "s9-hashboard", control: "virtual/control", data: "virtual/data", chips: scenario.chips, workScale: scenario.workScale },
    store: { path: store },
  });

it(
  "chips that hear each other are driven without a step lost, and the host alone is among their controls",
  async () => {
    let report: ExperimentReport | null = null;
    await virtualRun({
      seed: 1,
      mostMinutes: 3,
      folder: temporaryFolder(),
      configOf,
      make: (faults) => makeTwin(scenario, "own", faults),
      async work(session, signal) {
        report = await runExperiment(session, { plan, hash: planHash(plan) }, { resume: false }, signal);
      },
    });
    expect(report).toMatchObject({
      origin: "twin",
      answer: "no",
      hostMemory: expect.stringContaining("into its neighbours' clocks"),
      scores: [{ steps: 100, invalidSteps: 0 }],
      invalid: [],
    });
    const { scores, sentence } = report as unknown as ExperimentReport;
    expect(scores[0]?.controls).toContainEqual({ name: "host alone", nrmse: expect.any(Number) });
    expect(sentence).toContain("host alone");
  },
  TIMEOUT_MS,
);
