import { type NonceBatch, STATUS } from "../common/nonce-batch.ts";

const WINDOW_NS = 10_000_000_000n;

/**
 * Hash rate from verified nonces of the last 10 s: each valid nonce at ticket 2^p stands for 2^(32+p) hashes. A twin's
 * smaller search stands for the same, because its zero-bit requirement is lowered by as much (DESIGN section 4).
 */
export class HashRateMeter {
  #arrivals: { tNs: bigint; hashes: number }[] = [];
  #sinceNs: bigint;

  constructor(startNs: bigint) {
    this.#sinceNs = startNs;
  }

  /** Forgets the past, after a change of set-point. */
  restart(nowNs: bigint): void {
    this.#arrivals = [];
    this.#sinceNs = nowNs;
  }

  add(batch: NonceBatch, ticketLog2: number): void {
    for (let i = 0; i < batch.length; i++) {
      if (batch.status[i] === STATUS.valid) this.#arrivals.push({ tNs: batch.tNs[i] as bigint, hashes: 2 ** (32 + ticketLog2) });
    }
  }

  /** GH/s over the window, or since the restart when that is shorter; null in the first second. */
  rateGhs(nowNs: bigint): number | null {
    const from = nowNs - WINDOW_NS > this.#sinceNs ? nowNs - WINDOW_NS : this.#sinceNs;
    const seconds = Number(nowNs - from) / 1e9;
    if (seconds < 1) return null;
    this.#arrivals = this.#arrivals.filter((arrival) => arrival.tNs >= from);
    return this.#arrivals.reduce((sum, arrival) => sum + arrival.hashes, 0) / seconds / 1e9;
  }
}
