/** What a sweep will do, how long it takes, and what it can tell: before anything is touched. */
import { expectedHashRateGhs as bm1366Ghs } from "../../drivers/bm1366/rate.ts";
import { expectedHashRateGhs as bm1387Ghs } from "../../drivers/bm1387/rate.ts";
import type { SetPoint } from "../../telemetry/messages.ts";
import type { Config } from "../config/schema.ts";
import { mostAdaptive } from "./adaptive.ts";
import { sweepOrder } from "./order.ts";
import type { DetectPlan, SweepPlan } from "./plan-schema.ts";
import { intervalsForCv } from "./sample-size.ts";
import { sequentialTest } from "./sequential.ts";

export interface SweepForecast {
  readonly settings: SweepPlan;
  readonly order: readonly { readonly setPoint: SetPoint; readonly noncesPerSecond: number }[];
  /** Points that an adaptive plan adds at the most, where every two neighbours differ; 0 in any other. */
  readonly mostAdded: number;
  /** Settling and counting, s; ramps of voltage and clock come on top. */
  readonly seconds: { readonly least: number; readonly most: number };
  /** The exact test of the invalid share that a point's count is planned for; null without one. */
  readonly sample: (Pick<DetectPlan, "soundShare" | "faultyShare" | "alpha" | "power"> & { readonly nonces: number }) | null;
  readonly forCv: { readonly difference: number; readonly intervals: number } | null;
}

const HASHES_PER_DIFFICULTY = 2 ** 32;

/** ConfigError BAD_PLAN for shares that no sample tells apart. */
export function sweepForecast({ board, setPoint: home, sweep }: Config): SweepForecast {
  const order = sweepOrder(sweep, home).map((setPoint) => ({ setPoint, noncesPerSecond: noncesPerSecond(board, setPoint) }));
  const { detect, settle, settleMs, dwellMs, edge } = sweep;
  const settling = [settleMs, Math.max(settleMs, settle.mostMs)] as const;
  const frequencies = new Set(order.map(({ setPoint }) => setPoint.frequencyMhz)).size;
  const counting = detect === undefined ? ([dwellMs, dwellMs] as const) : ([dwellMs, Math.max(dwellMs, detect.mostMs)] as const);
  const setPoints = order.map(({ setPoint }) => setPoint);
  const mostAdded = sweep.plan === "adaptive" ? mostAdaptive(setPoints, sweep.resolutionMv) : 0;
  const [least, most] =
    sweep.plan === "edge"
      ? [frequencies * (settling[0] + edge.dwellMs), frequencies * edge.mostMs * (1 + settling[1] / edge.dwellMs)]
      : [order.length * (settling[0] + counting[0]), (order.length + mostAdded) * (settling[1] + counting[1])];
  return {
    settings: sweep,
    order,
    mostAdded,
    seconds: { least: least / 1000, most: most / 1000 },
    sample: detect === undefined ? null : { ...detect, nonces: sequentialTest(detect).mostNonces },
    forCv:
      detect === undefined || detect.cvDifference === null
        ? null
        : { difference: detect.cvDifference, intervals: intervalsForCv(detect.cvDifference, detect.alpha, detect.power) },
  };
}

/** What chips at that set-point should give, all sound. specs/bm1366.md 4.8, specs/bm1387.md 3.6 */
export function noncesPerSecond(board: Pick<Config["board"], "kind" | "chips">, { frequencyMhz, ticketDifficulty }: SetPoint): number {
  const ghs =
    board.kind === "bitaxe-ultra" ? bm1366Ghs(frequencyMhz, board.chips) : bm1387Ghs(Array<number>(board.chips).fill(frequencyMhz));
  return (ghs * 1e9) / (HASHES_PER_DIFFICULTY * ticketDifficulty);
}
