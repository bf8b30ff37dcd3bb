/** An experiment on a rig: its plan's hash stored before the first step, its steps in blocks as they are done. */
import { ConfigError } from "../../common/errors.ts";
import { planHash } from "../../reservoir/verdict/gate/power.ts";
import { STUDY_PLAN } from "../../reservoir/verdict/gate/study.ts";
import type { SetPoint } from "../../telemetry/messages.ts";
import type { Session } from "../session.ts";
import { modeSubstrate } from "../substrates/mode-substrate.ts";
import { type Interrupted, interruptedRun, resultsOf } from "../sweep/resume.ts";
import { type ExperimentReport, judge } from "./judge.ts";
import type { LoadedPlan } from "./plan-file.ts";
import { driveInBlocks, type StepBlock, sessionBlocks } from "./step-blocks.ts";

/** A crash loses at most so many steps, and each block is a commit. */
const BLOCK_STEPS = 50;

/** The plan on this board: another board, or another set-point to start from, is another experiment. */
export function experimentHash({ config }: Pick<Session, "config">, { hash }: Pick<LoadedPlan, "hash">, home: SetPoint): string {
  const { rig, origin, board } = config;
  return planHash({ plan: hash, home, rig, origin, board: board.kind, chips: board.chips });
}

/**
 * Runs it as a run of its own and goes back to the set-point it started from. `resume` goes on where the last run of the same plan on the same board was
 * cut off; ConfigError NOTHING_TO_RESUME when there is none. Steps whose set-point does not read back are marked with the reason and left out.
 */
export async function runExperiment(
  session: Session,
  loaded: LoadedPlan,
  { resume }: { readonly resume: boolean },
  signal: AbortSignal,
): Promise<ExperimentReport> {
  const { recorder, hub, rig, config } = session;
  const { plan } = loaded;
  const home = rig.setPoint as SetPoint;
  const hash = experimentHash(session, loaded, home);
  const before = resume ? await interruptedRun(session.store, "experiment", hash) : null;
  if (resume && before === null) throw nothingToResume(plan.name, hash);
  await recorder.begin("experiment", `${plan.name}: ${plan.task.name}, ${plan.mode.name}`, {
    plan,
    planHash: hash,
    home,
    resumes: before?.runId ?? null,
  });
  const stored = before === null ? [] : await takenOver(session, before, hash);
  await rig.freshJob();
  const range = {
    minMv: plan.driveMinMv ?? config.narma10.driveMinMv,
    maxMv: plan.driveMaxMv ?? config.narma10.driveMaxMv,
    stepMs: plan.stepMs,
  };
  const report = await judge({
    plan,
    hash,
    substrate: config.rig,
    origin: config.origin,
    signal,
    onProgress: (label, done, total) => hub.publish("activity", { label: `${plan.name}: ${label}`, done, total }),
    onResult: (kind, value) => recorder.result(kind, value),
    async driveSession(u, name) {
      const mode = await modeSubstrate(session, plan.mode, range, signal);
      try {
        const driven = await driveInBlocks(mode.substrate, u, {
          session: name,
          before: sessionBlocks(stored, name),
          washout: plan.task.name === "narma10" ? plan.task.washout : STUDY_PLAN.washout,
          blockSteps: BLOCK_STEPS,
          signal,
          onBlock: (block) => recorder.result("experiment-block", block),
          onProgress: (done, total) => hub.publish("activity", { label: `${plan.name}: ${name}`, done, total }),
        });
        const check = await mode.finish(signal);
        if (check) await recorder.result("golden-check", check);
        return driven;
      } finally {
        mode.end();
      }
    },
  });
  await rig.apply(home, signal);
  await recorder.result("experiment-report", report);
  await recorder.end("finished", report.sentence);
  return report;
}

/** The new run is whole by itself: it can be cut off too. */
async function takenOver({ recorder }: Session, before: Interrupted, hash: string): Promise<StepBlock[]> {
  const blocks = resultsOf<StepBlock>(before, "experiment-block");
  for (const block of blocks) await recorder.result("experiment-block", block);
  const last = blocks.at(-1);
  const where = last === undefined ? "at its beginning" : `at step ${last.from + last.emitted.length + 1} of ${last.session}`;
  recorder.log("info", "experiment", `goes on with run ${before.runId} ${where}: same plan ${hash.slice(0, 12)}`);
  return blocks;
}

export function nothingToResume(name: string, hash: string): ConfigError {
  return new ConfigError(
    "NOTHING_TO_RESUME",
    `The last experiment of this record is not a run of ${name} that was cut off.`,
    "Run it without --resume; a plan, board or set-point that was changed is another experiment.",
    { planHash: hash },
  );
}
