import type { Clock } from "../../common/clock.ts";
import { AnswerCollector } from "../bm13xx/answer-collector.ts";
import { encodeCommand } from "../bm13xx/frames.ts";
import type { ChipLink } from "../transport/chip-link.ts";
import type { RegisterAnswer } from "./correlate.ts";

export interface ReadRequest {
  readonly register: number;
  /** The chip asked; null asks all. */
  readonly to: number | null;
  /** Whose answers are awaited, by address; null takes every answer until silence, as at enumeration, when all chips have address 0. */
  readonly from: readonly number[] | null;
  /** Silence after which no (first) answer is expected any more. */
  readonly timeoutMs: number;
  /** Silence that ends the collection once answers came; `timeoutMs` unless told. */
  readonly quietMs?: number;
  readonly signal?: AbortSignal | undefined;
}

/** Register reads, one at a time: frames carry no transaction number, so answers are told apart by register and address only. */
export class RegisterReads {
  readonly #link: ChipLink;
  readonly #collector: AnswerCollector<RegisterAnswer>;
  #asked: Pick<ReadRequest, "register" | "from"> | null = null;

  constructor(link: ChipLink, clock: Clock) {
    this.#link = link;
    this.#collector = new AnswerCollector(clock);
  }

  /** Sends the read and resolves with what came back, which may be less than was awaited. Rejects with the signal's reason or the link's error. */
  read({ register, to, from, timeoutMs, quietMs = timeoutMs, signal }: ReadRequest): Promise<RegisterAnswer[]> {
    return this.#collector.collect({
      ask: () => {
        this.#asked = { register, from };
        return this.#link.write(encodeCommand({ kind: "read", address: to, register }));
      },
      isEnough: (answers) => from !== null && answers.length === from.length,
      timeoutMs,
      quietMs,
      signal,
    });
  }

  /** Hands in an answer; false when nobody waits for it. */
  accept(answer: RegisterAnswer): boolean {
    const known = this.#collector.answers;
    if (known === null || this.#asked?.register !== answer.register) return false;
    const { from } = this.#asked;
    if (from !== null && (!from.includes(answer.address) || known.some(({ address }) => address === answer.address))) return false;
    return this.#collector.push(answer);
  }

  /** Ends what is waiting and refuses what comes: the link is gone. */
  end(reason: Error): void {
    this.#collector.end(reason);
  }
}
