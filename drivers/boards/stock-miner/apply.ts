/** Sets a miner whose firmware allows it, and makes sure of it by what its stats say afterwards. */
import { type Clock, elapsedMs } from "../../../common/clock.ts";
import { DriverError } from "../../../common/errors.ts";
import { requireSetPoint, S9_LIMITS } from "../s9-limits.ts";
import type { Knob, KnobOption, Knobs } from "./knobs.ts";
import type { StockMinerInfo } from "./stock-miner.ts";

/** Of all chains. Absent: stays. */
export interface StockSetPoint {
  readonly frequencyMhz?: number | undefined;
  readonly chainVoltageMv?: number | undefined;
}

export interface SettableStockMiner {
  info(): Promise<StockMinerInfo>;
  knobs(): Promise<Knobs>;
  setOption(device: number, option: string, value: number): Promise<void>;
}

export interface StockApplied {
  readonly before: StockMinerInfo;
  readonly after: StockMinerInfo;
  readonly tookMs: number;
  /** Answers that did not come. */
  readonly lost: number;
}

/** Half of the PLL table's widest step. specs/bm1387.md 2.6 */
const TOLERANCE_MHZ = 7;
/** One and a half steps of the board's potentiometer near 9 V. specs/bm1387.md 4.2 */
const TOLERANCE_MV = 60;
const WITHIN_MS = 60_000;
const POLL_MS = 2000;
/** How far its uptime may lag behind the host's clock, s: it counts whole seconds. GUESS: the other is for a clock of its own. */
const SLACK_S = 2;
const PASSING = ["STOCK_MINER_UNREACHABLE", "STOCK_MINER_TIMEOUT", "STOCK_MINER_CUT"];
/** Whatever the firmware would still allow: below the board's own limit, because here nobody can switch it off in time. */
const WARMEST_C = S9_LIMITS.maxChipTempC - 10;

/**
 * DriverError SETPOINT_REFUSED, STOCK_MINER_MODEL, STOCK_MINER_NO_KNOB, STOCK_MINER_NOT_SAFE (nothing was written), STOCK_MINER_READ_BACK, STOCK_MINER_RESTARTED (it was:
 * do not count the step), and those of `info`.
 */
export async function applyToStockMiner(
  miner: SettableStockMiner,
  setPoint: StockSetPoint,
  { clock, withinMs = WITHIN_MS }: { clock: Clock; withinMs?: number },
): Promise<StockApplied> {
  const knobs = await miner.knobs();
  const before = await miner.info();
  const writes = writesOf(setPoint, knobs, before);
  const beganNs = clock.nowNs();
  const devices = before.chains?.chains.length ?? 0;
  let lost = 0;
  // Whether a write whose answer was lost took is seen by what the miner says afterwards.
  const unlessLost = async <T>(doing: Promise<T>): Promise<T | null> => {
    try {
      return await doing;
    } catch (error) {
      if (!(error instanceof DriverError && PASSING.includes(error.code))) throw error;
      lost++;
      return null;
    }
  };
  for (const { option, value } of writes)
    for (let device = 0; device < devices; device++) await unlessLost(miner.setOption(device, option, value));
  let last = "nothing";
  while (elapsedMs(clock, beganNs) < withinMs) {
    await clock.sleep(POLL_MS);
    // What it says is no older than the question: a late answer is no uptime that stands still.
    const askedNs = clock.nowNs();
    const after = await unlessLost(miner.info());
    if (after === null) continue;
    const advanceS = after.summary.uptimeS - before.summary.uptimeS;
    if (advanceS < 0)
      throw new DriverError(
        "STOCK_MINER_RESTARTED",
        "The miner's program restarted while it was set.",
        "Do not count this step. Wait until it hashes, look at what it is set to, and set it again.",
        { setPoint },
      );
    const isAlive = advanceS >= Math.max(1, Number(askedNs - beganNs) / 1e9 - SLACK_S);
    const off = offBy(after, setPoint, devices);
    if (isAlive && off === null) return { before, after, tookMs: elapsedMs(clock, beganNs), lost };
    last = off ?? "its uptime is behind this host's clock: what it says is old, or it restarted";
  }
  throw new DriverError(
    "STOCK_MINER_READ_BACK",
    `The miner was set, but after ${withinMs / 1000} s its read-back disagrees: ${last}.`,
    "Do not count this step. Its firmware may tune chains by itself: switch that off in its web page.",
    { setPoint, lost },
  );
}

/** What is to be written, once nothing speaks against it. */
function writesOf(setPoint: StockSetPoint, knobs: Knobs, before: StockMinerInfo): { option: string; value: number }[] {
  const asked = Object.entries(setPoint).filter(([, value]) => value !== undefined) as [Knob, number][];
  if (asked.length === 0) throw new DriverError("SETPOINT_REFUSED", "Nothing is to be set.", "Give a frequency or a voltage.");
  if (before.type === null || !/\bs9\b/i.test(before.type))
    throw new DriverError(
      "STOCK_MINER_MODEL",
      `The miner calls itself ${before.type ?? "nothing"}, and only the limits of an S9 are known here.`,
      "Set this one in its own web page.",
      { type: before.type },
    );
  const chains = before.chains?.chains ?? [];
  const fastest = Math.max(...chains.map(({ frequencyMhz }) => frequencyMhz ?? Number.NaN));
  const strongest = Math.max(...(before.voltagesMv ?? []).map((mv) => mv ?? Number.NaN));
  const { frequencyMhz, chainVoltageMv } = setPoint;
  // With a voltage that nobody tells, what the firmware itself couples to the frequency has to do.
  const voltageMv = chainVoltageMv ?? (Number.isFinite(strongest) ? strongest : S9_LIMITS.coreVoltageMv.min);
  requireSetPoint(S9_LIMITS, voltageMv, frequencyMhz ?? (Number.isFinite(fastest) ? fastest : null));
  const writes = asked.map(([knob, value]) => {
    const found = knobs[knob];
    if (found === undefined || found.perUnit === null) throw noKnob(knob);
    const isTold = knob === "frequencyMhz" ? chains.length > 0 && Number.isFinite(fastest) : Number.isFinite(strongest);
    if (!isTold) throw unprovable(knob);
    return { option: found.option, value: inRange(value / found.perUnit, found, knob) };
  });
  const isWarmer = (frequencyMhz ?? 0) > fastest || (chainVoltageMv ?? 0) > strongest;
  const tooWarm = chains.find(({ chipTempC }) => chipTempC === null || chipTempC >= WARMEST_C);
  if (isWarmer && tooWarm !== undefined)
    throw new DriverError(
      "STOCK_MINER_NOT_SAFE",
      `The miner is not made warmer: chain ${tooWarm.chain} ${tooWarm.chipTempC === null ? "does not tell its temperature" : `is at ${tooWarm.chipTempC} C`}.`,
      `Let it cool below ${WARMEST_C} C, and try again.`,
      { setPoint, chain: tooWarm },
    );
  return writes;
}

function inRange(value: number, { range }: KnobOption, knob: Knob): number {
  if (range === null || (value >= range.min && value <= range.max)) return value;
  throw new DriverError(
    "SETPOINT_REFUSED",
    `The firmware takes ${NAMES[knob]} from ${range.min} to ${range.max}, not ${value}; nothing was written.`,
    "Choose a value inside its range.",
    { value, ...range },
  );
}

/** What the miner says that is not what was asked for; null when all of it is. */
function offBy(info: StockMinerInfo, { frequencyMhz, chainVoltageMv }: StockSetPoint, devices: number): string | null {
  const chains = info.chains?.chains ?? [];
  if (chains.length !== devices) return `${chains.length} chains answer of ${devices}`;
  for (const { chain, frequencyMhz: has } of chains)
    if (frequencyMhz !== undefined && (has === null || Math.abs(has - frequencyMhz) > TOLERANCE_MHZ))
      return `chain ${chain} runs at ${has ?? "an unknown frequency"}${has === null ? "" : " MHz"}`;
  for (const has of info.voltagesMv ?? [])
    if (chainVoltageMv !== undefined && (has === null || Math.abs(has - chainVoltageMv) > TOLERANCE_MV))
      return `a chain has ${has ?? "an unknown"} mV`;
  return null;
}

const NAMES: Readonly<Record<Knob, string>> = { frequencyMhz: "a frequency", chainVoltageMv: "a voltage" };
const noKnob = (knob: Knob) =>
  new DriverError(
    "STOCK_MINER_NO_KNOB",
    `This miner's firmware does not let others set ${NAMES[knob]} over its API.`,
    "The maker's own does not: set it in the miner's web page and restart it, or use firmware whose API has ascset, or drive the hash board itself.",
    { knob },
  );
const unprovable = (knob: Knob) =>
  new DriverError(
    "STOCK_MINER_NO_KNOB",
    `The miner could be set, but does not tell ${NAMES[knob]} afterwards: nothing was written, because nothing could be proved.`,
    "Set it in the miner's web page, or use another firmware.",
    { knob },
  );
