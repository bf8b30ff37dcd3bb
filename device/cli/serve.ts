import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { hostClock } from "../../common/clock.ts";
import { AsicError, explain, TelemetryError, TwinError } from "../../common/errors.ts";
import { followFile, hupReloads } from "../config/follow-file.ts";
import { invalid, type Loaded, loadBoards } from "../config/load.ts";
import { type Config, configSchema } from "../config/schema.ts";
import { type DaemonOutcome, runDaemon } from "../daemon.ts";
import { startNotices } from "../notify/start-notices.ts";
import { EXIT, exitCodeOf } from "./exit.ts";
import { followHub, ProgressLine } from "./progress.ts";

/** The checkout, seen from dist/device/cli. */
const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../../..");
const MAIN = path.join(ROOT, "dist/device/cli/main.js");

export interface ServeOptions {
  once?: boolean;
  traceWire?: string;
  record?: string;
  json?: boolean;
}

export function dashboardFolder(): string {
  return path.join(ROOT, "dist/dashboard");
}

/** A signal that aborts on Ctrl-C, SIGTERM and a closed terminal; a second Ctrl-C cannot cut the way to safety short. */
export function onStopSignals(
  line: ProgressLine,
  names: readonly ("SIGINT" | "SIGTERM" | "SIGHUP")[] = ["SIGINT", "SIGTERM", "SIGHUP"],
): { signal: AbortSignal; release(): void } {
  const stop = new AbortController();
  const onSignal = (name: string) => {
    if (stop.signal.aborted) return line.say("already stopping: the board is being made safe");
    line.say(`${name}: ramping down and switching off ...`);
    stop.abort(new AsicError("STOPPED", "Stopped by the operator.", ""));
  };
  for (const name of names) process.on(name, onSignal);
  return {
    signal: stop.signal,
    release() {
      for (const name of names) process.off(name, onSignal);
    },
  };
}

/** Runs a daemon in the foreground until Ctrl-C or SIGTERM; resolves with the exit code. With a `file` it follows that file. */
export async function serve(config: Config, options: ServeOptions, file: string | null = null): Promise<number> {
  const line = new ProgressLine();
  const reloads = file !== null && hupReloads();
  const { signal, release } = onStopSignals(line, reloads ? ["SIGINT", "SIGTERM"] : ["SIGINT", "SIGTERM", "SIGHUP"]);
  const notices = startNotices(process.env, hostClock(), (text) => line.say(`warning: ${text}`, "warning"));
  signal.addEventListener("abort", () => notices?.stopping(), { once: true });
  let status = () => "";
  let { level } = config.log;
  let unfollow = () => {};
  try {
    const outcome = await runDaemon({
      config,
      dashboardDir: dashboardFolder(),
      signal,
      traceWire: options.traceWire,
      record: options.record,
      once: options.once ?? false,
      ...(notices ? { passed: () => notices.passed(status()) } : {}),
      onReady: (hub, urls) => {
        status = () => `${hub.snapshot().state}: ${hub.snapshot().stateReason} (${urls.dashboard})`;
        unfollow = followHub(hub, line, () => level);
        line.say(`Dashboard: ${urls.dashboard}`);
        if (urls.mqtt) line.say(`MQTT:      ${urls.mqtt} (topics ${config.mqtt.base}/${config.rig}/...)`);
        line.say(`Record:    ${config.store.path}`);
      },
      ...(file === null
        ? {}
        : {
            follow: (appliers, events) => {
              const log = (next: Config) => {
                level = next.log.level;
              };
              return followFile(file, config, hostClock(), { ...appliers, log }, events);
            },
          }),
      onPlanDone: ({ report }) => {
        if (report) line.say(`${report.verdict}`);
        if (!options.once) line.say("Mining at the set-point. Ctrl-C switches the board off and closes the record.");
      },
    });
    return finish(outcome, options, line);
  } finally {
    unfollow();
    line.clear();
    release();
  }
}

function finish(outcome: DaemonOutcome, options: ServeOptions, line: ProgressLine): number {
  if (options.json)
    process.stdout.write(`${JSON.stringify({ fault: outcome.fault ? explain(outcome.fault) : null, report: outcome.report })}\n`);
  if (outcome.fault) return exitCodeOf(outcome.fault);
  line.say("The board is in its safe state and the record is closed.");
  return EXIT.good;
}

export async function runCommand(options: ServeOptions & { config: string }): Promise<number> {
  const [first, ...others] = loadBoards(options.config) as [Loaded, ...Loaded[]];
  if (first.missingSecrets.length > 0) throw invalid(options.config, first.missingSecrets);
  // A file with `boards` is a rig, also with one in it; one that is named runs alone.
  if (first.board !== null && existsSync(options.config))
    return (await import("./serve-rig.ts")).serveRig([first.config, ...others.map(({ config }) => config)], options, options.config);
  return serve(first.config, options, options.config);
}

export interface DemoOptions extends ServeOptions {
  store: string;
  port?: number;
  seed: number;
}

/** A twin in a process of its own, and the daemon on its two ports. */
export async function demoCommand(options: DemoOptions): Promise<number> {
  const twin = await spawnTwin(["--seed", String(options.seed)]);
  try {
    const config = demoConfig(twin, options);
    try {
      return await serve(config, options);
    } catch (error) {
      // Another program on the usual port is no reason to disappoint a newcomer, unless the port was asked for.
      if (!(error instanceof TelemetryError && error.code === "PORT_IN_USE") || options.port !== undefined) throw error;
      return await serve({ ...config, api: { ...config.api, port: 0 } }, options);
    }
  } finally {
    twin.stop();
  }
}

function demoConfig(twin: SpawnedTwin, options: DemoOptions): Config {
  return configSchema.parse({
    rig: "demo",
    origin: "twin",
    board: { kind: "bitaxe-ultra", control: twin.controlPath, data: twin.dataPath, workScale: twin.workScale },
    plan: ["sweep", "narma10"],
    sweep: { coreVoltageMv: [1150, 1200, 1250, 1300], frequencyMhz: [425, 500, 550] },
    narma10: { washout: 50, train: 450, test: 200, stepMs: 80, seed: options.seed },
    store: { path: path.resolve(options.store) },
    api: options.port === undefined ? {} : { port: options.port },
    mqtt: { port: 0 },
  });
}

export interface SpawnedTwin {
  readonly controlPath: string;
  readonly dataPath: string;
  readonly workScale: number;
  readonly pid: number;
  stop(): void;
}

/**
 * Starts `asic-reservoir twin` beside us. It lives in its own process group, so that Ctrl-C reaches us alone and the board can
 * still be switched off; it ends by itself when our end of its input closes, however we end.
 */
export async function spawnTwin(args: readonly string[]): Promise<SpawnedTwin> {
  const child = spawn(process.execPath, [MAIN, "twin", "--json", "--until-input-ends", ...args], {
    stdio: ["pipe", "pipe", "inherit"],
    detached: true,
  });
  const first = await firstLine(child);
  const { control, data, workScale } = JSON.parse(first) as { control: string; data: string; workScale: number };
  return { controlPath: control, dataPath: data, workScale, pid: child.pid ?? 0, stop: () => child.stdin?.end() };
}

function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    child.stdout?.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
      if (text.includes("\n")) resolve(text.slice(0, text.indexOf("\n")));
    });
    child.once("error", reject);
    child.once("exit", (code) =>
      reject(new TwinError("TWIN_FAILED", `The twin ended at once (exit ${code}).`, "Run `asic-reservoir twin` to see why.")),
    );
  });
}
