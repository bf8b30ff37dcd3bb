/** `asic-reservoir experiment`: a plan file, before and after. */
import { existsSync } from "node:fs";
import path from "node:path";
import { ConfigError } from "../../common/errors.ts";
import { drive } from "../../reservoir/drive.ts";
import { DelayLine } from "../../reservoir/software/delay-line.ts";
import { EchoStateNetwork } from "../../reservoir/software/esn.ts";
import { WhiteNoise } from "../../reservoir/software/null.ts";
import type { Substrate } from "../../reservoir/substrate.ts";
import { openStore } from "../../telemetry/store/client.ts";
import { loadConfig } from "../config/load.ts";
import { BOARD_DEFAULTS, type Config, configSchema } from "../config/schema.ts";
import { type BudgetBoard, budgetOf } from "../experiments/budget.ts";
import { type ExperimentReport, judge } from "../experiments/judge.ts";
import { type LoadedPlan, loadPlan } from "../experiments/plan-file.ts";
import type { ExperimentPlan } from "../experiments/plan-schema.ts";
import { nothingToResume, runExperiment } from "../experiments/run-experiment.ts";
import { mayResume } from "../sweep/resume.ts";
import { EXIT } from "./exit.ts";
import { budgetText, experimentText } from "./experiment-text.ts";
import { onRig } from "./on-rig.ts";
import { ProgressLine } from "./progress.ts";
import { spawnTwin } from "./serve.ts";

export interface ExperimentOptions {
  readonly resume?: boolean;
  readonly json?: boolean;
}

type TwinPlan = Extract<ExperimentPlan["substrate"], { kind: "twin" }>;

/** The plan's own problems are a ConfigError: exit 2. */
export function experimentCheckCommand(file: string, options: ExperimentOptions): number {
  const { plan, hash } = loadPlan(file);
  const budget = budgetOf(plan, boardOf(plan));
  process.stdout.write(options.json ? `${JSON.stringify({ plan, planHash: hash, budget })}\n` : budgetText(plan, hash, budget));
  return EXIT.good;
}

/** Prints the report; the exit code answers whether the rule says yes. */
export async function experimentRunCommand(file: string, options: ExperimentOptions): Promise<number> {
  const loaded = loadPlan(file);
  const report = await reportFor(loaded, options.resume ?? false);
  process.stdout.write(options.json ? `${JSON.stringify(report)}\n` : experimentText(report, loaded.hash));
  return report.answer === "yes" ? EXIT.good : EXIT.no;
}

async function reportFor(loaded: LoadedPlan, resume: boolean): Promise<ExperimentReport> {
  const { substrate } = loaded.plan;
  switch (substrate.kind) {
    case "rig": {
      const config = loadConfig(substrate.config);
      if (resume) await requireCutOff(config.store.path, loaded);
      return onBoard(config, loaded, resume);
    }
    case "twin":
      if (resume) await requireCutOff(path.resolve(substrate.store), loaded);
      return onTwin(substrate, loaded, resume);
    default:
      if (resume)
        throw new ConfigError("BAD_OPTION", "--resume is for boards and twins: software begins anew.", "Run it without --resume.");
      return inSoftware(loaded);
  }
}

async function onBoard(config: Config, loaded: LoadedPlan, resume: boolean): Promise<ExperimentReport> {
  let report: ExperimentReport | null = null;
  return onRig(
    { ...config, plan: [] },
    () => report,
    async (session, signal) => {
      report = await runExperiment(session, loaded, { resume }, signal);
    },
  );
}

/** A slip of the hand must not power a board up. Whether it is the same plan on the same board is asked again when that is known. */
async function requireCutOff(store: string, { plan, hash }: LoadedPlan): Promise<void> {
  if (!existsSync(store)) throw nothingToResume(plan.name, hash);
  const record = await openStore({ path: store, readonly: true });
  try {
    if (!mayResume(await record.listRuns(), "experiment")) throw nothingToResume(plan.name, hash);
  } finally {
    await record.close();
  }
}

async function onTwin(substrate: TwinPlan, loaded: LoadedPlan, resume: boolean): Promise<ExperimentReport> {
  const { board, chips, seed } = substrate;
  const twin = await spawnTwin(["--seed", String(seed), ...(board === "s9" ? ["--board", "s9", "--chips", String(chips)] : [])]);
  try {
    const wiring = { control: twin.controlPath, data: twin.dataPath, workScale: twin.workScale };
    return await onBoard(twinConfig(substrate, wiring), loaded, resume);
  } finally {
    twin.stop();
  }
}

function twinConfig({ board, chips, store }: TwinPlan, wiring: { control: string; data: string; workScale: number }): Config {
  return configSchema.parse({
    rig: "experiment",
    origin: "twin",
    board: board === "s9" ? { kind: "s9-hashboard", chips, ...wiring } : { kind: "bitaxe-ultra", chips, ...wiring },
    store: { path: path.resolve(store) },
    api: { port: 0 },
    mqtt: { enabled: false },
  });
}

function inSoftware({ plan, hash }: LoadedPlan): Promise<ExperimentReport> {
  const line = new ProgressLine();
  return judge({
    plan,
    hash,
    substrate: plan.substrate.kind,
    origin: "software",
    driveSession: (u, session) => drive(softwareOf(plan, session), u),
    onProgress: (label, done, total) => line.show(label, done, total),
  }).finally(() => line.clear());
}

/** Its connections are the substrate's and not the input's: one seed for all sessions; noise is new in each. */
function softwareOf({ substrate, seeds }: ExperimentPlan, session: string): Substrate {
  const seed = seeds[0] ?? 1;
  switch (substrate.kind) {
    case "esn":
      return new EchoStateNetwork({ nodes: substrate.size, seed });
    case "delay-line":
      return new DelayLine({ taps: substrate.size });
    case "noise":
      return new WhiteNoise(substrate.size, [...session].reduce((sum, letter) => 31 * sum + letter.charCodeAt(0), seed) % 2 ** 31);
    default:
      throw new ConfigError("BAD_OPTION", `${substrate.kind} is no software.`, "Use esn, delay-line or noise.");
  }
}

/** What the budget reckons with; a rig's configuration is read, its ports are not opened. */
function boardOf({ substrate }: ExperimentPlan): BudgetBoard | null {
  if (substrate.kind === "rig") {
    const { board, setPoint, narma10 } = loadConfig(substrate.config);
    return { board, setPoint, drive: narma10 };
  }
  if (substrate.kind !== "twin") return null;
  const kind = substrate.board === "s9" ? "s9-hashboard" : "bitaxe-ultra";
  const { setPoint, narma10 } = BOARD_DEFAULTS[kind];
  return { board: { kind, chips: substrate.chips }, setPoint, drive: narma10 };
}
