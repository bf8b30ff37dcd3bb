/** "Does it compute?" on a rig: the study of reservoir/verdict/gate, every session a run of its own, the plan stored before the first. */
import { drive } from "../../reservoir/drive.ts";
import { CONSTANT_DRIVE, PILOT, STUDY_PLAN, type StudyReport, study } from "../../reservoir/verdict/gate/study.ts";
import type { SetPoint } from "../../telemetry/messages.ts";
import type { Config } from "../config/schema.ts";
import type { Session } from "../session.ts";
import { RigSubstrate } from "../substrates/rig-substrate.ts";

export type ComputesPlan = Config["computes"];

/** How long the study will drive the board, s. */
export function studySeconds({ sessions, steps, stepMs }: ComputesPlan): number {
  return ((sessions * steps + STUDY_PLAN.pilot + STUDY_PLAN.constant) * stepMs) / 1000;
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
      const { label, kind } = runOf(at, plan.sessions);
      const driven = await drive(new RigSubstrate(session, voltages), u, {
        signal,
        onProgress: (done, total) => hub.publish("activity", { label: `does it compute? ${label}`, done, total }),
      });
      await recorder.result(kind, {
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
  await recorder.result("computes-controls", { planHash: report.planHash, controls: report.controls });
  await recorder.result("computes-report", report);
  await recorder.end("finished", report.verdict);
  return report;
}

/** What a person sees while it is driven, and under which name its steps are kept. */
function runOf(session: number, sessions: number): { label: string; kind: string } {
  if (session === PILOT) return { label: "pilot: which features vary", kind: "computes-pilot" };
  if (session === CONSTANT_DRIVE) return { label: "control: constant drive", kind: "computes-constant-drive" };
  return { label: `session ${session + 1} of ${sessions}`, kind: `computes-session-${session + 1}` };
}
