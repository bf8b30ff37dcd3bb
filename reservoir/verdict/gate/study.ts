/**
 * "Does this substrate compute?" as a whole study: what was decided is hashed before the first step, several sessions with an input each, the controls beside
 * them, and one answer. specs/reservoir.md 5 S0, tiers
 */
import { ScienceError } from "../../../common/errors.ts";
import type { Origin } from "../../../common/origin.ts";
import { permutation, splitmix64 } from "../../../common/random.ts";
import type { Driven } from "../../drive.ts";
import { checkFeatures } from "../../features/guard.ts";
import { type Matrix, matrix, takeColumns, takeRows } from "../../matrix.ts";
import { studentTQuantile } from "../../statistics/special.ts";
import { narma10 } from "../../tasks/narma10.ts";
import { type Answer, answerOf, type NoDifference, noDifference } from "./conclusion.ts";
import { type ControlRow, controlRows, tierLimit } from "./control-rows.ts";
import { memoryOfAnother, type SessionControls, scoreControls } from "./controls.ts";
import { type GateResult, gate, type Tier } from "./gate.ts";
import { type Foresight, foresee, planHash } from "./power.ts";
import { GATE_PLAN, type GatePlan, type Session } from "./session.ts";

export interface StudyPlan extends GatePlan {
  readonly sessions: number;
  /** Steps of each session, washout included. */
  readonly steps: number;
  /** Steps of the pilot that finds out which features vary; it decides nothing else. */
  readonly pilot: number;
  /** Steps of the control under a constant drive, after the last session. */
  readonly constant: number;
}

export const STUDY_PLAN: StudyPlan = { ...GATE_PLAN, sessions: 5, steps: 2000, pilot: 100, constant: 500 };

/** Numbers of the runs that are no sessions: the pilot, and the one under a constant drive. */
export const PILOT = -1;
export const CONSTANT_DRIVE = -2;

/** What drives the substrate; `session` counts from 0, or is PILOT or CONSTANT_DRIVE. Inputs in [0, 0.5); the log of what was emitted comes back with the states. */
export type DriveSession = (u: Float64Array, session: number) => Promise<Driven>;

/** Everything that was decided before the first step of the first session. */
export interface Preregistered {
  readonly plan: StudyPlan;
  readonly substrate: string;
  readonly origin: Origin | "software";
  /** Of the pilot's; the others do not vary or copy one another. */
  readonly features: readonly string[];
  readonly refused: readonly { readonly name: string; readonly reason: string }[];
  readonly inputSeeds: readonly number[];
  readonly foresight: Foresight;
}

export interface StudyReport extends Preregistered {
  readonly planHash: string;
  readonly sessions: readonly GateResult[];
  /** The substrate's own states in random order: must not pass. */
  readonly shuffled: readonly GateResult[];
  /** Every control with its score, what is asked of it and what follows. */
  readonly controls: readonly ControlRow[];
  /** Lowest tier over the sessions, as far as the controls allow it. */
  readonly tier: Tier;
  /** Of the claim that it computes. */
  readonly answer: Answer;
  /** "The states make no difference", as a finding; null below two sessions. */
  readonly noDifference: NoDifference | null;
  /** What this run could have detected, in one sentence. */
  readonly could: string;
  /** Five or more sessions, every one passes, every control holds. */
  readonly computes: boolean;
  /** Mean over sessions of ln(squared error with states / without), with a 95 % interval; null below two sessions. */
  readonly gain: { readonly mean: number; readonly interval: readonly [number, number] } | null;
  /** One plain sentence. */
  readonly verdict: string;
}

export interface StudySettings {
  /** Called when everything is decided and nothing driven yet: store it now. */
  readonly onPreregistered?: (decided: Preregistered, hash: string) => Promise<void> | void;
  readonly onProgress?: (label: string, done: number, total: number) => void;
}

const LEAST_SESSIONS = 5;
const TIERS: readonly Tier[] = ["none", "T0 responds", "T1 memory", "T2 nonlinear memory", "T3 useful", "T4 competitive", "T5 advantage"];

/** Errors as `gate`; ScienceError NO_USABLE_FEATURES when the pilot finds fewer than two. */
export async function study(
  what: { readonly substrate: string; readonly origin: Origin | "software" },
  driveSession: DriveSession,
  plan: StudyPlan,
  { onPreregistered, onProgress }: StudySettings = {},
): Promise<StudyReport> {
  onProgress?.("pilot", 0, plan.sessions);
  const pilot = await driveSession(narma10(plan.seed, plan.pilot).u, PILOT);
  const usable = Array.from(pilot.valid.keys()).filter((row) => pilot.valid[row] === 1);
  const { kept, refused } = checkFeatures(takeRows(pilot.states, usable), pilot.names, { from: 0, to: usable.length });
  if (kept.length < 2)
    throw new ScienceError(
      "NO_USABLE_FEATURES",
      `${kept.length} of ${pilot.names.length} features vary in ${plan.pilot} steps.`,
      "Record more quantities.",
      {
        refused,
      },
    );
  const features = kept.map((column) => pilot.names[column] as string);
  const channels = channelsOf(pilot).cols;
  const decided: Preregistered = {
    ...what,
    plan,
    features,
    refused,
    inputSeeds: Array.from({ length: plan.sessions }, (_, i) => plan.seed + 1000 * (i + 1)),
    foresight: foresee(plan, plan.steps, features.length, channels, plan.sessions),
  };
  const hash = planHash(decided);
  await onPreregistered?.(decided, hash);
  const driven: Session[] = [];
  const results: GateResult[] = [];
  const shuffled: GateResult[] = [];
  const controls: SessionControls[] = [];
  for (const [at, seed] of decided.inputSeeds.entries()) {
    onProgress?.(`session ${at + 1} of ${plan.sessions}`, at, plan.sessions);
    const { u } = narma10(seed, plan.steps);
    const answered = await driveSession(u, at);
    const session = sessionOf(u, answered, features);
    driven.push(session);
    results.push(await gate(session, { ...plan, seed }));
    shuffled.push(await gate(inRandomOrder(session, seed), { ...plan, seed }));
    controls.push(await scoreControls(session, { ...plan, seed }, fedBackChannels(answered)));
  }
  onProgress?.("constant drive", plan.sessions, plan.sessions);
  const still = new Float64Array(plan.constant).fill(MIDDLE);
  const rested = await driveSession(still, CONSTANT_DRIVE);
  // A board that failed at every step of its rest has nothing to say here; the sessions before it have.
  const resting = knobsOf(rested).length > 0 ? sessionOf(still, rested, features) : null;
  const rows = controlRows({
    origin: what.origin,
    sessions: results,
    controls,
    shuffled,
    swapped: driven.length < 2 ? [] : driven.map((session, at) => memoryOfAnother(session, inputAfter(driven, at), plan)),
    constantDrive: resting === null ? [] : driven.map(({ v }) => memoryOfAnother(resting, v, plan)),
  });
  return conclude(decided, hash, results, shuffled, rows);
}

/** Of the next session; the last one's is the first's. */
function inputAfter(sessions: readonly Session[], at: number): Float64Array {
  return (sessions[(at + 1) % sessions.length] as Session).v;
}

/** Input of the control under a constant drive: the middle of its range. */
const MIDDLE = 0.25;
/** What the drive modes call a knob that carries the host's feedback. */
const FED_BACK = "fed back";

function knobsOf({ emitted }: Driven): string[] {
  return [...new Set(emitted.flatMap((step) => step.map(({ knob }) => knob)))];
}

function fedBackChannels(driven: Driven): number[] {
  return knobsOf(driven).flatMap((knob, channel) => (knob.includes(FED_BACK) ? [channel] : []));
}

function sessionOf(u: Float64Array, driven: Driven, features: readonly string[]): Session {
  const columns = features.map((name) => driven.names.indexOf(name));
  return {
    v: u.map((value) => 4 * value - 1),
    emitted: channelsOf(driven),
    states: takeColumns(driven.states, columns),
    names: features,
    valid: driven.valid,
  };
}

/** The log as steps x channels, a channel a knob. Steps without a log entry are invalid anyway and hold the entry before. ScienceError NO_DRIVE_LOG. */
function channelsOf(driven: Driven): Matrix {
  const { emitted } = driven;
  const knobs = knobsOf(driven);
  if (knobs.length === 0)
    throw new ScienceError("NO_DRIVE_LOG", "Nothing that was emitted was logged.", "Log every set-point as it was read back.");
  const out = matrix(emitted.length, knobs.length);
  emitted.forEach((step, row) => {
    knobs.forEach((knob, column) => {
      const before = row > 0 ? (out.data[(row - 1) * knobs.length + column] as number) : 0;
      out.data[row * knobs.length + column] = step.find((one) => one.knob === knob)?.value ?? before;
    });
  });
  return out;
}

/** The same states at other steps, among those that count: what no real memory survives. */
function inRandomOrder(session: Session, seed: number): Session {
  const { states, valid } = session;
  const rows = Array.from({ length: states.rows }, (_, row) => row).filter((row) => valid?.[row] !== 0);
  const order = permutation(rows.length, splitmix64(seed + 1));
  const from = Array.from({ length: states.rows }, (_, row) => row);
  rows.forEach((row, i) => {
    from[row] = rows[order[i] as number] as number;
  });
  return { ...session, states: takeRows(states, from) };
}

function conclude(
  decided: Preregistered,
  hash: string,
  sessions: readonly GateResult[],
  shuffled: readonly GateResult[],
  controls: readonly ControlRow[],
): StudyReport {
  const { alpha } = decided.plan;
  const reached = Math.min(...sessions.map((session) => TIERS.indexOf(session.tier)), TIERS.indexOf("T0 responds") + tierLimit(controls));
  // Memory that is not linear is a finding of its own: a limit of T2 does not supply it.
  const nonlinear = sessions.every(({ capacities }) => capacities.nonlinear.found);
  const tier = (reached === TIERS.indexOf("T2 nonlinear memory") && !nonlinear ? "T1 memory" : TIERS[reached]) as Tier;
  const passed = sessions.filter(({ passes }) => passes).length;
  const failed = controls.filter(({ holds, otherwise }) => holds === false && otherwise === "no answer");
  const worthless =
    sessions.flatMap(({ invalid }) => invalid)[0] ?? failed.map(({ name }) => `"${name}" shows memory too: something leaks`)[0];
  const useful = TIERS.indexOf(tier) >= TIERS.indexOf("T3 useful");
  const computes = sessions.length >= LEAST_SESSIONS && passed === sessions.length && failed.length === 0 && useful;
  return {
    ...decided,
    planHash: hash,
    sessions,
    shuffled,
    controls,
    tier,
    computes,
    answer: answerOf({ sessions, computes, worthless: worthless !== undefined, least: LEAST_SESSIONS, alpha }),
    noDifference: noDifference(sessions, alpha),
    could: couldHave(decided.foresight),
    gain: gainOf(sessions.map(({ usefulness }) => Math.log(usefulness.useful.mseRatio))),
    verdict: sentence(decided.origin, { sessions, passed, worthless, tier, computes }),
  };
}

function couldHave({ detectable, usefulGain, usefulGainInAll }: Foresight): string {
  const percent = (share: number) => `${(100 * share).toPrecision(2)} %`;
  return `a memory of ${percent(detectable)} of the variance of one lag would have been found in 9 of 10 sessions, a gain of ${percent(usefulGain)} in squared error in 9 of 10 sessions, one of ${percent(usefulGainInAll)} in all sessions of 9 of 10 studies`;
}

function gainOf(logs: readonly number[]): StudyReport["gain"] {
  if (logs.length < 2) return null;
  const mean = logs.reduce((sum, value) => sum + value, 0) / logs.length;
  const variance = logs.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (logs.length - 1);
  const half = studentTQuantile(0.025, logs.length - 1) * Math.sqrt(variance / logs.length);
  return { mean, interval: [mean - half, mean + half] };
}

interface Told {
  readonly sessions: readonly GateResult[];
  readonly passed: number;
  readonly worthless: string | undefined;
  readonly tier: Tier;
  readonly computes: boolean;
}

function sentence(origin: Preregistered["origin"], { sessions, passed, worthless, tier, computes }: Told): string {
  const where = { hardware: "On hardware", twin: "On a digital twin", recording: "On a recording", software: "In software" }[origin];
  if (worthless !== undefined) return `${where}: no answer, because ${worthless}.`;
  const many = `${sessions.length} session${sessions.length === 1 ? "" : "s"}`;
  if (computes) return `${where}: it computes, at tier ${tier}, in all of ${many}.`;
  if (passed === sessions.length && sessions.length < LEAST_SESSIONS)
    return `${where}: tier ${tier} in ${many}; ${LEAST_SESSIONS} are needed to say that it computes.`;
  return `${where}: it was not shown to compute (tier ${tier}, ${passed} of ${many} passed).`;
}
