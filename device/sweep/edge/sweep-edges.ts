/** A sweep that looks for the critical voltages alone: frequency by frequency, every look stored as it is made. */
import type { SweepPoint } from "../../../telemetry/messages.ts";
import type { Session } from "../../session.ts";
import type { SweepPlan } from "../plan-schema.ts";
import { type Begun, resultsOf, resumedPoints, sayResumed } from "../resume.ts";
import { type EdgeReport, findEdges, type StoredLook } from "./run-edge.ts";

/** Looks and reports of a search that was cut off are taken over: it goes on at the voltage it was at. */
export async function sweepEdges(
  session: Session,
  plan: SweepPlan,
  { home, order, hash, before }: Begun,
  signal: AbortSignal,
): Promise<{ points: SweepPoint[]; edges: EdgeReport[] }> {
  const { recorder, hub } = session;
  const frequencies = [...new Set(order.map(({ frequencyMhz }) => frequencyMhz))];
  const looks = before === null ? [] : resultsOf<StoredLook>(before, "edge-look");
  const reports = before === null ? [] : resultsOf<EdgeReport>(before, "edge");
  const points = before === null ? [] : resumedPoints(before);
  hub.publish("sweep", points);
  for (const point of points) await recorder.result("sweep-point", point);
  for (const look of looks) await recorder.result("edge-look", look);
  for (const report of reports) await recorder.result("edge", report);
  if (before !== null) sayResumed(session, before, hash, `at look ${looks.length + 1}`);
  for (const [at, frequencyMhz] of frequencies.entries()) {
    if (reports.some((report) => report.frequencyMhz === frequencyMhz)) continue;
    hub.publish("activity", { label: `critical voltages at ${frequencyMhz} MHz`, done: at, total: frequencies.length });
    const already = looks.filter((look) => look.frequencyMhz === frequencyMhz);
    const report = await findEdges(
      session,
      plan,
      { frequencyMhz, home, before: already },
      {
        async look(point, look) {
          const numbered = { ...point, index: points.length, total: points.length + 1 };
          points.push(numbered);
          hub.publish("sweepPoint", numbered);
          await recorder.result("sweep-point", numbered);
          await recorder.result("edge-look", look);
        },
      },
      signal,
    );
    await recorder.result("edge", report);
    reports.push(report);
    recorder.log("info", "sweep", edgeText(report));
  }
  return { points, edges: reports };
}

export function edgeText({ frequencyMhz, chips, dwellSeconds, why }: EdgeReport): string {
  const placed = chips.filter((chip) => chip.placed);
  const [least, most] = [Math.min(...placed.map(({ setPointMv }) => setPointMv)), Math.max(...placed.map(({ setPointMv }) => setPointMv))];
  const range = placed.length === 0 ? "" : `, from ${least.toFixed(0)} to ${most.toFixed(0)} mV`;
  return `critical voltages at ${frequencyMhz} MHz: ${placed.length} of ${chips.length} chips placed in ${dwellSeconds.toFixed(0)} s${range}${why === null ? "" : ` (${why})`}`;
}
