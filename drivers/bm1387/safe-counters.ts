import { decodeNonce } from "./nonce.ts";
import { idealOffsetNs, type Sweep, sliceCounts } from "./sweep-model.ts";

/** Share of the time between two works in which a chip has certainly come to a counter: the rest is for what its stamps and its clock are off. GUESS */
const SAFE_OF_GAP = 0.9;

/** Share of a chip's slice that its chip has tried before the next work takes over, with a margin: of the fastest chip, 1 at the most. specs/bm1387.md 3.6 */
export function safeShare(gapNs: number, { frequenciesMhz, midstates }: Sweep): number {
  const sliceNs = (sliceCounts(frequenciesMhz.length) * midstates * 1000) / Math.max(...frequenciesMhz);
  return Math.min(1, (SAFE_OF_GAP * gapNs) / sliceNs);
}

/**
 * Whether chip `chip` comes to this nonce (as in a header) before the next work takes over, `gapNs` after its own, with a margin. What lies behind is found in one
 * pass and cut off in the next. specs/bm1387.md 3.6, 11
 */
export function isSafe(nonce: number, chip: number, gapNs: number, sweep: Sweep): boolean {
  const bytes = new DataView(new ArrayBuffer(4));
  bytes.setUint32(0, nonce, true);
  const { counter } = decodeNonce({ nonceBe: bytes.getUint32(0) }, sweep.frequenciesMhz.length);
  return idealOffsetNs(counter, chip, sweep) <= SAFE_OF_GAP * gapNs;
}
