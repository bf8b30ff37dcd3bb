/** A sweep on a rig, from its stored plan to its last point. */
import { planHash } from "../../reservoir/verdict/gate/power.ts";
import type { SetPoint, SweepPoint } from "../../telemetry/messages.ts";
import type { Session } from "../session.ts";
import { nextAdaptive } from "./adaptive.ts";
import type { EdgeReport } from "./edge/run-edge.ts";
import { sweepEdges } from "./edge/sweep-edges.ts";
import { measurePoint } from "./measure-point.ts";
import { sweepOrder } from "./order.ts";
import type { SweepPlan } from "./plan-schema.ts";
import { type Begun, interruptedRun, resumedPoints, sayResumed } from "./resume.ts";

/** What makes two sweeps the same: plan, board and where they start from. */
export function sweepHash({ config }: Pick<Session, "config">, plan: SweepPlan, home: SetPoint): string {
  const { rig, origin, board } = config;
  return planHash({ plan, home, rig, origin, board: board.kind, chips: board.chips });
}

export interface SweepOutcome {
  readonly points: readonly SweepPoint[];
  /** Of a plan that looks for them: a report a frequency. */
  readonly edges: readonly EdgeReport[];
}

/**
 * Runs the sweep as a run of its own, with plan, hash and order stored before the first point and every point as it is measured, and goes back to the
 * set-point it started from. A point whose set-point is refused or does not read back is marked invalid with the reason and left out of every figure;
 * the others go on. When the last sweep had the same plan and was cut off, it goes on at the point it was at.
 */
export async function runSweep(session: Session, plan: SweepPlan, signal: AbortSignal): Promise<SweepOutcome> {
  const { rig, recorder } = session;
  const home = rig.setPoint as SetPoint;
  const order = sweepOrder(plan, home);
  const hash = sweepHash(session, plan, home);
  const before = await interruptedRun(session.store, "sweep", hash);
  const frequencies = new Set(order.map(({ frequencyMhz }) => frequencyMhz)).size;
  const what = plan.plan === "edge" ? "critical voltages" : `${order.length} points`;
  const note = `${plan.plan}: ${what} at ${frequencies} ${frequencies === 1 ? "frequency" : "frequencies"}`;
  await recorder.begin("sweep", note, { plan, home, planHash: hash, order, resumes: before?.runId ?? null });
  const begun = { home, order, hash, before };
  const { points, edges } =
    plan.plan === "edge"
      ? await sweepEdges(session, plan, begun, signal)
      : { points: await sweepPoints(session, plan, begun, signal), edges: [] };
  await rig.apply(home, signal);
  await recorder.end("finished", `${points.filter(({ status }) => status === "done").length} of ${points.length} points measured`);
  return { points, edges };
}

async function sweepPoints(
  session: Session,
  plan: SweepPlan,
  { home, order, hash, before }: Begun,
  signal: AbortSignal,
): Promise<SweepPoint[]> {
  const { recorder, hub } = session;
  const points = before === null ? [] : resumedPoints(before);
  hub.publish("sweep", points);
  // The new run is whole by itself: it can be cut off too.
  for (const point of points) await recorder.result("sweep-point", point);
  if (before !== null) sayResumed(session, before, hash, `at point ${points.length + 1} of ${order.length}`);
  for (let wanted = next(plan, order, points); wanted !== null; wanted = next(plan, order, points)) {
    signal.throwIfAborted();
    const index = points.length;
    const total = Math.max(order.length, index + 1);
    const label = `sweep: ${wanted.coreVoltageMv} mV, ${wanted.frequencyMhz} MHz`;
    hub.publish("activity", { label, done: index, total });
    const point = await measurePoint(session, plan, { wanted, home, index, total }, signal);
    points.push(point);
    hub.publish("sweepPoint", point);
    await recorder.result("sweep-point", point);
  }
  return points;
}

/** The point after those that there are; null when all are measured. */
function next(plan: SweepPlan, order: readonly SetPoint[], points: readonly SweepPoint[]): SetPoint | null {
  const planned = order[points.length];
  if (planned !== undefined) return planned;
  return plan.plan === "adaptive" ? nextAdaptive(points, plan.resolutionMv) : null;
}
