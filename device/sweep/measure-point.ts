/** One point of a sweep: applied, read back, settled, counted for as long as it takes, and judged. */
import { elapsedMs } from "../../common/clock.ts";
import { AsicError, explain } from "../../common/errors.ts";
import { countByStatus, type NonceBatch } from "../../common/nonce-batch.ts";
import type { SetPoint, SweepPoint } from "../../telemetry/messages.ts";
import type { Session } from "../session.ts";
import type { DetectPlan, SettleRule, SweepPlan } from "./plan-schema.ts";
import { settleRule } from "./plan-schema.ts";
import { pointFigures, unmeasured } from "./point-figures.ts";
import { intervalsForCv } from "./sample-size.ts";
import { sequentialTest } from "./sequential.ts";
import { type SettleReading, settling } from "./settle.ts";

export interface PointPlan {
  readonly wanted: SetPoint;
  /** Where to start again from when the chips do not survive the point. */
  readonly home: SetPoint;
  readonly index: number;
  readonly total: number;
}

/** What chips that browned out, or hang, look like from here. */
const SILENT = new Set(["CHIP_SILENT", "RESPONSE_TIMEOUT", "READBACK_MISMATCH"]);
/** How often it is asked whether a point has settled, or has been counted for long enough. */
const LOOK_MS = 100;

type Ending = NonNullable<SweepPoint["stoppedBy"]>;

/** The point, done or invalid. Rejects only when the sweep cannot go on: an abort, or a lost link. */
export async function measurePoint(session: Session, plan: SweepPlan, point: PointPlan, signal: AbortSignal): Promise<SweepPoint> {
  const { wanted, home, index, total } = point;
  try {
    const setPoint = await session.rig.apply(wanted, signal);
    const settle = await settled(session, settleRule(plan), signal);
    const counted = await count(session, plan, signal);
    await session.rig.chain.checkAnswering();
    const place = { setPoint, index, total, expectedGhs: session.rig.expectedGhs(setPoint.frequencyMhz) };
    return { ...pointFigures(place, counted), settle, stoppedBy: counted.stoppedBy };
  } catch (error) {
    const silent = await survived(session, wanted, home, error, signal);
    return unmeasured(
      { setPoint: wanted, index, total, expectedGhs: session.rig.expectedGhs(wanted.frequencyMhz) },
      explain(error),
      silent,
    );
  }
}

/**
 * Chips that went silent are powered on again at `home`; resolves with whether they had. A lost link or an abort ends the sweep and is thrown on;
 * a set-point that cannot be had ends only its point.
 */
export async function survived(session: Session, wanted: SetPoint, home: SetPoint, error: unknown, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted || !(error instanceof AsicError) || error.code === "LINK_LOST") throw error;
  if (!SILENT.has(error.code)) return false;
  await session.rig.restart(`no answer at ${wanted.coreVoltageMv} mV, ${wanted.frequencyMhz} MHz`, home, signal);
  return true;
}

/** Waits until the point has settled by its sensors, or for as long as is allowed. */
export async function settled(session: Session, rule: SettleRule, signal: AbortSignal): Promise<NonNullable<SweepPoint["settle"]>> {
  const readings: SettleReading[] = [];
  const startNs = session.clock.nowNs();
  const nowMs = () => elapsedMs(session.clock, startNs);
  const stop = session.onReadings(({ chipTempC, coreVoltageMv }) => readings.push({ atMs: nowMs(), chipTempC, coreVoltageMv }));
  try {
    await session.clock.sleep(rule.leastMs, signal);
    for (;;) {
      const state = settling(readings, rule, nowMs());
      if (state.settled || nowMs() >= rule.mostMs) return { ms: Math.round(nowMs()), settled: state.settled, why: state.why };
      await session.clock.sleep(Math.max(1, Math.min(LOOK_MS, rule.mostMs - nowMs())), signal);
    }
  } finally {
    stop();
  }
}

export interface Count {
  readonly seconds: number;
  readonly batches: readonly NonceBatch[];
  readonly powersW: readonly number[];
  readonly tempsC: readonly number[];
  readonly stoppedBy: Ending;
}

/** Counts from a fresh job on, for `dwellMs` or, with a test to decide, until that is decided. */
export async function count(
  session: Session,
  { dwellMs, detect }: Pick<SweepPlan, "dwellMs" | "detect">,
  signal: AbortSignal,
): Promise<Count> {
  await session.rig.freshJob();
  const batches: NonceBatch[] = [];
  const powersW: number[] = [];
  const tempsC: number[] = [];
  const judged = { valid: 0, invalid: 0 };
  const stopNonces = session.onNonces((batch) => {
    batches.push(batch);
    const counts = countByStatus(batch);
    judged.valid += counts.valid;
    judged.invalid += counts.invalid;
  });
  const stopReadings = session.onReadings((readings) => {
    if (readings.powerW !== null) powersW.push(readings.powerW);
    if (readings.chipTempC !== null) tempsC.push(readings.chipTempC);
  });
  const startNs = session.clock.nowNs();
  const nowMs = () => elapsedMs(session.clock, startNs);
  let stoppedBy: Ending = "dwell";
  try {
    await session.clock.sleep(dwellMs, signal);
    if (detect !== undefined) {
      const enough = enoughFor(detect);
      for (let ending = enough(judged, nowMs()); ; ending = enough(judged, nowMs())) {
        if (ending !== null) {
          stoppedBy = ending;
          break;
        }
        await session.clock.sleep(LOOK_MS, signal);
      }
    }
  } finally {
    stopNonces();
    stopReadings();
  }
  return { seconds: nowMs() / 1000, batches, powersW, tempsC, stoppedBy };
}

/** When a point has been counted for long enough, and by which rule; null: not yet. Pure. */
export function enoughFor(detect: DetectPlan): (judged: { valid: number; invalid: number }, ms: number) => Ending | null {
  const test = sequentialTest(detect);
  const forCv = detect.cvDifference === null ? 0 : 1 + intervalsForCv(detect.cvDifference, detect.alpha, detect.power);
  return ({ valid, invalid }, ms) => {
    if (valid >= forCv && test.verdict(valid, invalid) !== "undecided") return valid + invalid >= test.mostNonces ? "sample" : "sequential";
    return ms >= detect.mostMs ? "most" : null;
  };
}
