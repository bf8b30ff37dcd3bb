/** From a plan and something that drives its sessions to a report: knows no hardware. */
import { ScienceError } from "../../common/errors.ts";
import type { Origin } from "../../common/origin.ts";
import type { Driven } from "../../reservoir/drive.ts";
import { takeColumns } from "../../reservoir/matrix.ts";
import { narma10 } from "../../reservoir/tasks/narma10.ts";
import { STUDY_PLAN, type StudyReport, study } from "../../reservoir/verdict/gate/study.ts";
import { scoreNarma10 } from "../../reservoir/verdict/narma-report.ts";
import { hostMemoryOf } from "../dispatcher/drive-mode.ts";
import { type Decided, decide, type SeedScore } from "./decide.ts";
import { hostStates } from "./host-control.ts";
import type { ExperimentPlan } from "./plan-schema.ts";

export interface ExperimentReport extends Decided {
  readonly name: string;
  readonly question: string;
  readonly origin: Origin | "software";
  readonly planHash: string;
  /** How much of the past the host itself brought in, in words. */
  readonly hostMemory: string;
  readonly scores: readonly SeedScore[];
  /** Of the task computes. */
  readonly study: StudyReport | null;
  /** Steps that were marked and left out, by reason. */
  readonly invalid: readonly { readonly reason: string; readonly steps: number }[];
}

export interface Judged {
  readonly plan: ExperimentPlan;
  readonly hash: string;
  readonly substrate: string;
  readonly origin: Origin | "software";
  /** Drives a session; its name is the same whenever the plan is. */
  readonly driveSession: (u: Float64Array, session: string) => Promise<Driven>;
  readonly onProgress?: (label: string, done: number, total: number) => void;
  /** What is known so far, as it comes: to be stored. */
  readonly onResult?: (kind: string, value: unknown) => Promise<void>;
  readonly signal?: AbortSignal;
}

/** ScienceError NO_SUCH_FEATURE when the plan names features that the substrate does not have; otherwise what scoring and driving reject with. */
export async function judge(judged: Judged): Promise<ExperimentReport> {
  const { plan, hash, origin } = judged;
  const { name, question, task, decision } = plan;
  const host = hostMemoryOf(plan.mode);
  const invalid = new Map<string, number>();
  const driveSession = async (u: Float64Array, session: string) => {
    const driven = withFeatures(await judged.driveSession(u, session), plan.features);
    for (const [reason, steps] of driven.invalid) invalid.set(reason, (invalid.get(reason) ?? 0) + steps);
    return driven;
  };
  const scores: SeedScore[] = [];
  let answered: StudyReport | null = null;
  let decided: Decided;
  if (task.name === "computes" || decision.rule === "computes") {
    answered = await studied({ ...judged, driveSession });
    decided = { answer: answered.computes ? "yes" : "no", sentence: answered.verdict };
  } else {
    for (const seed of plan.seeds) {
      const score = await seedScore({ ...judged, driveSession }, task, seed, decision.than);
      scores.push(score);
      await judged.onResult?.("experiment-score", score);
    }
    // A score that the host's own memory explains is no answer of the chips': that control is never left out.
    decided = decide(decision, [...new Set([...plan.controls, ...(host.recursive ? ["host alone"] : [])])], scores);
  }
  const where = { hardware: "On hardware", twin: "On a digital twin", recording: "On a recording", software: "In software" }[origin];
  return {
    name,
    question,
    origin,
    planHash: hash,
    hostMemory: host.words,
    ...decided,
    sentence: answered === null ? `${where}: ${decided.sentence}.` : decided.sentence,
    scores,
    study: answered,
    invalid: [...invalid].map(([reason, steps]) => ({ reason, steps })),
  };
}

function studied({ plan, substrate, origin, driveSession, onProgress, onResult }: Judged): Promise<StudyReport> {
  const { task, seeds } = plan;
  const size = task.name === "computes" ? { sessions: task.sessions, steps: task.steps } : {};
  return study(
    { substrate, origin },
    (u, session) => driveSession(u, `session ${session}`),
    { ...STUDY_PLAN, ...size, seed: seeds[0] as number },
    {
      ...(onProgress ? { onProgress } : {}),
      onPreregistered: (decided, hash) => onResult?.("experiment-preregistered", { hash, decided }),
    },
  );
}

async function seedScore(
  { driveSession, origin, onProgress, signal }: Judged,
  { washout, train, test }: Extract<ExperimentPlan["task"], { name: "narma10" }>,
  seed: number,
  than: "taps-30" | "input-only",
): Promise<SeedScore> {
  const task = narma10(seed, washout + train + test);
  const driven = await driveSession(task.u, `seed ${seed}`);
  const collected = { ...task, ...driven, washout, train, test, origin };
  const settingsOf = (what: string) => ({
    ...(onProgress ? { onProgress: (label: string, done: number, total: number) => onProgress(`${what} ${label}`, done, total) } : {}),
    ...(signal ? { signal } : {}),
  });
  const { substrate, controls, tapsByCount, beatsTaps, beatsInputOnly } = await scoreNarma10(collected, settingsOf("scoring"));
  const rows = [...controls, ...tapsByCount.filter((row) => !controls.some(({ name }) => name === row.name))];
  const host = hostStates(task.u, driven.emitted);
  if (host)
    rows.push({ ...(await scoreNarma10({ ...collected, ...host }, settingsOf("scoring the host alone:"))).substrate, name: "host alone" });
  const test10 = than === "taps-30" ? beatsTaps : beatsInputOnly;
  return {
    seed,
    nrmse: substrate.nrmse,
    than,
    thanNrmse: than === "taps-30" ? beatsTaps.tapsNrmse : beatsInputOnly.inputNrmse,
    pValue: test10.pValue,
    beats: test10.answer,
    controls: rows.map(({ name, nrmse }) => ({ name, nrmse })),
    steps: driven.valid.length,
    invalidSteps: driven.valid.reduce((sum, one) => sum + (one === 1 ? 0 : 1), 0),
  };
}

/** The columns whose names begin with one of those that the plan names. */
function withFeatures(driven: Driven, wanted: ExperimentPlan["features"]): Driven {
  if (wanted === "all") return driven;
  const columns = [...driven.names.keys()].filter((at) => wanted.some((name) => driven.names[at]?.startsWith(name)));
  const absent = wanted.filter((name) => !driven.names.some((one) => one.startsWith(name)));
  if (absent.length > 0)
    throw new ScienceError(
      "NO_SUCH_FEATURE",
      `The plan names features that are not there: ${absent.join(", ")}.`,
      `Choose among ${driven.names.join(", ")}.`,
    );
  return { ...driven, names: columns.map((at) => driven.names[at] as string), states: takeColumns(driven.states, columns) };
}
