import type { Config } from "../config/schema.ts";
import { type DaemonOptions, type DaemonOutcome, runDaemon } from "../daemon.ts";
import { followHub, ProgressLine } from "./progress.ts";
import { dashboardFolder, onStopSignals } from "./serve.ts";

/** Who logs what became of a plan. */
const PLAN_SOURCES: readonly string[] = ["sweep", "experiment"];

/** Runs a configuration's plan to its end, with its progress on standard error, and resolves with what `wanted` picks of the outcome. Rejects with the fault, or with the reason of a stop. */
export async function onRig<Result>(
  config: Config,
  wanted: (outcome: DaemonOutcome) => Result | null,
  experiment?: DaemonOptions["experiment"],
): Promise<Result> {
  const line = new ProgressLine();
  const { signal, release } = onStopSignals(line);
  let unfollow = () => {};
  try {
    const outcome = await runDaemon({
      config,
      dashboardDir: dashboardFolder(),
      signal,
      once: true,
      experiment,
      onReady: (hub, { dashboard }) => {
        const followed = [
          followHub(hub, line),
          // That and where it goes on with a run that was cut off.
          hub.subscribe({
            update(update) {
              if (update.topic === "event" && update.value.level === "info" && PLAN_SOURCES.includes(update.value.source))
                line.say(update.value.text);
            },
          }),
        ];
        unfollow = () => {
          for (const end of followed) end();
        };
        line.say(`Dashboard: ${dashboard}`);
      },
      onPlanDone: () => {},
    });
    if (outcome.fault) throw outcome.fault;
    const result = wanted(outcome);
    if (result === null) throw signal.reason;
    return result;
  } finally {
    unfollow();
    line.clear();
    release();
  }
}
