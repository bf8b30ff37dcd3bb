/** A word and what was said to it: what a dialogue with a chain is asked for and tells (DESIGN section 1.4). */
import type { JobRecord } from "../../common/block-header.ts";
import type { DriverError } from "../../common/errors.ts";

/** The answer that let the next job go. */
export interface ExchangeAnswer {
  /** First byte of its frame, CLOCK_MONOTONIC_RAW, and the uncertainty of that. */
  readonly tNs: bigint;
  readonly sigmaNs: number;
  /** When the read returned that brought its last byte. */
  readonly readNs: bigint;
  /** From the time the line had the job (of a row of works, the first) to the answer, ns. */
  readonly delayNs: number;
  readonly nonce: number;
  readonly versionBits: number;
  readonly chip: number;
  readonly core: number;
  /** log2 of the difficulty its hash reached; NaN when the frame itself was lost to an overrun, or the dialogue stopped before it was judged. */
  readonly difficultyLog2: number;
  /** As in NonceBatch: NaN where the sweep model does not apply, and where difficultyLog2 is. */
  readonly residualNs: number;
}

/** One word and what was said to it. */
export interface Exchange {
  /** What offer() said. */
  readonly word: number;
  /** The job; of a word that is a row of works, the first of them. */
  readonly record: JobRecord;
  /** Just before the first byte of the job was handed over, ns. */
  readonly beganNs: bigint;
  /** When it was over, ns: the answer was read, or given up. */
  readonly endNs: bigint;
  /** How many verified answers came. */
  readonly answers: number;
  /** null: the deadline passed. */
  readonly answer: ExchangeAnswer | null;
}

export interface ChainDialogueOptions {
  /** How many jobs may wait beside the one in flight: BM1366 1 to 14, since ids come round after 16; BM1387 1 to 64. */
  readonly depth: number;
  /** How many different answers let the next job go. Default 1. */
  readonly answers?: number;
  readonly deadlineMs: number;
  /** Answers below this difficulty do not count; those below the ticket's do not come. Default: all count. */
  readonly leastDifficulty?: number;
  onSent?(record: JobRecord): void;
  onExchange(exchange: Exchange): void;
  onEnd(reason: DriverError): void;
}
