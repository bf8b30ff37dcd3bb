/** The search for every chip's critical voltage on a rig, frequency by frequency. */
import { elapsedMs } from "../../../common/clock.ts";
import { explain } from "../../../common/errors.ts";
import { type NonceBatch, STATUS } from "../../../common/nonce-batch.ts";
import { VOLTAGE_DOMAINS } from "../../../drivers/boards/s9-voltage.ts";
import type { SetPoint, SweepPoint } from "../../../telemetry/messages.ts";
import type { Config } from "../../config/schema.ts";
import { checkSetPoint } from "../../limits.ts";
import type { Session } from "../../session.ts";
import { type ChipCount, EdgeSearch, type PlacedChip } from "../edge.ts";
import { count, settled, survived } from "../measure-point.ts";
import { type SweepPlan, settleRule } from "../plan-schema.ts";
import { pointFigures, unmeasured } from "../point-figures.ts";
import { edgeLaw } from "./critical-voltage.ts";

/** How a board's set-points relate to its chips' voltages. */
export interface Rails {
  /** Chips in series between the rails whose voltage is set: mV of a chip are mV of the set-point through this. */
  readonly chipsInSeries: number;
  /** Voltage domains in series inside a chip: its edge is that much wider (specs/bm1366.md 4.9). */
  readonly domainsInChip: number;
}

const RAILS: Readonly<Record<Config["board"]["kind"], Rails>> = {
  "bitaxe-ultra": { chipsInSeries: 1, domainsInChip: 4 },
  "s9-hashboard": { chipsInSeries: VOLTAGE_DOMAINS, domainsInChip: 1 },
};

/** What one voltage gave, as it is stored: enough to go on from. */
export interface StoredLook {
  readonly frequencyMhz: number;
  readonly coreVoltageMv: number;
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
 * board's limits; chips that fall silent are powered on again at the rig's set-point of the moment the search began. Leaves the rig at the last voltage.
 */
export async function findEdges(
  session: Session,
  plan: SweepPlan,
  { frequencyMhz, home, before }: { readonly frequencyMhz: number; readonly home: SetPoint; readonly before: readonly StoredLook[] },
  events: EdgeEvents,
  signal: AbortSignal,
): Promise<EdgeReport> {
  const { edge } = plan;
  const { chipsInSeries, domainsInChip } = RAILS[session.config.board.kind];
  const [fromMv, toMv] = voltageRange(session, frequencyMhz);
  const { chips } = session.rig.chain;
  const search = new EdgeSearch({
    chips,
    law: edgeLaw({ share: edge.share, domains: domainsInChip, fromMv: fromMv / chipsInSeries, toMv: toMv / chipsInSeries }),
    voltagesMv: steps(fromMv / chipsInSeries, toMv / chipsInSeries),
    startMv: toMv / chipsInSeries,
    halfWidthMv: edge.halfWidthMv,
    risk: edge.brownOutRisk,
  });
  const looks: StoredLook[] = [];
  const noted = (look: StoredLook) => {
    looks.push(look);
    search.saw({ mv: look.coreVoltageMv / chipsInSeries, chips: look.chips, silent: look.silent });
  };
  for (const look of before) noted(look);
  const dwellSeconds = () => looks.reduce((sum, { seconds }) => sum + seconds, 0);
  let why: string | null = null;
  for (let mv = search.next(); mv !== null; mv = search.next()) {
    if (dwellSeconds() * 1000 >= edge.mostMs) {
      why = `${edge.mostMs / 1000} s were counted`;
      break;
    }
    const wanted = { coreVoltageMv: within(mv * chipsInSeries, fromMv, toMv), frequencyMhz, ticketDifficulty: DIFFICULTY };
    const { point, look } = await lookAt(session, plan, { wanted, home, index: looks.length, chips }, signal);
    noted(look);
    await events.look(point, look);
    if (point.status !== "done" && look.silent === null) {
      why = point.reason;
      break;
    }
  }
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
  readonly wanted: SetPoint;
  readonly home: SetPoint;
  readonly index: number;
  readonly chips: number;
}

async function lookAt(
  session: Session,
  plan: SweepPlan,
  { wanted, home, index, chips }: LookPlan,
  signal: AbortSignal,
): Promise<{ point: SweepPoint; look: StoredLook }> {
  const startNs = session.clock.nowNs();
  const seconds = () => elapsedMs(session.clock, startNs) / 1000;
  const place = { index, total: index + 1, expectedGhs: session.rig.expectedGhs(wanted.frequencyMhz) };
  const { frequencyMhz } = wanted;
  try {
    const inForceMv = await applied(session, wanted, signal);
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
        chips: byChip(counted.batches, chips),
        silent: null,
        seconds: counted.seconds,
        settleSeconds,
      },
    };
  } catch (error) {
    const gone = await survived(session, wanted, home, error, signal);
    return {
      point: unmeasured({ ...place, setPoint: wanted }, explain(error), gone),
      look: {
        frequencyMhz,
        coreVoltageMv: wanted.coreVoltageMv,
        chips: [],
        silent: gone ? silentOf(error) : null,
        seconds: 0,
        settleSeconds: seconds(),
      },
    };
  }
}

/** Resolves with the voltage in force: regulators take steps, and what was read back is what the chips had. */
async function applied(session: Session, wanted: SetPoint, signal: AbortSignal): Promise<number> {
  await session.rig.apply(wanted, signal);
  return session.rig.setCoreVoltage(wanted.coreVoltageMv);
}

/** Which chips did not answer, as far as the error says. */
function silentOf(error: unknown): readonly number[] {
  const { context } = error as { context?: { silent?: unknown } };
  return Array.isArray(context?.silent) ? (context.silent as number[]) : [];
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

function steps(fromMv: number, toMv: number): number[] {
  return Array.from({ length: Math.floor((toMv - fromMv) / ASK_STEP_MV) + 1 }, (_, i) => toMv - i * ASK_STEP_MV).reverse();
}

function within(mv: number, fromMv: number, toMv: number): number {
  return Math.min(toMv, Math.max(fromMv, Math.round(mv)));
}
