/** `run` with several boards: what each does, with its name before it. docs/rig.md */
import { ConfigError, explain } from "../../common/errors.ts";
import type { Hub } from "../../telemetry/hub.ts";
import type { Config } from "../config/schema.ts";
import { runRig, type StationOutcome } from "../stations/rig-daemon.ts";
import { EXIT, exitCodeOf } from "./exit.ts";
import { ProgressLine } from "./progress.ts";
import { dashboardFolder, onStopSignals, type ServeOptions } from "./serve.ts";

/** Runs in the foreground until Ctrl-C or SIGTERM; resolves with the exit code: that of the first board that was in fault at the end. */
export async function serveRig(configs: readonly Config[], options: ServeOptions): Promise<number> {
  for (const [option, given] of Object.entries({ once: options.once, traceWire: options.traceWire, record: options.record }))
    if (given) throw new ConfigError("BAD_OPTION", `${option} is for one board.`, "Name one: --config FILE#NAME.", { option });
  const line = new ProgressLine();
  const { signal, release } = onStopSignals(line);
  const unfollow: (() => void)[] = [];
  try {
    const outcomes = await runRig({
      configs,
      dashboardDir: dashboardFolder(),
      signal,
      onReady: (config, hub, urls) => {
        unfollow.push(followBoard(config.rig, hub, line));
        const mqtt = urls.mqtt === null ? "" : `, MQTT ${urls.mqtt} (topics ${config.mqtt.base}/${config.rig}/...)`;
        line.say(`${config.rig}: dashboard ${urls.dashboard}${mqtt}`);
      },
      onPlanDone: (config) => line.say(`${config.rig}: the plan is done; mining at the set-point`),
    });
    if (options.json) process.stdout.write(`${JSON.stringify({ boards: outcomes.map(shown) })}\n`);
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

function shown({ rig, fault }: StationOutcome): { rig: string; fault: string | null } {
  return { rig, fault: fault === null ? null : explain(fault) };
}

function followBoard(rig: string, hub: Hub, line: ProgressLine): () => void {
  return hub.subscribe({
    update({ topic, value }) {
      if (topic === "state") line.say(`${rig}: [${value.state}] ${value.stateReason}`);
      // The reason of a fault is already on the screen as its state.
      if (topic === "event" && value.level !== "info" && value.text !== hub.snapshot().stateReason)
        line.say(`${rig}: ${value.level}: ${value.text}`);
      if (topic === "sweepPoint") line.say(`${rig}: ${value.coreVoltageMv} mV ${value.frequencyMhz} MHz: ${value.status}`);
    },
  });
}
