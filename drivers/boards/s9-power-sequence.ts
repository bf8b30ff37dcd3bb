/** Switching an S9 hash board on. specs/bm1387.md 3.2 steps 5 to 9, pitfalls 10 and 17 */
import type { Clock } from "../../common/clock.ts";
import type { Board } from "./board.ts";
import { CORE_OPENING_MV } from "./s9-voltage.ts";

/** Braiins' waits: discharged, settled, out of reset. */
const OFF_MS = 1_000;
const SETTLE_MS = 2_000;
const RESET_RELEASE_MS = 1_000;

export interface S9PowerUpOptions {
  /** 100 unless given: the sensors have not yet shown that less will do. */
  readonly fanPercent?: number;
  /** Ends the sequence between two steps, with the board switched off again. */
  readonly signal?: AbortSignal;
}

/**
 * Off first, because a board may still be powered from before; fan; 9.4 V, at which cores open; out of reset. Resolves with the chain voltage
 * read back, mV. The caller then brings the chain up, opens the cores, and lowers the voltage with setCoreVoltageMv. When a step
 * fails the board is switched off again and the step's error is thrown.
 */
export async function powerUpS9(board: Board, clock: Clock, { fanPercent = 100, signal }: S9PowerUpOptions = {}): Promise<number> {
  try {
    await board.coreOff();
    await board.setReset(true);
    await board.setFanPercent(fanPercent);
    await clock.sleep(OFF_MS, signal);
    const appliedMv = await board.setCoreVoltageMv(CORE_OPENING_MV);
    await clock.sleep(SETTLE_MS, signal);
    await board.setReset(false);
    await clock.sleep(RESET_RELEASE_MS, signal);
    return appliedMv;
  } catch (error) {
    // The first error is the one that explains; the way off may fail for the same reason.
    await board.coreOff().catch(() => {});
    throw error;
  }
}
