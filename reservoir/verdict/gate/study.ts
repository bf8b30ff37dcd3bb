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
import { type GateResult, gate, type Tier } from "./gate.ts";
import { type Foresight, foresee, planHash } from "./power.ts";
import { GATE_PLAN, type GatePlan, type Session } from "./session.ts";

export interface StudyPlan extends GatePlan {
  readonly sessions: number;
  /** Steps of each session, washout included. */
  readonly steps: number;
  /** Steps of the pilot that finds out which features vary; it decides nothing else. */
  readonly pilot: number;
}

export const STUDY_PLAN: StudyPlan = { ...GATE_PLAN, sessions: 5, steps: 2000, pilot: 100 };

/** What drives the substrate: session -1 is the pilot. Inputs in [0, 0.5); the log of what was emitted comes back with the states. */
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
  /** Lowest tier over the sessions. */
  readonly tier: Tier;
  /** Five or more sessions, every one passes, no control does. */
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
  const pilot = await driveSession(narma10(plan.seed, plan.pilot).u, -1);
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
    foresight: foresee(plan, plan.steps, features.length, channels),
  };
  const hash = planHash(decided);
  await onPreregistered?.(decided, hash);
  const results: GateResult[] = [];
  const shuffled: GateResult[] = [];
  for (const [at, seed] of decided.inputSeeds.entries()) {
    onProgress?.(`session ${at + 1} of ${plan.sessions}`, at, plan.sessions);
    const { u } = narma10(seed, plan.steps);
    const session = sessionOf(u, await driveSession(u, at), features);
    results.push(await gate(session, { ...plan, seed }));
    shuffled.push(await gate(inRandomOrder(session, seed), { ...plan, seed }));
  }
  return conclude(decided, hash, results, shuffled);
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
function channelsOf({ emitted }: Driven): Matrix {
  const knobs = [...new Set(emitted.flatMap((step) => step.map(({ knob }) => knob)))];
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

function conclude(decided: Preregistered, hash: string, sessions: readonly GateResult[], shuffled: readonly GateResult[]): StudyReport {
  const tier = TIERS[Math.min(...sessions.map((session) => TIERS.indexOf(session.tier)))] as Tier;
  const passed = sessions.filter(({ passes }) => passes).length;
  const leaked = shuffled.filter(({ passes, capacities }) => passes || capacities.memory.found).length;
  const computes = sessions.length >= LEAST_SESSIONS && passed === sessions.length && leaked === 0;
  return {
    ...decided,
    planHash: hash,
    sessions,
    shuffled,
    tier,
    computes,
    gain: gainOf(sessions.map(({ usefulness }) => Math.log(usefulness.useful.mseRatio))),
    verdict: sentence(decided, sessions, passed, leaked, tier),
  };
}

function gainOf(logs: readonly number[]): StudyReport["gain"] {
  if (logs.length < 2) return null;
  const mean = logs.reduce((sum, value) => sum + value, 0) / logs.length;
  const variance = logs.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (logs.length - 1);
  const half = studentTQuantile(0.025, logs.length - 1) * Math.sqrt(variance / logs.length);
  return { mean, interval: [mean - half, mean + half] };
}

function sentence(
  { origin, foresight }: Preregistered,
  sessions: readonly GateResult[],
  passed: number,
  leaked: number,
  tier: Tier,
): string {
  const where = { hardware: "On hardware", twin: "On a digital twin", recording: "On a recording", software: "In software" }[origin];
  const worthless = sessions.flatMap(({ invalid }) => invalid);
  if (worthless.length > 0) return `${where}: no answer, because ${worthless[0]}.`;
  if (leaked > 0) return `${where}: no answer, because states in random order show memory too: something leaks.`;
  const many = `${sessions.length} session${sessions.length === 1 ? "" : "s"}`;
  if (passed === sessions.length && sessions.length >= LEAST_SESSIONS) return `${where}: it computes, at tier ${tier}, in all of ${many}.`;
  if (passed === sessions.length) return `${where}: tier ${tier} in ${many}; ${LEAST_SESSIONS} are needed to say that it computes.`;
  const least = (100 * foresight.detectable).toPrecision(2);
  return `${where}: it was not shown to compute (tier ${tier}, ${passed} of ${many} passed); a memory of ${least} % of the variance of one lag would have been found in 9 of 10 sessions.`;
}
