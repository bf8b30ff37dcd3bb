/** One direction of a TCP connection over WiFi: when a line that is handed over now arrives. Order is kept, as TCP keeps it. */
import { TwinError } from "../../common/errors.ts";
import type { Random } from "../../common/random.ts";

export interface PathFaults {
  /** Time on the way without anything going wrong, ms. */
  readonly latencyMs: number;
  /** Mean of what is added to it, exponential, ms. */
  readonly jitterMs: number;
  /** Share of segments that are lost and sent again. */
  readonly loss: number;
  /** Power save: what is to be sent waits for the next beacon, ms apart; 0: no power save. The usual interval is 102.4 ms (100 time units of 1024 us). */
  readonly batchMs: number;
}

export const WIRED: PathFaults = { latencyMs: 0.2, jitterMs: 0.05, loss: 0, batchMs: 0 };

/** Least time until a lost segment is sent again, doubled with each further loss (RFC 6298; Linux starts at 200 ms). */
const RETRANSMIT_MS = 200;
const MOST_LOSSES = 6;

/** TwinError OPTION_OUT_OF_RANGE. */
export function checkPath(faults: PathFaults): PathFaults {
  const { latencyMs, jitterMs, loss, batchMs } = faults;
  const good = [latencyMs, jitterMs, batchMs].every((ms) => ms >= 0 && ms <= 60_000) && loss >= 0 && loss < 1;
  if (good) return faults;
  throw new TwinError(
    "OPTION_OUT_OF_RANGE",
    `The twin has no network path of ${JSON.stringify(faults)}.`,
    "Times are 0 to 60000 ms, loss is at least 0 and below 1.",
    { faults },
  );
}

export class WirelessPath {
  readonly #faults: PathFaults;
  readonly #random: Random;
  #lastNs = 0n;

  constructor(faults: PathFaults, random: Random) {
    this.#faults = checkPath(faults);
    this.#random = random;
  }

  arrivalNs(nowNs: bigint): bigint {
    const { latencyMs, jitterMs, loss, batchMs } = this.#faults;
    let ms = latencyMs - jitterMs * Math.log(1 - this.#random.next());
    for (let lost = 0; lost < MOST_LOSSES && this.#random.next() < loss; lost++) ms += RETRANSMIT_MS * 2 ** lost;
    if (batchMs > 0) ms += batchMs - ((Number(nowNs % 1_000_000_000_000n) / 1e6) % batchMs);
    const atNs = nowNs + BigInt(Math.round(ms * 1e6));
    if (atNs > this.#lastNs) this.#lastNs = atNs;
    return this.#lastNs;
  }
}
