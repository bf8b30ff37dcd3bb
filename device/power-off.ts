/** Switching a board off that may not obey at once: a bridge that does not answer now may answer in a second. */
import type { Clock } from "../common/clock.ts";
import { DriverError, explain } from "../common/errors.ts";
import type { CoreOff } from "../drivers/boards/board.ts";

/** How soon a board that did not obey is asked again. */
export const RETRY_MS = 1_000;

export interface PowerOffParts {
  readonly clock: Clock;
  powerDown(): Promise<CoreOff>;
  /**
   * Opens the ports again after LINK_LOST and looks at the board behind them, so that the next powerDown goes through them. Until it has succeeded nothing is
   * powered down: a board that was not looked at has a regulator that nobody knows, and leaves it alone.
   */
  reopen(): Promise<void>;
  /** Aborts when the program is about to end: then the board is asked once more. */
  readonly leaving: AbortSignal;
  /** Called for each new reason; `cableGone` when there is no port to ask through. */
  refused(why: string, cableGone: boolean): void;
}

/**
 * Resolves with what switching off came to; with the last reason, in words, when the program is about to end. A board whose cable was pulled
 * runs on: it is switched off when it is back. Never rejects.
 */
export async function insistOnOff({
  clock,
  powerDown,
  reopen,
  leaving,
  refused,
}: PowerOffParts): Promise<CoreOff | { readonly stillOn: string }> {
  let said = "";
  let lost = false;
  for (;;) {
    const last = leaving.aborted;
    // One that did not come back is asked for before each attempt; the reason stays that it was lost.
    if (lost) lost = !(await succeeds(reopen()));
    if (!lost)
      try {
        return await powerDown();
      } catch (error) {
        const stillOn = explain(error);
        const cableGone = error instanceof DriverError && error.code === "LINK_LOST";
        if (stillOn !== said) refused(stillOn, cableGone);
        said = stillOn;
        if (cableGone) lost = !(await succeeds(reopen()));
      }
    if (last) return { stillOn: said };
    await clock.sleep(RETRY_MS, leaving).catch(() => {});
  }
}

const succeeds = (work: Promise<unknown>): Promise<boolean> =>
  work.then(
    () => true,
    () => false,
  );
