/** The voltage x frequency sweep: at each point apply, read back, settle, count, and say what came out. */
import { elapsedMs } from "../common/clock.ts";
import { AsicError, explain } from "../common/errors.ts";
import { concatNonces, countByStatus, type NonceBatch, STATUS } from "../common/nonce-batch.ts";
import { coefficientOfVariation } from "../reservoir/statistics/coefficient-of-variation.ts";
import { poissonCvBand } from "../reservoir/statistics/cv-band.ts";
import type { SetPoint, SweepPoint } from "../telemetry/messages.ts";
import type { Session } from "./session.ts";

export interface SweepPlan {
  readonly coreVoltageMv: readonly number[];
  readonly frequencyMhz: readonly number[];
  readonly settleMs: number;
  readonly dwellMs: number;
}

/** Set-points in the order they are visited: frequency by frequency, voltages to and fro, so that ramps are short. */
export function sweepOrder(plan: SweepPlan, ticketDifficulty: number): SetPoint[] {
  const voltages = [...plan.coreVoltageMv].sort((a, b) => b - a);
  return [...plan.frequencyMhz]
    .sort((a, b) => a - b)
    .flatMap((frequencyMhz, i) =>
      (i % 2 === 0 ? voltages : [...voltages].reverse()).map((coreVoltageMv) => ({ coreVoltageMv, frequencyMhz, ticketDifficulty })),
    );
}

/** What chips that browned out, or hang, look like from here. */
const SILENT = new Set(["CHIP_SILENT", "RESPONSE_TIMEOUT", "READBACK_MISMATCH"]);

/**
 * Runs the sweep as a run of its own and goes back to the set-point it started from. A point whose set-point is refused or
 * does not read back is marked invalid with the reason and left out of every figure; the others go on.
 */
export async function runSweep(session: Session, plan: SweepPlan, signal: AbortSignal): Promise<SweepPoint[]> {
  const { rig, recorder, hub } = session;
  const home = rig.setPoint as SetPoint;
  const order = sweepOrder(plan, home.ticketDifficulty);
  await recorder.begin("sweep", `${plan.frequencyMhz.length} frequencies x ${plan.coreVoltageMv.length} voltages`, { plan, home });
  hub.publish("sweep", []);
  const points: SweepPoint[] = [];
  for (const [index, wanted] of order.entries()) {
    signal.throwIfAborted();
    hub.publish("activity", { label: `sweep: ${wanted.coreVoltageMv} mV, ${wanted.frequencyMhz} MHz`, done: index, total: order.length });
    const point = await measure(session, plan, { wanted, home, index, total: order.length }, signal);
    points.push(point);
    hub.publish("sweepPoint", point);
    await recorder.result("sweep-point", point);
  }
  await rig.apply(home, signal);
  await recorder.end("finished", `${points.filter((p) => p.status === "done").length} of ${points.length} points measured`);
  return points;
}

interface PointPlan {
  readonly wanted: SetPoint;
  /** Where to start again from when the chips do not survive the point. */
  readonly home: SetPoint;
  readonly index: number;
  readonly total: number;
}

/** One point, done or invalid. Rejects only when the sweep cannot go on. */
async function measure(session: Session, plan: SweepPlan, point: PointPlan, signal: AbortSignal): Promise<SweepPoint> {
  const { wanted, home, index, total } = point;
  try {
    return await dwell(session, plan, point, signal);
  } catch (error) {
    // A lost link or an abort ends the sweep; a set-point that cannot be had, or that the chips do not survive, ends only its point.
    if (signal.aborted || !(error instanceof AsicError) || error.code === "LINK_LOST") throw error;
    if (SILENT.has(error.code))
      await session.rig.restart(`no answer at ${wanted.coreVoltageMv} mV, ${wanted.frequencyMhz} MHz`, home, signal);
    return summary(session, wanted, index, total, 0, [], [], explain(error));
  }
}

async function dwell(session: Session, plan: SweepPlan, { wanted, index, total }: PointPlan, signal: AbortSignal): Promise<SweepPoint> {
  const applied = await session.rig.apply(wanted, signal);
  await session.clock.sleep(plan.settleMs, signal);
  await session.rig.freshJob();
  const batches: NonceBatch[] = [];
  const powers: number[] = [];
  const temps: number[] = [];
  const stopNonces = session.onNonces((batch) => batches.push(batch));
  const stopReadings = session.onReadings((readings) => {
    if (readings.powerW !== null) powers.push(readings.powerW);
    if (readings.chipTempC !== null) temps.push(readings.chipTempC);
  });
  const startNs = session.clock.nowNs();
  try {
    await session.clock.sleep(plan.dwellMs, signal);
  } finally {
    stopNonces();
    stopReadings();
  }
  const seconds = elapsedMs(session.clock, startNs) / 1000;
  await session.rig.chain.checkAnswering();
  return { ...summary(session, applied, index, total, seconds, batches, temps, null), ...energy(applied, seconds, batches, powers) };
}

function summary(
  session: Session,
  setPoint: SetPoint,
  index: number,
  total: number,
  seconds: number,
  batches: readonly NonceBatch[],
  temps: readonly number[],
  reason: string | null,
): SweepPoint {
  const all = concatNonces(batches);
  const times = Array.from(all.tNs)
    .filter((_, i) => all.status[i] === STATUS.valid)
    .map((tNs) => Number(tNs - (all.tNs[0] as bigint)));
  return {
    ...setPoint,
    index,
    total,
    status: reason === null ? "done" : "invalid",
    reason,
    seconds,
    nonces: countByStatus(all),
    hashRateGhs: null,
    expectedGhs: session.rig.expectedGhs(setPoint.frequencyMhz),
    powerW: null,
    chipTempC: mean(temps),
    joulesPerTerahash: null,
    cv: coefficientOfVariation(times),
    cvBand: times.length > 3 ? poissonCvBand(times.length - 1) : null,
  };
}

function energy(setPoint: SetPoint, seconds: number, batches: readonly NonceBatch[], powers: readonly number[]): Partial<SweepPoint> {
  const valid = batches.reduce((sum, batch) => sum + countByStatus(batch).valid, 0);
  const hashRateGhs = (valid * 2 ** 32 * setPoint.ticketDifficulty) / seconds / 1e9;
  const powerW = mean(powers);
  return { hashRateGhs, powerW, joulesPerTerahash: powerW !== null && hashRateGhs > 0 ? (1000 * powerW) / hashRateGhs : null };
}

function mean(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
}
