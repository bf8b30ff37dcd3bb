/** The record that all boards share, as one of them writes it: its runs say whose they are, in lists and on the dashboard. */
import type { Store } from "../../telemetry/store/store.ts";

export function runsOfBoard(store: Store, rig: string): Store {
  const named = (note: string) => (note.startsWith(`${rig}: `) ? note : `${rig}: ${note}`);
  return {
    ...store,
    startRun: (run) => store.startRun({ ...run, note: named(run.note), provenance: { rig, ...run.provenance } }),
    endRun: (runId, status, note) => store.endRun(runId, status, note === undefined ? undefined : named(note)),
  };
}
