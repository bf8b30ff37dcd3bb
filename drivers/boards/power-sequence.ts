/** Switching a board on and off in the order all sources use. specs/bm1366.md 5.7, 5.10, pitfall 25 */
import type { Clock } from "../../common/clock.ts";
import type { Board, CoreOff } from "./board.ts";

export interface PowerUpOptions {
  readonly coreVoltageMv: number;
  /** 100 unless given: the sensors have not yet shown that less will do. */
  readonly fanPercent?: number;
  /** Ends the sequence between two steps, with the board switched off again. */
  readonly signal?: AbortSignal;
}

/** mujina's figures (5.10): the supply settles, the chips come out of reset. */
const SUPPLY_SETTLE_MS = 500;
const RESET_RELEASE_MS = 200;
const DISCHARGE_MS = 500;

/**
 * Chips in reset, fan, core voltage, 500 ms, out of reset, 200 ms. Resolves with the core voltage the regulator reads back, mV.
 * When a step fails the board is switched off again and the step's error is thrown.
 */
export async function powerUp(board: Board, clock: Clock, { coreVoltageMv, fanPercent = 100, signal }: PowerUpOptions): Promise<number> {
  try {
    await board.setReset(true);
    await board.setFanPercent(fanPercent);
    signal?.throwIfAborted();
    const appliedMv = await board.setCoreVoltageMv(coreVoltageMv);
    await clock.sleep(SUPPLY_SETTLE_MS, signal);
    await board.setReset(false);
    await clock.sleep(RESET_RELEASE_MS, signal);
    return appliedMv;
  } catch (error) {
    // The first error is the one that explains; the way off may fail for the same reason.
    await powerDown(board, clock).catch(() => {});
    throw error;
  }
}

/** Chips in reset, core off, 500 ms. The core is switched off even if the reset fails; the first error is thrown when all has been tried. */
export async function powerDown(board: Board, clock: Clock): Promise<CoreOff> {
  const reset = await board.setReset(true).then(
    () => null,
    (error: unknown) => ({ error }),
  );
  const outcome = await board.coreOff();
  await clock.sleep(DISCHARGE_MS);
  if (reset !== null) throw reset.error;
  return outcome;
}
