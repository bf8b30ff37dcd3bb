import path from "node:path";
import { ConfigError } from "../../common/errors.ts";
import { drive } from "../../reservoir/drive.ts";
import { DelayLine } from "../../reservoir/software/delay-line.ts";
import { EchoStateNetwork } from "../../reservoir/software/esn.ts";
import { WhiteNoise } from "../../reservoir/software/null.ts";
import type { Substrate } from "../../reservoir/substrate.ts";
import { narma10 } from "../../reservoir/tasks/narma10.ts";
import { scoreNarma10 } from "../../reservoir/verdict/narma-report.ts";
import type { NarmaReport } from "../../telemetry/messages.ts";
import { loadConfig } from "../config/load.ts";
import { type Config, configSchema } from "../config/schema.ts";
import { type DriveMode, defaultMode } from "../dispatcher/drive-mode.ts";
import { reportOf } from "../experiments/narma10.ts";
import { leastStepMs } from "../experiments/step-time.ts";
import { noncesPerSecond } from "../sweep/forecast.ts";
import { EXIT } from "./exit.ts";
import { modeFrom } from "./mode-option.ts";
import { lengthsFor } from "./narma-lengths.ts";
import { narmaForecast, narmaText } from "./narma-text.ts";
import { onRig } from "./on-rig.ts";
import { ProgressLine } from "./progress.ts";
import { spawnTwin } from "./serve.ts";

export interface NarmaOptions {
  substrate: "esn" | "delay-line" | "noise" | "twin" | "rig";
  config?: string;
  size: number;
  seed: number;
  washout?: number;
  train?: number;
  test?: number;
  stepMs: number;
  store: string;
  mode?: DriveMode["name"];
  set: string[];
  board?: "bitaxe-ultra" | "s9";
  chips: number;
  json?: boolean;
}

/** Prints the report; the exit code answers whether the substrate beat the 30 linear taps. */
export async function narma10Command(options: NarmaOptions): Promise<number> {
  const report = await reportFor(options);
  process.stdout.write(options.json ? `${JSON.stringify(report)}\n` : `${narmaText(report)}\n`);
  return report.beatsTaps.answer ? EXIT.good : EXIT.no;
}

async function reportFor(options: NarmaOptions): Promise<NarmaReport> {
  const driven = options.substrate === "twin" || options.substrate === "rig";
  if (!driven && (options.mode !== undefined || options.set.length > 0))
    throw new ConfigError("BAD_OPTION", "--mode and --set need a board.", "Add --substrate twin, or --substrate rig with --config FILE.");
  switch (options.substrate) {
    case "twin":
      return onTwin(options);
    case "rig":
      if (!options.config)
        throw new ConfigError("BAD_OPTION", "--substrate rig needs --config FILE.", "The file names the board; examples/ has some.");
      return onConfigured(loadConfig(options.config), options);
    case "esn":
      return inSoftware(new EchoStateNetwork({ nodes: options.size, seed: options.seed }), options);
    case "delay-line":
      return inSoftware(new DelayLine({ taps: options.size }), options);
    case "noise":
      return inSoftware(new WhiteNoise(options.size, options.seed), options);
  }
}

async function inSoftware(substrate: Substrate, options: NarmaOptions): Promise<NarmaReport> {
  const line = new ProgressLine();
  const { washout, train, test } = lengthsFor(options, null);
  const task = narma10(options.seed, washout + train + test);
  const driven = await drive(substrate, task.u, { onProgress: (done, total) => line.show(`driving the ${substrate.name}`, done, total) });
  const result = await scoreNarma10(
    { ...task, ...driven, washout, train, test, origin: substrate.origin },
    { onProgress: (_, done, total) => line.show("training the readout and its controls", done, total) },
  );
  line.clear();
  return reportOf(result, { runId: null, stepMs: 0 });
}

function onConfigured(config: Config, options: NarmaOptions): Promise<NarmaReport> {
  const { seed, stepMs } = options;
  const mode = modeFrom(options, config.narma10.mode);
  return onBoard({ ...config, plan: ["narma10"], narma10: { ...config.narma10, seed, stepMs, mode } }, options);
}

/** Says beforehand how long it takes, and what its test can find. */
function onBoard(config: Config, options: NarmaOptions): Promise<NarmaReport> {
  const { board, setPoint, narma10: plan } = config;
  const rangeMv = plan.driveMaxMv - plan.driveMinMv;
  const stepMs = leastStepMs({ board, noncesPerSecond: noncesPerSecond(board, setPoint), rangeMv }, plan.mode, plan.stepMs);
  const lengths = lengthsFor(options, stepMs);
  process.stderr.write(`${narmaForecast(lengths, stepMs)}\n`);
  return onRig({ ...config, narma10: { ...plan, ...lengths } }, ({ report }) => report);
}

async function onTwin(options: NarmaOptions): Promise<NarmaReport> {
  const mode = modeFrom(options, defaultMode("monologue"));
  // Chips with clocks of their own are an S9's.
  const s9 = options.board === undefined ? mode.name === "chorus" : options.board === "s9";
  const twin = await spawnTwin(["--seed", String(options.seed), ...(s9 ? ["--board", "s9", "--chips", String(options.chips)] : [])]);
  try {
    return await onBoard(
      configSchema.parse({
        rig: "narma10",
        origin: "twin",
        board: {
          kind: s9 ? "s9-hashboard" : "bitaxe-ultra",
          ...(s9 ? { chips: options.chips } : {}),
          control: twin.controlPath,
          data: twin.dataPath,
          workScale: twin.workScale,
        },
        plan: ["narma10"],
        // What counts in a chorus, and in a replay, is each chip's own nonces: every one of them.
        ...(s9 ? { setPoint: { ticketDifficulty: 1 } } : {}),
        narma10: { seed: options.seed, stepMs: options.stepMs, mode },
        store: { path: path.resolve(options.store) },
        api: { port: 0 },
        mqtt: { enabled: false },
      }),
      options,
    );
  } finally {
    twin.stop();
  }
}
