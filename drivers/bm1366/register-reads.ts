import type { Clock } from "../../common/clock.ts";
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

interface Pending {
  readonly request: ReadRequest;
  readonly answers: RegisterAnswer[];
  wake: () => void;
}

/** Register reads, one at a time: frames carry no transaction number, so answers are told apart by register and address only. */
export class RegisterReads {
  readonly #link: ChipLink;
  readonly #clock: Clock;
  #tail: Promise<unknown> = Promise.resolve();
  #pending: Pending | null = null;
  #ended: Error | null = null;

  constructor(link: ChipLink, clock: Clock) {
    this.#link = link;
    this.#clock = clock;
  }

  /** Sends the read and resolves with what came back, which may be less than was awaited. Rejects with the signal's reason or the link's error. */
  read(request: ReadRequest): Promise<RegisterAnswer[]> {
    const turn = this.#tail.then(() => this.#collect(request));
    this.#tail = turn.catch(() => undefined);
    return turn;
  }

  /** Hands in an answer; false when nobody waits for it. */
  accept(answer: RegisterAnswer): boolean {
    const pending = this.#pending;
    if (pending === null || pending.request.register !== answer.register) return false;
    const { from } = pending.request;
    if (from !== null && (!from.includes(answer.address) || pending.answers.some((known) => known.address === answer.address)))
      return false;
    pending.answers.push(answer);
    pending.wake();
    return true;
  }

  /** Ends what is waiting and refuses what comes: the link is gone. */
  end(reason: Error): void {
    this.#ended ??= reason;
    this.#pending?.wake();
  }

  async #collect(request: ReadRequest): Promise<RegisterAnswer[]> {
    const { register, to, from, timeoutMs, quietMs = timeoutMs, signal } = request;
    const answers: RegisterAnswer[] = [];
    const pending: Pending = { request, answers, wake: () => undefined };
    const check = () => {
      signal?.throwIfAborted();
      if (this.#ended) throw this.#ended;
    };
    const onAbort = () => pending.wake();
    check();
    this.#pending = pending;
    signal?.addEventListener("abort", onAbort);
    try {
      await this.#link.write(encodeCommand({ kind: "read", address: to, register }));
      for (;;) {
        check();
        if (from !== null && answers.length === from.length) return answers;
        const known = answers.length;
        const woken = await this.#nap(pending, known === 0 ? timeoutMs : quietMs);
        check();
        if (!woken && answers.length === known) return answers;
      }
    } finally {
      this.#pending = null;
      signal?.removeEventListener("abort", onAbort);
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
