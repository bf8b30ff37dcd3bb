/** The search for every chip's critical voltage on a rig, frequency by frequency. */
import { elapsedMs } from "../../../common/clock.ts";
import { explain } from "../../../common/errors.ts";
import { type NonceBatch, STATUS } from "../../../common/nonce-batch.ts";
import type { SetPoint, SweepPoint } from "../../../telemetry/messages.ts";
import { checkSetPoint } from "../../limits.ts";
import type { Session } from "../../session.ts";
import { type ChipCount, EdgeSearch, type EdgeSetting, type PlacedChip } from "../edge.ts";
import { count, settled, survived } from "../measure-point.ts";
import { type SweepPlan, settleRule } from "../plan-schema.ts";
import { pointFigures, unmeasured } from "../point-figures.ts";
import { edgeLaw } from "./critical-voltage.ts";
import { chipVoltages, RAILS } from "./rails.ts";

/** What one voltage gave, as it is stored: enough to go on from. */
export interface StoredLook {
  readonly frequencyMhz: number;
  readonly coreVoltageMv: number;
  /** Of each chip; slower ones had to stay alive. */
  readonly clocksMhz: readonly number[];
  readonly chips: readonly ChipCount[];
  readonly silent: readonly number[] | null;
  readonly seconds: number;
  readonly settleSeconds: number;
}

/** Voltages in mV of a chip; `setPointMv` is where the board is set to for it. */
export interface EdgeReport {
  readonly frequencyMhz: number;
  readonly share: number;
  readonly chipsInSeries: number;
  readonly chips: readonly (PlacedChip & { readonly setPointMv: number })[];
  readonly looks: number;
  /** Counted, and counted and settled and started again. */
  readonly dwellSeconds: number;
  readonly seconds: number;
  readonly restarts: number;
  /** Why chips are left that are not placed; null when there are none. */
  readonly why: string | null;
}

/** Every nonce tells: the most of them there are. */
const DIFFICULTY = 1;
const ASK_STEP_MV = 0.5;

export interface EdgeEvents {
  look(point: SweepPoint, look: StoredLook): Promise<void>;
}

/**
 * Searches at one frequency, from `before` on, which was seen at this frequency by a process that did not come to its end. Every voltage is within the
 * board's limits; chips that fall silent are powered on again at the rig's set-point of the moment the search began. Leaves all chips at one clock.
 */
export async function findEdges(
  session: Session,
  plan: SweepPlan,
  { frequencyMhz, home, before }: { readonly frequencyMhz: number; readonly home: SetPoint; readonly before: readonly StoredLook[] },
  events: EdgeEvents,
  signal: AbortSignal,
): Promise<EdgeReport> {
  const { edge } = plan;
  const rails = RAILS[session.config.board.kind];
  const { chipsInSeries, domainsInChip } = rails;
  const [fromMv, toMv] = voltageRange(session, frequencyMhz);
  const { chips } = session.rig.chain;
  const search = new EdgeSearch({
    chips,
    law: edgeLaw({ share: edge.share, domains: domainsInChip, fromMv: fromMv / chipsInSeries, toMv: toMv / chipsInSeries }),
    railsMv: steps(fromMv, toMv, ASK_STEP_MV * chipsInSeries),
    startMv: toMv,
    frequencyMhz,
    slowestMhz: session.rig.chain.setFrequencies === undefined ? null : session.rig.limits.frequencyMhz.min,
    voltages: (railMv, clocksMhz) => chipVoltages(rails, railMv, clocksMhz),
    halfWidthMv: edge.halfWidthMv,
    risk: edge.brownOutRisk,
  });
  const looks: StoredLook[] = [];
  const noted = (look: StoredLook) => {
    looks.push(look);
    const { coreVoltageMv: railMv, clocksMhz, chips: counts, silent } = look;
    search.saw({ railMv, clocksMhz, chips: counts, silent });
  };
  for (const look of before) noted(look);
  const dwellSeconds = () => looks.reduce((sum, { seconds }) => sum + seconds, 0);
  let why: string | null = null;
  for (let setting = search.next(); setting !== null; setting = search.next()) {
    if (dwellSeconds() * 1000 >= edge.mostMs) {
      why = `${edge.mostMs / 1000} s were counted`;
      break;
    }
    const { point, look } = await lookAt(session, plan, { setting, frequencyMhz, home, index: looks.length }, signal);
    noted(look);
    await events.look(point, look);
    if (point.status !== "done" && look.silent === null) {
      why = point.reason;
      break;
    }
  }
  await restored(session, home, toMv, looks.at(-1), signal);
  const placed = search.placed().map((chip) => ({ ...chip, setPointMv: chip.criticalMv * chipsInSeries }));
  const open = placed.filter((chip) => !chip.placed).length;
  return {
    frequencyMhz,
    share: edge.share,
    chipsInSeries,
    chips: placed,
    looks: looks.length,
    dwellSeconds: dwellSeconds(),
    seconds: looks.reduce((sum, { seconds, settleSeconds }) => sum + seconds + settleSeconds, 0),
    restarts: looks.filter(({ silent }) => silent !== null).length,
    why: open === 0 ? null : (why ?? "no voltage that the limits allow and all chips survive would tell more"),
  };
}

interface LookPlan {
  readonly setting: EdgeSetting;
  readonly frequencyMhz: number;
  readonly home: SetPoint;
  readonly index: number;
}

async function lookAt(
  session: Session,
  plan: SweepPlan,
  { setting, frequencyMhz, home, index }: LookPlan,
  signal: AbortSignal,
): Promise<{ point: SweepPoint; look: StoredLook }> {
  const startNs = session.clock.nowNs();
  const seconds = () => elapsedMs(session.clock, startNs) / 1000;
  const { clocksMhz } = setting;
  const wanted = { coreVoltageMv: Math.round(setting.railMv), frequencyMhz, ticketDifficulty: DIFFICULTY };
  const place = { index, total: index + 1, expectedGhs: session.rig.expectedGhs(frequencyMhz) };
  try {
    const inForceMv = await applied(session, wanted, clocksMhz, signal);
    const settle = await settled(session, settleRule(plan), signal);
    const settleSeconds = seconds();
    const counted = await count(session, { dwellMs: plan.edge.dwellMs, detect: undefined }, signal);
    await session.rig.chain.checkAnswering();
    const setPoint = { ...wanted, coreVoltageMv: inForceMv };
    const figures = pointFigures({ ...place, setPoint, expectedGhs: session.rig.expectedGhs(frequencyMhz) }, counted);
    return {
      point: { ...figures, settle, stoppedBy: "dwell" },
      look: {
        frequencyMhz,
        coreVoltageMv: inForceMv,
        clocksMhz,
        chips: byChip(counted.batches, clocksMhz.length),
        silent: null,
        seconds: counted.seconds,
        settleSeconds,
      },
    };
  } catch (error) {
    const silent = await whoIsSilent(session, error);
    const gone = await survived(session, wanted, home, error, signal);
    return {
      point: unmeasured({ ...place, setPoint: wanted }, explain(error), gone),
      look: {
        frequencyMhz,
        coreVoltageMv: wanted.coreVoltageMv,
        clocksMhz,
        chips: [],
        silent: gone ? silent : null,
        seconds: 0,
        settleSeconds: seconds(),
      },
    };
  }
}

/**
 * Resolves with the voltage in force: regulators take steps, and what was read back is what the chips had. Chips that are slowed to stay alive are slow
 * before the voltage falls, and the others never run faster than it allows: clocks first on the way down, voltage first on the way up.
 */
async function applied(session: Session, wanted: SetPoint, clocksMhz: readonly number[], signal: AbortSignal): Promise<number> {
  const { rig } = session;
  const slowed = clocksMhz.some((mhz) => mhz !== wanted.frequencyMhz);
  if (!slowed) {
    await rig.apply(wanted, signal);
    return rig.setCoreVoltage(wanted.coreVoltageMv);
  }
  const { coreVoltageMv } = rig.setPoint as SetPoint;
  if (wanted.coreVoltageMv > coreVoltageMv) await rig.setCoreVoltage(wanted.coreVoltageMv);
  await rig.setChipFrequencies(clocksMhz, signal);
  await rig.chain.setTicketDifficulty(wanted.ticketDifficulty);
  return rig.setCoreVoltage(wanted.coreVoltageMv);
}

/**
 * Back to one clock for all, at the set-point that all survive: a set-point of one frequency would not say that some are slower. The voltage comes
 * first, as far as the clocks of the moment allow: slowed chips did not survive less at that clock.
 */
async function restored({ rig }: Session, home: SetPoint, toMv: number, last: StoredLook | undefined, signal: AbortSignal): Promise<void> {
  if (last === undefined || last.silent !== null || last.clocksMhz.every((mhz) => mhz === last.frequencyMhz)) return;
  await rig.setCoreVoltage(Math.max(last.coreVoltageMv, Math.min(home.coreVoltageMv, toMv)));
  await rig.setChipFrequencies(
    last.clocksMhz.map(() => home.frequencyMhz),
    signal,
  );
  await rig.setCoreVoltage(home.coreVoltageMv);
}

/** Which chips do not answer, while they still have their supply; none when that cannot be told. */
async function whoIsSilent({ rig }: Session, error: unknown): Promise<readonly number[]> {
  const named = silentOf(error);
  if (named.length > 0) return named;
  return rig.chain.checkAnswering().then(() => [], silentOf);
}

/** The chips that an error names: those that did not answer, or the one that no longer took what was written. */
function silentOf(error: unknown): readonly number[] {
  const { context } = error as { context?: { silent?: unknown; chip?: unknown } };
  if (Array.isArray(context?.silent)) return context.silent as number[];
  return typeof context?.chip === "number" ? [context.chip] : [];
}

export function byChip(batches: readonly NonceBatch[], chips: number): ChipCount[] {
  const valid = new Array<number>(chips).fill(0);
  const invalid = new Array<number>(chips).fill(0);
  for (const batch of batches) {
    for (let i = 0; i < batch.length; i++) {
      const chip = batch.chip[i] as number;
      if (chip >= chips) continue;
      if (batch.status[i] === STATUS.valid) valid[chip] = (valid[chip] as number) + 1;
      else if (batch.status[i] === STATUS.invalid) invalid[chip] = (invalid[chip] as number) + 1;
    }
  }
  return valid.map((count, chip) => ({ valid: count, invalid: invalid[chip] as number }));
}

/** What the limits allow at a frequency. */
function voltageRange(session: Session, frequencyMhz: number): readonly [number, number] {
  const { limits } = session.rig;
  const cap = limits.coreVoltageCaps?.find(({ fromMhz }) => frequencyMhz >= fromMhz)?.maxMv;
  const toMv = Math.min(limits.coreVoltageMv.max, cap ?? limits.coreVoltageMv.max);
  const fromMv = limits.coreVoltageMv.min;
  for (const coreVoltageMv of [fromMv, toMv]) checkSetPoint({ coreVoltageMv, frequencyMhz, ticketDifficulty: DIFFICULTY }, limits);
  return [fromMv, toMv];
}

/** Rail voltages from the highest down. */
function steps(fromMv: number, toMv: number, stepMv: number): number[] {
  return Array.from({ length: Math.floor((toMv - fromMv) / stepMv) + 1 }, (_, i) => toMv - i * stepMv);
}
