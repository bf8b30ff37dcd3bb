/** Shares of an A/B/A/B experiment by block: which counted, which came too late, and what arm A's own job changes cost. */
import type { ShareVerdict } from "../../drivers/stratum/judge.ts";
import type { ShareRow } from "../../drivers/stratum/share-rows.ts";
import type { Arm, ArmBlock, BlockCount } from "../../reservoir/verdict/experiments/arms-design.ts";
import { fitHandOver, type HandOverFit } from "./hand-over-fit.ts";

/** What a pool would say: after an answer the server of this project asks for another job, a pool takes more of the same until it is replaced. */
export function asPool({ judged, dropped }: Pick<ShareRow, "judged" | "dropped">): ShareVerdict {
  return judged.verdict === "stale" && !dropped ? "valid" : judged.verdict;
}

export interface TimedShare {
  /** Since the first block began. */
  readonly tS: number;
  readonly verdict: ShareVerdict;
}

export interface ArmsCounts {
  readonly blocks: readonly BlockCount[];
  /** Shares that verify, for a job that the miner had been told to drop: work done, and thrown away. */
  readonly stale: Readonly<Record<Arm, number>>;
  /** Shares that no pool would take for another reason. */
  readonly refused: Readonly<Record<Arm, number>>;
  /** Of arm A's shares, its blocks put end to end. */
  readonly handOver: HandOverFit | null;
}

export function countBlocks(shares: readonly TimedShare[], blocks: readonly ArmBlock[]): ArmsCounts {
  const stale = { A: 0, B: 0 };
  const refused = { A: 0, B: 0 };
  const timesOfA: number[] = [];
  let usefulS = 0;
  const counts = blocks.map(({ arm, startS, settleS, seconds }): BlockCount => {
    const from = startS + settleS;
    const useful = seconds - settleS;
    let valid = 0;
    for (const { tS, verdict } of shares) {
      if (tS < from || tS >= startS + seconds) continue;
      if (verdict === "valid") valid++;
      else if (verdict === "stale") stale[arm]++;
      else refused[arm]++;
      if (arm === "A" && (verdict === "valid" || verdict === "stale")) timesOfA.push(usefulS + tS - from);
    }
    if (arm === "A") usefulS += useful;
    return { arm, shares: valid, seconds: useful };
  });
  return { blocks: counts, stale, refused, handOver: fitHandOver(timesOfA) };
}

/** What ending arm A's dead time would give: rate x dead time. null without a fit. */
export function handOverGain(fit: HandOverFit | null): { gain: number; interval: readonly [number, number] } | null {
  if (fit === null) return null;
  const gainOf = (deadTimeMs: number) => (fit.ratePerS * deadTimeMs) / 1000;
  return { gain: gainOf(fit.deadTimeMs), interval: [gainOf(fit.deadTimeIntervalMs[0]), gainOf(fit.deadTimeIntervalMs[1])] };
}
