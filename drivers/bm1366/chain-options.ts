import type { Clock } from "../../common/clock.ts";
import type { Verify } from "./correlate.ts";

export const DEFAULT_BAUD = 1_041_667;
export const DEFAULT_VERSION_MASK = 0x1fff_e000;

export interface BringUpOptions {
  readonly clock: Clock;
  readonly verify: Verify;
  readonly expectedChips: number;
  readonly frequencyMhz: number;
  /** Rounded down to a power of two. */
  readonly ticketDifficulty: number;
  /** Host and chip rate after bring-up; null stays at 115200. Default 1,041,667. */
  readonly baud?: number | null;
  /** Zero bits a twin leaves out. 0 on hardware (the device refuses anything else there). */
  readonly workScale?: number;
  readonly versionMask?: number;
  /** jobSeq of the first job (default 0): a chain brought up again goes on counting where the former one stopped. */
  readonly firstJobSeq?: number;
  readonly onProgress?: (step: string, done: number, total: number) => void;
  readonly signal?: AbortSignal;
}
