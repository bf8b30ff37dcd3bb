import path from "node:path";
import { ConfigError } from "../../common/errors.ts";
import { drive } from "../../reservoir/drive.ts";
import { DelayLine } from "../../reservoir/software/delay-line.ts";
import { EchoStateNetwork } from "../../reservoir/software/esn.ts";
import { WhiteNoise } from "../../reservoir/software/null.ts";
import type { Substrate } from "../../reservoir/substrate.ts";
import { STUDY_PLAN, type StudyReport, study } from "../../reservoir/verdict/gate/study.ts";
import { loadConfig } from "../config/load.ts";
import { type Config, configSchema } from "../config/schema.ts";
import { computesText } from "./computes-text.ts";
import { EXIT } from "./exit.ts";
import { onRig } from "./on-rig.ts";
import { ProgressLine } from "./progress.ts";
import { spawnTwin } from "./serve.ts";

export interface ComputesOptions {
  substrate: "esn" | "delay-line" | "noise" | "twin" | "rig";
  config?: string;
  size: number;
  seed: number;
  sessions: number;
  steps: number;
  stepMs: number;
  store: string;
  json?: boolean;
}

/** Prints the study; the exit code answers whether it computes. */
export async function computesCommand(options: ComputesOptions): Promise<number> {
  const report = await reportFor(options);
  process.stdout.write(options.json ? `${JSON.stringify(report)}\n` : `${computesText(report)}\n`);
  return report.computes ? EXIT.good : EXIT.no;
}

async function reportFor(options: ComputesOptions): Promise<StudyReport> {
  const { size, seed } = options;
  switch (options.substrate) {
    case "twin":
      return onTwin(options);
    case "rig":
      if (!options.config)
        throw new ConfigError("BAD_OPTION", "--substrate rig needs --config FILE.", "The file names the board; examples/ has some.");
      return onRig(withStudy(loadConfig(options.config), options), ({ study }) => study);
    case "esn":
      return inSoftware(() => new EchoStateNetwork({ nodes: size, seed }), options);
    case "delay-line":
      return inSoftware(() => new DelayLine({ taps: size }), options);
    case "noise":
      return inSoftware((session) => new WhiteNoise(size, seed + session + 1), options);
  }
}

function inSoftware(make: (session: number) => Substrate, { substrate, sessions, steps, seed }: ComputesOptions): Promise<StudyReport> {
  const line = new ProgressLine();
  return study(
    { substrate, origin: "software" },
    (u, session) => drive(make(session), u),
    { ...STUDY_PLAN, sessions, steps, seed },
    { onProgress: (label, done, total) => line.show(label, done, total) },
  ).finally(() => line.clear());
}

function withStudy(config: Config, { sessions, steps, stepMs, seed }: ComputesOptions): Config {
  return { ...config, plan: ["computes"], computes: { ...config.computes, sessions, steps, stepMs, seed } };
}

async function onTwin(options: ComputesOptions): Promise<StudyReport> {
  const twin = await spawnTwin(["--seed", String(options.seed)]);
  try {
    const config = configSchema.parse({
      rig: "computes",
      origin: "twin",
      board: { kind: "bitaxe-ultra", control: twin.controlPath, data: twin.dataPath, workScale: twin.workScale },
      store: { path: path.resolve(options.store) },
      api: { port: 0 },
      mqtt: { enabled: false },
    });
    return await onRig(withStudy(config, options), ({ study }) => study);
  } finally {
    twin.stop();
  }
}
