import type { Clock } from "../../common/clock.ts";
import type { ChipLink } from "../transport/chip-link.ts";
import type { ValueAnswer } from "./correlate.ts";
import { encodeCommand } from "./frames.ts";

export interface ReadRequest {
  readonly register: number;
  /** The chip asked; null asks all. */
  readonly to: number | null;
  /** How many answers are awaited; null takes all until silence, as when chips are counted. */
  readonly count: number | null;
  /** Silence after which no (first) answer is expected any more. */
  readonly timeoutMs: number;
  /** Silence that ends the collection once answers came; `timeoutMs` unless told. */
  readonly quietMs?: number;
  readonly signal?: AbortSignal | undefined;
}

interface Pending {
  readonly answers: ValueAnswer[];
  wake: () => void;
}

/** The line must have been silent for so long before the next question, once an answer came that nobody had asked for. specs/bm1387.md 7.9 */
const DRAIN_MS = 10;
const DRAIN_ROUNDS = 10;

/**
 * Register reads. An answer says neither who answers nor for which register, so there is one question at a time, and before the next one the line is
 * waited dry when answers are missing or came unasked. specs/bm1387.md 1.4, 7.9
 */
export class RegisterReads {
  readonly #link: ChipLink;
  readonly #clock: Clock;
  #tail: Promise<unknown> = Promise.resolve();
  #pending: Pending | null = null;
  #ended: Error | null = null;
  /** Answers may still be on their way to nobody. */
  #stray = false;

  constructor(link: ChipLink, clock: Clock) {
    this.#link = link;
    this.#clock = clock;
  }

  /**
   * Sends the read and resolves with what came back in order of arrival, which may be less than was awaited, or more: all that was there when the
   * last one awaited came. Rejects with the signal's reason or the link's error.
   */
  read(request: ReadRequest): Promise<ValueAnswer[]> {
    const turn = this.#tail.then(() => this.#collect(request));
    this.#tail = turn.catch(() => undefined);
    return turn;
  }

  /** Hands in an answer; false when nobody waits for it. */
  accept(answer: ValueAnswer): boolean {
    if (this.#pending === null) {
      this.#stray = true;
      return false;
    }
    this.#pending.answers.push(answer);
    this.#pending.wake();
    return true;
  }

  /** What comes next may be an answer nobody asks for: a change of clock damages nonces on their way. specs/bm1387.md 2.1 */
  expectStrays(): void {
    this.#stray = true;
  }

  /** Ends what is waiting and refuses what comes: the link is gone. */
  end(reason: Error): void {
    this.#ended ??= reason;
    this.#pending?.wake();
  }

  async #collect(request: ReadRequest): Promise<ValueAnswer[]> {
    const { register, to, count, timeoutMs, quietMs = timeoutMs, signal } = request;
    this.#check(signal);
    await this.#drain(signal);
    const answers: ValueAnswer[] = [];
    const pending: Pending = { answers, wake: () => undefined };
    const onAbort = () => pending.wake();
    this.#pending = pending;
    signal?.addEventListener("abort", onAbort);
    try {
      await this.#link.write(encodeCommand({ kind: "read", address: to, register }));
      for (;;) {
        this.#check(signal);
        if (count !== null && answers.length >= count) return answers;
        const known = answers.length;
        const woken = await this.#nap(pending, known === 0 ? timeoutMs : quietMs);
        this.#check(signal);
        if (!woken && answers.length === known) return answers;
      }
    } finally {
      this.#pending = null;
      signal?.removeEventListener("abort", onAbort);
      if (count !== null && answers.length !== count) this.#stray = true;
    }
  }

  #check(signal: AbortSignal | undefined): void {
    signal?.throwIfAborted();
    if (this.#ended) throw this.#ended;
  }

  async #drain(signal: AbortSignal | undefined): Promise<void> {
    for (let round = 0; this.#stray && round < DRAIN_ROUNDS; round++) {
      this.#stray = false;
      await this.#clock.sleep(DRAIN_MS, signal);
      this.#check(signal);
    }
  }

  /** Sleeps until `ms` have passed (false) or the pending read is woken (true); leaves no timer behind. */
  async #nap(pending: Pending, ms: number): Promise<boolean> {
    const woken = new AbortController();
    pending.wake = () => woken.abort();
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
