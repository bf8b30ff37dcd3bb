/** A sweep on a rig, from its stored plan to its last point. */
import { planHash } from "../../reservoir/verdict/gate/power.ts";
import type { SetPoint, SweepPoint } from "../../telemetry/messages.ts";
import type { Session } from "../session.ts";
import { nextAdaptive } from "./adaptive.ts";
import { measurePoint } from "./measure-point.ts";
import { sweepOrder } from "./order.ts";
import type { SweepPlan } from "./plan-schema.ts";
import { interruptedRun, resumedPoints } from "./resume.ts";

/** What makes two sweeps the same: plan, board and where they start from. */
export function sweepHash({ config }: Pick<Session, "config">, plan: SweepPlan, home: SetPoint): string {
  const { rig, origin, board } = config;
  return planHash({ plan, home, rig, origin, board: board.kind, chips: board.chips });
}

/**
 * Runs the sweep as a run of its own, with plan, hash and order stored before the first point and every point as it is measured, and goes back to the
 * set-point it started from. A point whose set-point is refused or does not read back is marked invalid with the reason and left out of every figure;
 * the others go on. When the last sweep had the same plan and was cut off, it goes on at the point it was at.
 */
export async function runSweep(session: Session, plan: SweepPlan, signal: AbortSignal): Promise<SweepPoint[]> {
  const { rig, recorder, hub } = session;
  const home = rig.setPoint as SetPoint;
  const order = sweepOrder(plan, home);
  const hash = sweepHash(session, plan, home);
  const before = await interruptedRun(session.store, "sweep", hash, "sweep-point");
  const note = `${plan.plan}, ${order.length} points of ${plan.frequencyMhz.length} frequencies`;
  await recorder.begin("sweep", note, { plan, home, planHash: hash, order, resumes: before?.runId ?? null });
  const points = before === null ? [] : resumedPoints(before);
  hub.publish("sweep", points);
  // The new run is whole by itself: it can be cut off too.
  for (const point of points) await recorder.result("sweep-point", point);
  if (before !== null)
    recorder.log(
      "info",
      "sweep",
      `goes on with run ${before.runId} at point ${points.length + 1} of ${order.length}: same plan ${hash.slice(0, 12)}`,
    );
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
  await rig.apply(home, signal);
  await recorder.end("finished", `${points.filter(({ status }) => status === "done").length} of ${points.length} points measured`);
  return points;
}

/** The point after those that there are; null when all are measured. */
function next(plan: SweepPlan, order: readonly SetPoint[], points: readonly SweepPoint[]): SetPoint | null {
  const planned = order[points.length];
  if (planned !== undefined) return planned;
  return plan.plan === "adaptive" ? nextAdaptive(points, plan.resolutionMv) : null;
}
