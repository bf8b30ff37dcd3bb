/** Finds the sweep that a killed process left behind. */
import type { RunSummary, SetPoint, SweepPoint } from "../../telemetry/messages.ts";
import type { Store, StoredResult } from "../../telemetry/store/store.ts";
import type { Session } from "../session.ts";

export interface Interrupted {
  readonly runId: number;
  /** What it had got, in the order it was stored. */
  readonly results: readonly StoredResult[];
}

/** Ended without anybody having wanted it: killed, or by a fault. A run that the operator stopped is over. */
const RESUMABLE: readonly string[] = ["interrupted", "failed"];

/**
 * The last run of this kind if that was cut off and had the same plan, by its hash; null: begin anew. A run that went on for another holds copies of the
 * other's results, so that the last one is enough.
 */
export async function interruptedRun(store: Store, kind: string, planHash: string): Promise<Interrupted | null> {
  const last = (await store.listRuns()).filter((run) => run.kind === kind).at(-1);
  if (last === undefined || !RESUMABLE.includes(last.status)) return null;
  const run = await store.run(last.id);
  if (run === null || run.imported !== null || run.provenance.planHash !== planHash) return null;
  return { runId: last.id, results: await store.results(last.id) };
}

/**
 * Whether a record may hold a run to go on with, asked before anything is powered: the last of this kind was not ended by anybody. A killed
 * one is still called running until its record is opened to be written.
 */
export function mayResume(runs: readonly RunSummary[], kind: string): boolean {
  const last = runs.filter((run) => run.kind === kind).at(-1);
  return last !== undefined && [...RESUMABLE, "running"].includes(last.status);
}

/** Its results of one kind. */
export function resultsOf<Value>({ results }: Interrupted, kind: string): Value[] {
  return results.filter((result) => result.kind === kind).map(({ value }) => value as Value);
}

/** Points of an interrupted sweep, each marked with the run in which it was measured. */
export function resumedPoints(before: Interrupted): SweepPoint[] {
  return resultsOf<SweepPoint>(before, "sweep-point").map((point) => ({ ...point, measuredIn: point.measuredIn ?? before.runId }));
}

/** A sweep that has begun: as a run of its own, or as the continuation of one that was cut off. */
export interface Begun {
  readonly home: SetPoint;
  readonly order: readonly SetPoint[];
  readonly hash: string;
  readonly before: Interrupted | null;
}

export function sayResumed({ recorder }: Session, { runId }: Interrupted, hash: string, where: string): void {
  recorder.log("info", "sweep", `goes on with run ${runId} ${where}: same plan ${hash.slice(0, 12)}`);
}
