import type { Clock } from "../../common/clock.ts";
import { AnswerCollector } from "../bm13xx/answer-collector.ts";
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
  readonly #collector: AnswerCollector<ValueAnswer>;
  /** Answers may still be on their way to nobody. */
  #stray = false;

  constructor(link: ChipLink, clock: Clock) {
    this.#link = link;
    this.#clock = clock;
    this.#collector = new AnswerCollector(clock);
  }

  /**
   * Sends the read and resolves with what came back in order of arrival, which may be less than was awaited, or more: all that was there when the
   * last one awaited came. Rejects with the signal's reason or the link's error.
   */
  read({ register, to, count, timeoutMs, quietMs = timeoutMs, signal }: ReadRequest): Promise<ValueAnswer[]> {
    return this.#collector.collect({
      before: () => this.#drain(signal),
      ask: () => this.#link.write(encodeCommand({ kind: "read", address: to, register })),
      isEnough: (answers) => count !== null && answers.length >= count,
      after: (received) => {
        if (count !== null && received !== count) this.#stray = true;
      },
      timeoutMs,
      quietMs,
      signal,
    });
  }

  /** Hands in an answer; false when nobody waits for it. */
  accept(answer: ValueAnswer): boolean {
    const awaited = this.#collector.push(answer);
    if (!awaited) this.#stray = true;
    return awaited;
  }

  /** What comes next may be an answer nobody asks for: a change of clock damages nonces on their way. specs/bm1387.md 2.1 */
  expectStrays(): void {
    this.#stray = true;
  }

  /** Ends what is waiting and refuses what comes: the link is gone. */
  end(reason: Error): void {
    this.#collector.end(reason);
  }

  async #drain(signal: AbortSignal | undefined): Promise<void> {
    for (let round = 0; this.#stray && round < DRAIN_ROUNDS; round++) {
      this.#stray = false;
      await this.#clock.sleep(DRAIN_MS, signal);
      this.#collector.check(signal);
    }
  }
}
