/** Set-points of a chain run one at a time, and none starts or goes on once it is being shut down. */
import { type Clock, elapsedMs } from "../../common/clock.ts";
import { DriverError } from "../../common/errors.ts";
import { joinedSignal } from "../../common/joined-signal.ts";

export interface ShutDown {
  /** In this order; each is begun only while there is time left. */
  readonly steps: readonly (() => Promise<unknown>)[];
  readonly clock: Clock;
  readonly budgetMs: number;
  /** What a person can do when it takes too long. */
  readonly slowHint: string;
}

export class SetPointTurns {
  #last: Promise<unknown> = Promise.resolve();
  readonly #stop = new AbortController();

  /** Runs when every earlier one has ended, however it ended. Rejects with the reason when `outer` aborts or the chain is shut down. */
  take<T>(outer: AbortSignal | undefined, run: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const turn = this.#last.then(async () => {
      const { signal, release } = joinedSignal(this.#stop.signal, outer);
      try {
        signal.throwIfAborted();
        return await run(signal);
      } finally {
        release();
      }
    });
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  /** Stops what is under way, then goes through the steps. Best effort: never rejects, and resolves with what stopped it; null when nothing did. */
  async shutDown(plan: () => Omit<ShutDown, "clock">, clock: Clock): Promise<unknown> {
    const startNs = clock.nowNs();
    this.#stop.abort(new DriverError("SHUTTING_DOWN", "The chain is shutting down.", "Bring it up again to go on."));
    try {
      await this.#last;
      // Made only now: where the ramp begins is where the set-point that was stopped has got to.
      const { steps, budgetMs, slowHint } = plan();
      for (const step of steps) {
        if (elapsedMs(clock, startNs) >= budgetMs)
          throw new DriverError("SHUT_DOWN_SLOW", `Shutting down took more than ${budgetMs} ms.`, slowHint, { budgetMs });
        await step();
      }
      return null;
    } catch (reason) {
      return reason;
    }
  }
}
