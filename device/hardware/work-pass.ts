/** One pass through a board's works from the first one on: what a golden job is where each work lasts a millisecond. */
import type { Bm1387Chain } from "../../drivers/bm1387/chain.ts";
import { isSafe, safeShare } from "../../drivers/bm1387/safe-counters.ts";
import type { WorkPump } from "../../drivers/native/index.ts";

/** Works that are the same in every pass, under numbers of their own. */
export interface WorkPass {
  readonly firstSeq: number;
  /** Works follow each other no closer than this, ns. */
  readonly gapNs: number;
  /** Share of each chip's range that it has certainly tried before the next work takes over. */
  readonly safeShare: number;
  /** Whether its chip comes to this nonce, as in a header, in that share. */
  isSafe(nonce: number, chip: number): boolean;
  /** When the work of that number took over, on the monotonic clock; null while it has not been written. */
  startedNs(jobSeq: number): bigint | null;
}

export function passOf(pump: WorkPump, chain: Bm1387Chain, firstSeq: number, gapNs: number): WorkPass {
  const sweep = { frequenciesMhz: chain.frequenciesMhz, midstates: chain.midstates };
  return {
    firstSeq,
    gapNs,
    safeShare: safeShare(gapNs, sweep),
    isSafe: (nonce, chip) => isSafe(nonce, chip, gapNs, sweep),
    startedNs(jobSeq) {
      const jobs = pump.jobsSince(jobSeq);
      return jobs.count > 0 && jobs.jobSeq[0] === jobSeq && jobs.settled[0] === 1 ? (jobs.lineEndNs[0] as bigint) : null;
    },
  };
}
