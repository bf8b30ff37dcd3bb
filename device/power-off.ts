/** Switching a board off that may not obey at once: a bridge that does not answer now may answer in a second. */
import { type Clock, elapsedMs } from "../common/clock.ts";
import { DriverError, explain } from "../common/errors.ts";
import type { CoreOff } from "../drivers/boards/board.ts";

const RETRY_MS = 1_000;
/** How long a program that is about to end goes on asking. */
const PATIENCE_MS = 20_000;

export interface PowerOffParts {
  readonly clock: Clock;
  powerDown(): Promise<CoreOff>;
  /** Opens the ports again after LINK_LOST, so that the next powerDown goes through them. */
  reopen(): Promise<void>;
  /** Aborts when the program is about to end. */
  readonly leaving: AbortSignal;
  /** Called for each new reason. */
  refused(why: string): void;
}

/**
 * Resolves with what switching off came to; with the last reason, in words, when the program is about to end and patience has ended. A board
 * whose cable was pulled runs on: it is switched off when it is back. Never rejects.
 */
export async function insistOnOff({
  clock,
  powerDown,
  reopen,
  leaving,
  refused,
}: PowerOffParts): Promise<CoreOff | { readonly stillOn: string }> {
  let said: string | null = null;
  let leavingNs: bigint | null = null;
  for (;;) {
    try {
      return await powerDown();
    } catch (error) {
      const stillOn = explain(error);
      if (stillOn !== said) refused(stillOn);
      said = stillOn;
      const lost = error instanceof DriverError && error.code === "LINK_LOST";
      const back = lost && (await reopen().then(yes, no));
      if (leaving.aborted) leavingNs ??= clock.nowNs();
      // A program that is about to end does not wait for a cable.
      if (leavingNs !== null && ((lost && !back) || elapsedMs(clock, leavingNs) >= PATIENCE_MS)) return { stillOn };
    }
    if (leavingNs === null) await clock.sleep(RETRY_MS, leaving).catch(() => {});
    else await clock.sleep(RETRY_MS);
  }
}

const yes = () => true;
const no = () => false;

export function stillOnError(why: string): DriverError {
  return new DriverError("STILL_ON", `The board could not be switched off: ${why}`, "Cut its supply by hand, now.");
}
