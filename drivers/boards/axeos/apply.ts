/** Sets a miner and makes sure of it: write, wait, read back until it agrees and goes on agreeing, or refuse. CLAIMS N3 */
import { type Clock, elapsedMs } from "../../../common/clock.ts";
import { DriverError } from "../../../common/errors.ts";
import type { AxeOsInfo } from "./info.ts";
import { judgeReadBack, type ReadBack, readBackText, TOLERANCES, type Tolerances } from "./read-back.ts";
import { type AxeOsSetPoint, patchBody, requireSafe } from "./set-point.ts";

/** What applying needs of a miner. */
export interface SettableMiner {
  info(): Promise<AxeOsInfo>;
  patch(body: Readonly<Record<string, number>>): Promise<void>;
  restart(): Promise<void>;
}

export interface ApplyOptions {
  readonly clock: Clock;
  /** Restart it afterwards, as firmware that takes up its settings only then needs. */
  readonly restart?: boolean;
  /** Time to agree, ms: a ramp of 275 MHz takes 4.4 s (specs/bm1366.md 6.4); a restart over WiFi about 20 s. */
  readonly withinMs?: number;
  readonly pollMs?: number;
  readonly tolerances?: Tolerances;
}

export interface Applied {
  readonly before: AxeOsInfo;
  readonly after: AxeOsInfo;
  readonly readBack: ReadBack;
  /** From the write until it had gone on agreeing. */
  readonly tookMs: number;
  /** Readings that did not come: lost on the way, or the miner was starting. */
  readonly lost: number;
}

const WITHIN_MS = 20_000;
const WITHIN_RESTART_MS = 90_000;
/** AxeOS renews its own figures each 500 ms. */
const POLL_MS = 1000;
const WRITES = 3;

/**
 * Resolves only when what the miner measures agrees. DriverError SETPOINT_REFUSED, AXEOS_MODEL, AXEOS_NOT_SAFE (nothing was written),
 * AXEOS_READ_BACK (it was, and it did not take or cannot be proved), AXEOS_RESTARTED (it restarted by itself: the step is spoiled), and those of `info`.
 */
export async function applySetPoint(miner: SettableMiner, setPoint: AxeOsSetPoint, options: ApplyOptions): Promise<Applied> {
  const { clock, restart = false, pollMs = POLL_MS, tolerances = TOLERANCES } = options;
  const withinMs = options.withinMs ?? (restart ? WITHIN_RESTART_MS : WITHIN_MS);
  const before = await miner.info();
  const beforeNs = clock.nowNs();
  requireSafe(setPoint, before);
  await write(miner, setPoint);
  const writtenNs = clock.nowNs();
  const restartNs = restart ? await restarted(miner, clock) : null;
  let lost = 0;
  /** Uptime at the first of the readings in a row that agree. One alone may fall into a ramp that goes on, and old ones are all the same. */
  let agreedAtS: number | null = null;
  let last: { readBack: ReadBack; after: AxeOsInfo } | null = null;
  while (elapsedMs(clock, writtenNs) < withinMs) {
    await clock.sleep(pollMs);
    // What it says is no older than the question, so an answer that takes its time is no uptime that stands still.
    const askedNs = clock.nowNs();
    let after: AxeOsInfo;
    try {
      after = await miner.info();
    } catch (error) {
      if (!passes(error)) throw error;
      lost++;
      agreedAtS = null;
      continue;
    }
    const sinceRestartS = restartNs === null ? null : elapsedMs(clock, restartNs) / 1000;
    const readBack = judgeReadBack({
      asked: setPoint,
      before,
      now: after,
      elapsedS: Number(askedNs - beforeNs) / 1e9,
      sinceRestartS,
      tolerances,
    });
    last = { readBack, after };
    if (!restart && readBack.uptime === "restarted")
      throw new DriverError(
        "AXEOS_RESTARTED",
        "The miner restarted while it was set: what it does now is not what was asked for.",
        "Look at its supply, and at the voltage asked for: too little of it resets the chip's board. Then set it again.",
        { setPoint, uptimeS: after.uptimeS },
      );
    if (!readBack.agrees) agreedAtS = null;
    else if (agreedAtS === null) agreedAtS = after.uptimeS;
    else if (after.uptimeS > agreedAtS) return { before, after, readBack, tookMs: elapsedMs(clock, writtenNs), lost };
  }
  throw disagreement(setPoint, last?.readBack ?? null, lost, withinMs);
}

/** Setting the same again does no harm, so a write whose answer was lost is written again. */
async function write(miner: SettableMiner, setPoint: AxeOsSetPoint): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      return await miner.patch(patchBody(setPoint));
    } catch (error) {
      if (tries === WRITES || !passes(error)) throw error;
    }
  }
}

/** An answer that is lost is no failure: whether it restarted is seen by its uptime. */
async function restarted(miner: SettableMiner, clock: Clock): Promise<bigint> {
  const orderedNs = clock.nowNs();
  try {
    await miner.restart();
  } catch (error) {
    if (!passes(error)) throw error;
  }
  return orderedNs;
}

/** What a radio link or a restart does by itself: a later try may not see it. */
export const passes = (error: unknown): boolean =>
  error instanceof DriverError && (error.code === "AXEOS_UNREACHABLE" || error.code === "AXEOS_TIMEOUT");

function disagreement(setPoint: AxeOsSetPoint, readBack: ReadBack | null, lost: number, withinMs: number): DriverError {
  const what = readBack === null ? `${lost} readings did not come` : readBackText(readBack);
  const echoes = readBack?.knobs.some(({ evidence, agrees }) => evidence === "echo" && !agrees) ?? false;
  return new DriverError(
    "AXEOS_READ_BACK",
    `The miner was set, but after ${withinMs / 1000} s its read-back disagrees: ${what}.`,
    echoes
      ? "Its firmware measures this not at all: set it with a restart, which proves at least that it was stored. Do not count this step."
      : "Do not count this step. Another firmware may have other keys, or the board cannot do it: look at its own web page.",
    { setPoint, readBack, lost },
  );
}
