import { mkdirSync } from "node:fs";
import path from "node:path";
import { hostClock } from "../../common/clock.ts";
import { ConfigError } from "../../common/errors.ts";
import { clockAnchor, monotonicRawNs, verifyHeaders } from "../../drivers/native/index.ts";
import { parseListenAddress } from "../../drivers/stratum/address.ts";
import type { StratumMode } from "../../drivers/stratum/mode.ts";
import { openStore } from "../../telemetry/store/client.ts";
import { CaptureFile } from "../network/capture-file.ts";
import { reportText } from "../network/report-text.ts";
import { originOf, type StratumRunOptions, stratumRun } from "../network/stratum-run.ts";
import { SOFTWARE } from "../version.ts";
import { EXIT } from "./exit.ts";

export interface StratumOptions {
  listen: string;
  mode: StratumMode;
  minutes?: number;
  difficulty: number;
  suggest?: string;
  answerMs: number;
  stormMs: number;
  sigmaMs: number;
  seed: number;
  algorithm?: "sha256d" | "lbry";
  twin?: "s9" | "lv06" | "lb-box";
  workScale?: number;
  wifiLoss?: number;
  wifiBatchMs?: number;
  wifiLatencyMs?: number;
  capture?: string;
  store: string;
  json?: boolean;
}

const TWIN_WORK_SCALE = 32;

/** Serves until the time is up or somebody stops it. */
export async function stratumCommand(options: StratumOptions): Promise<number> {
  const run = runOptions(options);
  mkdirSync(path.dirname(path.resolve(options.store)), { recursive: true });
  const clock = { ...hostClock(monotonicRawNs), anchor: clockAnchor };
  const capture = options.capture === undefined ? null : new CaptureFile(options.capture, originOf(run));
  const store = await openStore({ path: options.store, clock });
  const stop = stopping(options.minutes);
  try {
    const { runId, report } = await stratumRun(
      run,
      {
        clock,
        store,
        capture,
        verify: verifyHeaders,
        software: SOFTWARE,
        onListening: ({ host, port }, id) => {
          process.stderr.write(`Run ${id}: miners may come to stratum+tcp://${host}:${port}. Ctrl-C ends it.\n`);
        },
      },
      stop.stopped,
    );
    await capture?.close();
    process.stdout.write(options.json ? `${JSON.stringify({ runId, ...report })}\n` : reportText(runId, options.store, report));
    return report.counts.valid > 0 ? EXIT.good : EXIT.no;
  } finally {
    stop.release();
    await store.close();
  }
}

function runOptions(options: StratumOptions): StratumRunOptions {
  const {
    mode,
    difficulty,
    sigmaMs,
    seed,
    twin,
    answerMs,
    stormMs,
    wifiLoss: loss,
    wifiBatchMs: batchMs,
    wifiLatencyMs: latencyMs,
  } = options;
  const path = Object.fromEntries(Object.entries({ loss, batchMs, latencyMs }).filter(([, value]) => value !== undefined));
  if (twin === undefined && Object.keys(path).length > 0)
    throw new ConfigError(
      "BAD_OPTION",
      "--wifi-loss, --wifi-batch-ms and --wifi-latency-ms are faults of a twin.",
      "Add --twin s9, --twin lv06 or --twin lb-box.",
    );
  const algorithm = twin === "lb-box" ? "lbry" : (options.algorithm ?? "sha256d");
  if (algorithm === "lbry" && twin !== undefined && twin !== "lb-box")
    throw new ConfigError("BAD_OPTION", `A twin of an ${twin} mines no LBRY.`, "Use --twin lb-box, or leave --algorithm out.");
  return {
    algorithm,
    listen: parseListenAddress(options.listen),
    mode,
    times: { answerMs, stormMs },
    difficulty,
    suggestions: suggestionsOf(options.suggest),
    sigmaMs,
    seed,
    twin: twin === undefined ? null : { kind: twin, path },
    workScale: options.workScale ?? (twin === undefined ? 0 : TWIN_WORK_SCALE),
  };
}

function suggestionsOf(text: string | undefined): [number, number] | null {
  if (text === undefined) return null;
  const match = /^([\d.]+)\.\.([\d.]+)$/.exec(text);
  const [least, greatest] = [Number(match?.[1]), Number(match?.[2])];
  if (!(least > 0 && greatest >= least))
    throw new ConfigError("BAD_OPTION", `--suggest ${text} is no range.`, "Write two powers of two, such as 256..65536.");
  return [least, greatest];
}

/** Resolves after `minutes`, or at SIGINT or SIGTERM. */
function stopping(minutes: number | undefined): { stopped: Promise<void>; release: () => void } {
  let release = () => {};
  const stopped = new Promise<void>((resolve) => {
    const stop = () => resolve();
    const timer = minutes === undefined ? undefined : setTimeout(stop, minutes * 60_000);
    process.once("SIGINT", stop).once("SIGTERM", stop);
    release = () => {
      clearTimeout(timer);
      process.off("SIGINT", stop).off("SIGTERM", stop);
    };
  });
  return { stopped, release };
}
