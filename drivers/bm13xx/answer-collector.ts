import type { Clock } from "../../common/clock.ts";

export interface Question<Answer> {
  /** Waits for what has to be over before the question, if anything. */
  readonly before?: () => Promise<void>;
  readonly ask: () => Promise<unknown>;
  readonly isEnough: (answers: readonly Answer[]) => boolean;
  /** Told how many came, however it ended, before the next question's turn. */
  readonly after?: (received: number) => void;
  /** Silence after which no (first) answer is expected any more. */
  readonly timeoutMs: number;
  /** Silence that ends the collection once answers came. */
  readonly quietMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** A reason of its own: without one each abort makes an error with its stack, and a board has hundreds a second. */
const WOKEN = "woken";

interface Pending<Answer> {
  readonly answers: Answer[];
  wake: () => void;
}

/** Questions to chips, one at a time: nothing in an answer says which question it belongs to. */
export class AnswerCollector<Answer> {
  readonly #clock: Pick<Clock, "sleep">;
  #tail: Promise<unknown> = Promise.resolve();
  #pending: Pending<Answer> | null = null;
  #ended: Error | null = null;

  constructor(clock: Pick<Clock, "sleep">) {
    this.#clock = clock;
  }

  /** What came so far for the question that is being asked; null when none is. */
  get answers(): readonly Answer[] | null {
    return this.#pending?.answers ?? null;
  }

  /**
   * Asks when it is its turn and resolves with what came in order of arrival: all that was there when it was enough, or what came before the
   * silence. Rejects with the signal's reason, the reason of `end`, or what `before` or `ask` reject with.
   */
  collect(question: Question<Answer>): Promise<Answer[]> {
    const turn = this.#tail.then(() => this.#collect(question));
    this.#tail = turn.catch(() => undefined);
    return turn;
  }

  /** Hands in an answer; false when nobody waits for one. */
  push(answer: Answer): boolean {
    this.#pending?.answers.push(answer);
    this.#pending?.wake();
    return this.#pending !== null;
  }

  /** Ends what is waiting and refuses what comes: the link is gone. */
  end(reason: Error): void {
    this.#ended ??= reason;
    this.#pending?.wake();
  }

  /** Throws the signal's reason, or the one of `end`. */
  check(signal: AbortSignal | undefined): void {
    signal?.throwIfAborted();
    if (this.#ended) throw this.#ended;
  }

  async #collect({ before, ask, isEnough, after, timeoutMs, quietMs, signal }: Question<Answer>): Promise<Answer[]> {
    this.check(signal);
    await before?.();
    const pending: Pending<Answer> = { answers: [], wake: () => undefined };
    const onAbort = () => pending.wake();
    this.#pending = pending;
    signal?.addEventListener("abort", onAbort);
    try {
      await ask();
      for (;;) {
        this.check(signal);
        if (isEnough(pending.answers)) return pending.answers;
        const known = pending.answers.length;
        const woken = await this.#nap(pending, known === 0 ? timeoutMs : quietMs);
        this.check(signal);
        if (!woken && pending.answers.length === known) return pending.answers;
      }
    } finally {
      this.#pending = null;
      signal?.removeEventListener("abort", onAbort);
      after?.(pending.answers.length);
    }
  }

  /** Sleeps until `ms` have passed (false) or the question is woken (true); leaves no timer behind. */
  async #nap(pending: Pending<Answer>, ms: number): Promise<boolean> {
    const woken = new AbortController();
    pending.wake = () => woken.abort(WOKEN);
    try {
      await this.#clock.sleep(ms, woken.signal);
      return false;
    } catch (reason) {
      if (woken.signal.aborted) return true;
      throw reason;
    } finally {
      pending.wake = () => undefined;
    }
  }
}
