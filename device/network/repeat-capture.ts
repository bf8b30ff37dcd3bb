/** The experiment of a share capture once more, on a twin in virtual time, and whether both measure the same (CLAIMS B). */
import { verifyHeaders } from "../../drivers/native/index.ts";
import { type EffectiveDifficulty, effectiveDifficulty } from "../../drivers/stratum/effective-difficulty.ts";
import type { StratumMode } from "../../drivers/stratum/mode.ts";
import { normalQuantile } from "../../reservoir/statistics/special.ts";
import { MINER_KINDS, type MinerKindName } from "../../twin/network/miner-kinds.ts";
import type { ShareCapture } from "../recordings/share-capture.ts";
import { type CaptureReport, verifyShares } from "../recordings/verify-shares.ts";
import { fitHandOver, type HandOverFit } from "./hand-over-fit.ts";
import { rehearse } from "./rehearsal.ts";
import { countsAsWork } from "./share-log.ts";

export interface RepeatOptions {
  readonly kind: MinerKindName;
  readonly mode: StratumMode;
  readonly seed: number;
  readonly workScale: number;
}

export interface Measured {
  readonly shares: number;
  readonly fit: HandOverFit | null;
  readonly ticketFloor: EffectiveDifficulty | null;
}

export interface Comparison {
  readonly quantity: string;
  readonly unit: string;
  /** Each with where it lies in 95 of 100 cases. */
  readonly recorded: readonly [number, number, number];
  readonly twin: readonly [number, number, number];
  readonly agrees: boolean;
}

export interface Repetition extends RepeatOptions {
  readonly origin: "twin";
  readonly seconds: number;
  readonly recordedFrom: CaptureReport["recordedFrom"];
  readonly recorded: Measured;
  readonly twin: Measured;
  readonly comparisons: readonly Comparison[];
  /** All of them do, and both CVs are what their own dead time gives. */
  readonly agrees: boolean;
}

/** Chance that one of the four disagrees though both are the same miner: each is judged at a quarter of it. */
const LEVEL = 0.05;
const COMPARISONS = 4;
/** Intervals hold 95 of 100 cases. */
const EDGE = normalQuantile(0.975);

/** As long as the capture, by the same fit. Both sides need 21 shares; with fewer nothing agrees. */
export function repeatCapture(capture: ShareCapture, options: RepeatOptions): Repetition {
  const report = verifyShares(capture, verifyHeaders);
  const unread = new Set(report.bad.map(({ line }) => line));
  const good = capture.shares.filter(({ line }) => !unread.has(line));
  const { workScale: recordedScale = 0 } = capture.served ?? {};
  const headers = Buffer.concat(good.map(({ header }) => header));
  const recorded = measure(
    good.map(({ timestampS }) => timestampS),
    verifyHeaders(headers).difficultyLog2,
    recordedScale,
  );
  const { mode, seed, workScale, kind } = options;
  const { rows } = rehearse({ kind: MINER_KINDS[kind], mode, seed, workScale, seconds: report.durationS });
  const work = rows.filter(({ judged }) => countsAsWork(judged.verdict));
  const twin = measure(
    work.map(({ tNs }) => Number(tNs) / 1e9),
    work.map(({ judged }) => judged.difficultyLog2),
    workScale,
  );
  const comparisons = compare(recorded, twin);
  const explained = [recorded, twin].every(({ fit }) => fit?.explained);
  return {
    ...options,
    origin: "twin",
    seconds: report.durationS,
    recordedFrom: report.recordedFrom,
    recorded,
    twin,
    comparisons,
    agrees: comparisons.length === COMPARISONS && explained && comparisons.every(({ agrees }) => agrees),
  };
}

function measure(timesS: readonly number[], difficultyLog2: ArrayLike<number>, workScale: number): Measured {
  return { shares: timesS.length, fit: fitHandOver(timesS), ticketFloor: effectiveDifficulty(difficultyLog2, workScale) };
}

function compare(recorded: Measured, twin: Measured): Comparison[] {
  const [a, b] = [recorded.fit, twin.fit];
  if (a === null || b === null || recorded.ticketFloor === null || twin.ticketFloor === null) return [];
  const cv = ({ cv: value, nullCv, nullBand: [low, high] }: HandOverFit): Interval => [value, value + low - nullCv, value + high - nullCv];
  const deadTime = ({ deadTimeMs, deadTimeIntervalMs: [low, high] }: HandOverFit): Interval => [deadTimeMs, low, high];
  // A rate comes from so many intervals of a Poisson process and what it waits between them: the CV is theirs.
  const rate = ({ meanMs, cv, intervals }: HandOverFit): Interval => {
    const [perS, relative] = [1000 / meanMs, (EDGE * cv) / Math.sqrt(intervals)];
    return [perS, perS * (1 - relative), perS * (1 + relative)];
  };
  const floor = ({ least, interval }: EffectiveDifficulty): Interval => [least, ...interval];
  const same = (quantity: string, unit: string, left: Interval, right: Interval): Comparison => ({
    quantity,
    unit,
    recorded: left,
    twin: right,
    agrees: isNoDifference(left, right),
  });
  return [
    same("CV of the intervals", "", cv(a), cv(b)),
    same("dead time", "ms", deadTime(a), deadTime(b)),
    same("rate", "/s", rate(a), rate(b)),
    {
      ...same("ticket floor", "", floor(recorded.ticketFloor), floor(twin.ticketFloor)),
      agrees: isOneFloor(recorded.ticketFloor, twin.ticketFloor),
    },
  ];
}

type Interval = readonly [value: number, low: number, high: number];

/** Two measurements with errors of their own: zero lies where their difference is, at a quarter of the level. */
function isNoDifference([a, aLow, aHigh]: Interval, [b, bLow, bHigh]: Interval): boolean {
  const error = Math.hypot(aHigh - aLow, bHigh - bLow) / (2 * EDGE);
  return Math.abs(a - b) <= normalQuantile(1 - LEVEL / COMPARISONS / 2) * error;
}

/**
 * Of n shares the least difficulty exceeds the floor by a factor whose logarithm is exponential with mean 1/n (D0 / D is uniform), so the difference of two
 * such logarithms has the tails of a Laplace distribution with a slope of its own on each side.
 */
function isOneFloor(a: EffectiveDifficulty, b: EffectiveDifficulty): boolean {
  const [higher, lower] = a.least >= b.least ? [a, b] : [b, a];
  const tail = (lower.shares / (lower.shares + higher.shares)) * Math.exp(-higher.shares * Math.log(higher.least / lower.least));
  return 2 * tail >= LEVEL / COMPARISONS;
}
