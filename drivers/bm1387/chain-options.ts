import type { Clock } from "../../common/clock.ts";
import type { Verify } from "../bm13xx/verify.ts";
import type { MidstateCount } from "./job.ts";

/** The rate bosminer runs S9 boards at. specs/bm1387.md 3.2 */
export const DEFAULT_BAUD = 1_562_500;
/** Chips of an S9 board. specs/bm1387.md 0.5 */
export const S9_CHIPS = 63;

export interface BringUpOptions {
  readonly clock: Clock;
  readonly verify: Verify;
  /** Default 63. */
  readonly expectedChips?: number;
  /** One clock for all chips, or one for each, such as the factory's bins. */
  readonly frequencyMhz: number | readonly number[];
  /** Rounded down to a power of two. */
  readonly ticketDifficulty: number;
  /** Host and chip rate after bring-up; null stays at 115200, too slow for mining. Default 1,562,500. */
  readonly baud?: number | null;
  /** Zero bits a twin leaves out. 0 on hardware (the device refuses anything else there). */
  readonly workScale?: number;
  readonly versionMask?: number;
  /** Versions hashed side by side; default 4. */
  readonly midstates?: MidstateCount;
  /** Whether opened cores are seen to work before the chain counts as up; default true. Takes 1.4 s at 650 MHz, 4.5 s at 200. */
  readonly checkCores?: boolean;
  /** jobSeq of the first job (default 0): a chain brought up again goes on counting where the former one stopped. */
  readonly firstJobSeq?: number;
  readonly onProgress?: (step: string, done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/**
 * What a chip has done since the chain came up. The chip has no counters but its rate, so errorCount and totalCount are the host's, by its nonces, in
 * units of 2^32 hashes; all are null when the chip did not answer. `domains` is empty.
 */
export interface ChipCounters {
  readonly chip: number;
  readonly address: number;
  readonly errorCount: number | null;
  readonly totalCount: number | null;
  readonly domains: readonly (number | null)[];
  /** The chip's own register. specs/bm1387.md 2 */
  readonly hashRateGhs: number | null;
}
