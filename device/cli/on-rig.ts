import type { Config } from "../config/schema.ts";
import { type DaemonOptions, type DaemonOutcome, runDaemon } from "../daemon.ts";
import { followHub, ProgressLine } from "./progress.ts";
import { dashboardFolder, onStopSignals } from "./serve.ts";

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
        unfollow = followHub(hub, line);
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
