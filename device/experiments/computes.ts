/** "Does it compute?" on a rig: the study of reservoir/verdict/gate, every session a run of its own, the plan stored before the first. */
import { drive } from "../../reservoir/drive.ts";
import { STUDY_PLAN, type StudyReport, study } from "../../reservoir/verdict/gate/study.ts";
import type { SetPoint } from "../../telemetry/messages.ts";
import type { Config } from "../config/schema.ts";
import type { Session } from "../session.ts";
import { RigSubstrate } from "../substrates/rig-substrate.ts";

export type ComputesPlan = Config["computes"];

/** How long the study will drive the board, s. */
export function studySeconds({ sessions, steps, stepMs }: ComputesPlan): number {
  return ((sessions * steps + STUDY_PLAN.pilot) * stepMs) / 1000;
}

export async function runComputes(session: Session, plan: ComputesPlan, signal: AbortSignal): Promise<StudyReport> {
  const { recorder, hub, rig, config } = session;
  const home = rig.setPoint as SetPoint;
  const minutes = Math.ceil(studySeconds(plan) / 60);
  const voltages = { minMv: plan.driveMinMv, maxMv: plan.driveMaxMv, stepMs: plan.stepMs };
  await recorder.begin("computes", `does it compute? ${plan.sessions} sessions of ${plan.steps} steps, ${minutes} min`, { plan, home });
  await rig.freshJob();
  const report = await study(
    { substrate: config.rig, origin: config.origin },
    async (u, at) => {
      const label = at < 0 ? "pilot: which features vary" : `session ${at + 1} of ${plan.sessions}`;
      const driven = await drive(new RigSubstrate(session, voltages), u, {
        signal,
        onProgress: (done, total) => hub.publish("activity", { label: `does it compute? ${label}`, done, total }),
      });
      await recorder.result(at < 0 ? "computes-pilot" : `computes-session-${at + 1}`, {
        features: driven.names,
        emitted: driven.emitted,
        valid: Array.from(driven.valid),
        u: Array.from(u),
        // JSON knows no NaN: rows of invalid steps are null.
        states: Array.from(driven.states.data, (value) => (Number.isFinite(value) ? value : null)),
      });
      return driven;
    },
    { ...STUDY_PLAN, sessions: plan.sessions, steps: plan.steps, seed: plan.seed },
    { onPreregistered: (decided, hash) => recorder.result("computes-plan", { hash, decided }) },
  );
  await rig.apply(home, signal);
  await recorder.result("computes-report", report);
  await recorder.end("finished", report.verdict);
  return report;
}
