/** NARMA-10 on a rig: drive it with the input, keep every step, score it beside its controls. */
import { type Driven, drive } from "../../reservoir/drive.ts";
import { narma10 } from "../../reservoir/tasks/narma10.ts";
import { type Narma10Result, scoreNarma10 } from "../../reservoir/verdict/narma-report.ts";
import type { NarmaProgress, NarmaReport, SetPoint } from "../../telemetry/messages.ts";
import type { Config } from "../config/schema.ts";
import { type DriveMode, hostMemoryOf, modeWords } from "../dispatcher/drive-mode.ts";
import type { Session } from "../session.ts";
import { modeSubstrate } from "../substrates/mode-substrate.ts";
import { hostStates } from "./host-control.ts";

/** Steps the live chart shows. */
const RECENT = 120;
/** The chart is for people: ten updates a second are enough. */
const SHOW_EVERY_MS = 100;

const HOST_ALONE = "the input and what the host fed back, from its own log, linear: what needs no chip";
("the input and what the host fed back, from its own log, linear: what the loop explains without the chips' answers to this step");

export type NarmaPlan = Config["narma10"];

/** Runs the task as a run of its own; the input series, what was emitted and all features are stored with the report. */
export async function runNarma10(session: Session, plan: NarmaPlan, signal: AbortSignal): Promise<NarmaReport> {
  const { recorder, hub, rig } = session;
  const home = rig.setPoint as SetPoint;
  const steps = plan.washout + plan.train + plan.test;
  const task = narma10(plan.seed, steps);
  const runId = await recorder.begin(
    "narma10",
    `${plan.mode.name}: ${steps} steps of ${plan.stepMs} ms, core voltage ${plan.driveMinMv} to ${plan.driveMaxMv} mV`,
    {
      plan,
      home,
      taskSeed: task.seed,
      redraws: task.redraws,
    },
  );
  await rig.freshJob();
  const range = { minMv: plan.driveMinMv, maxMv: plan.driveMaxMv, stepMs: plan.stepMs };
  const mode = await modeSubstrate(session, plan.mode, range, signal);
  const live = liveProgress(session, task, plan.washout);
  let driven: Driven;
  try {
    driven = await drive(mode.substrate, task.u, { signal, onProgress: live.show }).finally(live.stop);
    const check = await mode.finish(signal);
    if (check) await recorder.result("golden-check", check);
  } finally {
    mode.end();
  }
  await rig.apply(home, signal);
  await recorder.result("narma10-steps", {
    features: driven.names,
    emitted: driven.emitted,
    valid: Array.from(driven.valid),
    u: Array.from(task.u),
    y: Array.from(task.y),
    // JSON knows no NaN: rows of invalid steps are null.
    states: Array.from(driven.states.data, (value) => (Number.isFinite(value) ? value : null)),
  });
  const { washout, train, test } = plan;
  const collected = { ...task, ...driven, washout, train, test, origin: session.config.origin };
  const onProgress = (_: string, done: number, total: number) =>
    hub.publish("activity", { label: "NARMA-10: training the readout and its controls", done, total });
  const result = await scoreNarma10(collected, { onProgress, signal });
  const host = hostStates(task.u, driven.emitted);
  if (host) {
    const { substrate } = await scoreNarma10({ ...collected, ...host }, { onProgress, signal });
    result.controls.push({ ...substrate, name: "host alone", description: HOST_ALONE });
  }
  const report = reportOf(result, { runId, stepMs: plan.stepMs, mode: described(plan.mode) });
  await recorder.result("narma10-report", report);
  hub.publish("report", report);
  await recorder.end("finished", report.verdict);
  return report;
}

/** The scored result in the form that people see and the record keeps; its sentence names the origin. */
export function reportOf(result: Narma10Result, from: Pick<NarmaReport, "runId" | "stepMs" | "mode">): NarmaReport {
  const { verdict, featuresRefused, ...rest } = result;
  const where = { hardware: "On hardware", twin: "On a digital twin", recording: "On a recording", software: "In software" }[result.origin];
  return {
    ...rest,
    ...from,
    featuresRefused: [...featuresRefused],
    verdict: `${where}: ${verdict.charAt(0).toLowerCase()}${verdict.slice(1)}`,
  };
}

function described(mode: DriveMode): NonNullable<NarmaReport["mode"]> {
  return { name: mode.name, words: modeWords(mode), hostMemory: hostMemoryOf(mode) };
}

function liveProgress(session: Session, task: { u: Float64Array; y: Float64Array }, washout: number) {
  const recent: NarmaProgress["recent"] = [];
  let arrived = 0;
  let shownMs = 0;
  const stop = session.onNonces((batch) => {
    arrived += batch.length;
  });
  const show = (done: number, total: number) => {
    const step = done - 1;
    recent.push({ step, u: task.u[step] as number, y: task.y[done] as number, nonces: arrived });
    arrived = 0;
    if (recent.length > RECENT) recent.shift();
    const nowMs = session.clock.wallMs();
    if (nowMs - shownMs < SHOW_EVERY_MS && done < total) return;
    shownMs = nowMs;
    session.hub.publish("narma", { done, total, washout, recent: [...recent] });
    session.hub.publish("activity", { label: "NARMA-10: driving the substrate", done, total });
  };
  return { show, stop };
}
