/** `run` with several boards: what each does, with its name before it. docs/rig.md */
import { hostClock } from "../../common/clock.ts";
import { explain } from "../../common/errors.ts";
import type { Hub } from "../../telemetry/hub.ts";
import type { LogEvent } from "../../telemetry/messages.ts";
import { followBoards, hupReloads } from "../config/follow-file.ts";
import type { Config } from "../config/schema.ts";
import { startNotices } from "../notify/start-notices.ts";
import { runRig, type StationOutcome } from "../stations/rig-daemon.ts";
import { EXIT, exitCodeOf } from "./exit.ts";
import { ProgressLine, reachesLevel, sweepLine } from "./progress.ts";
import { dashboardFolder, onStopSignals, type ServeOptions } from "./serve.ts";

/** Runs in the foreground until Ctrl-C or SIGTERM; resolves with the exit code: that of the first board that was in fault at the end. */
export async function serveRig(configs: readonly [Config, ...Config[]], options: ServeOptions, file: string): Promise<number> {
  const line = new ProgressLine();
  const { signal, release } = onStopSignals(line, hupReloads() ? ["SIGINT", "SIGTERM"] : ["SIGINT", "SIGTERM", "SIGHUP"]);
  const notices = startNotices(process.env, hostClock(), (text) => line.say(`warning: ${text}`, "warning"));
  signal.addEventListener("abort", () => notices?.stopping(), { once: true });
  const [first] = configs;
  let { level } = first.log;
  const hubs: Hub[] = [];
  const unfollow: (() => void)[] = [];
  try {
    const outcomes = await runRig({
      configs,
      dashboardDir: dashboardFolder(),
      signal,
      once: options.once ?? false,
      record: options.record,
      traceWire: options.traceWire,
      // A service is alive as long as one of its boards is looked after: a restart for one would take the others down.
      ...(notices ? { passed: () => notices.passed(statesOf(hubs)) } : {}),
      follow: (boards) =>
        followBoards(
          file,
          hostClock(),
          boards,
          (next) => {
            level = next.log.level;
          },
          (rigs, said, text) => {
            const whose = rigs.length === 0 ? "" : `${rigs.join(", ")}: `;
            if (reachesLevel(said, level)) line.say(`${whose}${said}: ${text}`, said);
          },
        ),
      onReady: (config, hub, urls) => {
        if (hubs.length === 0) line.say(`Dashboard of all boards: ${urls.dashboard.replace(/\/\?.*$/, "")}`);
        hubs.push(hub);
        unfollow.push(followBoard(config.rig, hub, line, () => level));
        if (urls.mqtt !== null) line.say(`${config.rig}: MQTT ${urls.mqtt} (topics ${config.mqtt.base}/${config.rig}/...)`);
        if (hubs.length === configs.length) line.say(`Record of all boards: ${first.store.path}`);
      },
      onPlanDone: ({ rig, plan }) => {
        const done = plan.length === 0 ? "the board is up" : "the plan is done";
        line.say(options.once ? `${rig}: ${done}` : `${rig}: ${done}; mining at the set-point`);
      },
    });
    if (options.json) process.stdout.write(`${JSON.stringify({ boards: outcomes.map(shown) })}\n`);
    for (const { rig, fault } of outcomes) if (fault !== null) line.say(`${rig} ended in fault: ${explain(fault)}`, "error");
    const failed = outcomes.find(({ fault }) => fault !== null)?.fault;
    if (failed) return exitCodeOf(failed);
    line.say("All boards are in their safe state and the record is closed.");
    return EXIT.good;
  } finally {
    for (const end of unfollow) end();
    line.clear();
    release();
  }
}

function statesOf(hubs: readonly Hub[]): string {
  return hubs.map((hub) => `${hub.snapshot().rig} ${hub.snapshot().state}`).join(", ");
}

function shown({ rig, fault, report }: StationOutcome): { rig: string; fault: string | null; report: StationOutcome["report"] } {
  return { rig, fault: fault === null ? null : explain(fault), report };
}

function followBoard(rig: string, hub: Hub, line: ProgressLine, least: () => LogEvent["level"]): () => void {
  return hub.subscribe({
    update({ topic, value }) {
      if (topic === "state") line.say(`${rig}: [${value.state}] ${value.stateReason}`, value.state === "fault" ? "error" : "info");
      // The reason of a state is on the screen with it; what the file says is said once for all boards.
      if (topic === "event" && value.source !== "config" && reachesLevel(value.level, least()) && !tellsState(hub, value))
        line.say(`${rig}: ${value.level}: ${value.text}`, value.level);
      if (topic === "sweepPoint") line.say(`${rig}: ${sweepLine(value, hub.snapshot().origin).trim()}`);
    },
  });
}

function tellsState(hub: Hub, { text }: LogEvent): boolean {
  return text === hub.snapshot().stateReason;
}
