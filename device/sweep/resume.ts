/** Finds the sweep that a killed process left behind. */
import type { SweepPoint } from "../../telemetry/messages.ts";
import type { Store } from "../../telemetry/store/store.ts";

export interface Interrupted<Result> {
  readonly runId: number;
  /** What it had got, in the order it was stored. */
  readonly results: readonly Result[];
}

/** Ended without anybody having wanted it: killed, or by a fault. A run that the operator stopped is over. */
const RESUMABLE: readonly string[] = ["interrupted", "failed"];

/**
 * The results of the last run of this kind if that was cut off and had the same plan, by its hash; null: begin anew. A run that went on for another holds
 * copies of the other's results, so that the last one is enough.
 */
export async function interruptedRun(
  store: Store,
  kind: string,
  planHash: string,
  resultKind: string,
): Promise<Interrupted<unknown> | null> {
  const last = (await store.listRuns()).filter((run) => run.kind === kind).at(-1);
  if (last === undefined || !RESUMABLE.includes(last.status)) return null;
  const run = await store.run(last.id);
  if (run === null || run.imported !== null || run.provenance.planHash !== planHash) return null;
  const results = (await store.results(last.id)).filter((result) => result.kind === resultKind).map(({ value }) => value);
  return { runId: last.id, results };
}

/** Points of an interrupted sweep, each marked with the run in which it was measured. */
export function resumedPoints({ runId, results }: Interrupted<unknown>): SweepPoint[] {
  return (results as SweepPoint[]).map((point) => ({ ...point, measuredIn: point.measuredIn ?? runId }));
}
