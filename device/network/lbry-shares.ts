/** LBRY's shares of a run, each with its whole header, so that it can be hashed again from the record alone. */
import { toHex } from "../../common/bytes.ts";
import type { ShareVerdict } from "../../drivers/stratum/judge.ts";
import type { ShareRow } from "../../drivers/stratum/share-rows.ts";

/** 5 MB of headers; what comes beyond is counted. */
const KEPT = 20_000;

export interface LbryShareRecord {
  /** CLOCK_MONOTONIC_RAW at arrival, ns, as text. */
  readonly tNs: string;
  readonly connection: number;
  readonly verdict: ShareVerdict;
  /** 112 bytes, hex. */
  readonly header: string;
}

export class LbryShares {
  readonly #kept: LbryShareRecord[] = [];
  #beyond = 0;

  add({ judged, nonce, extranonce2, tNs, connection }: ShareRow): void {
    const { job, record, versionBits, verdict } = judged;
    if (job === null || record === null) return;
    if (this.#kept.length >= KEPT) {
      this.#beyond++;
      return;
    }
    const header = job.headerOf(record, { extranonce2, ntime: record.ntime, nonce, versionBits });
    this.#kept.push({ tNs: String(tNs), connection, verdict, header: toHex(header) });
  }

  record(): { readonly shares: readonly LbryShareRecord[]; readonly notKept: number } {
    return { shares: this.#kept, notKept: this.#beyond };
  }
}
