/** What waits while the broker is away, does not read, or has had enough of a topic: the histories in order, of all else the latest. Bounded, counted. */
import { declarationOf } from "./catalogue.ts";
import type { Message } from "./topics.ts";

export class Outbox {
  readonly #maxHistory: number;
  readonly #latest = new Map<string, Message>();
  #history: Message[] = [];
  /** History messages pushed out by newer ones. */
  dropped = 0;
  /** Messages replaced by a newer one of their topic. */
  replaced = 0;

  constructor(maxHistory: number) {
    this.#maxHistory = maxHistory;
  }

  get size(): number {
    return this.#latest.size + this.#history.length;
  }

  put(message: Message): void {
    if (declarationOf(message.topic)?.shedding !== "history") {
      if (this.#latest.has(message.topic)) this.replaced++;
      this.#latest.set(message.topic, message);
      return;
    }
    this.#history.push(message);
    if (this.#history.length <= this.#maxHistory) return;
    this.#history.shift();
    this.dropped++;
  }

  /**
   * The next to send whose topic need not wait; the latest values first, since they say what is true now. With none, how long until there is one,
   * ms: null when nothing waits.
   */
  take(waitMs: (topic: string) => number): Message | number | null {
    let soonestMs = Number.POSITIVE_INFINITY;
    for (const [topic, message] of this.#latest) {
      const ms = waitMs(topic);
      if (ms <= 0) {
        this.#latest.delete(topic);
        return message;
      }
      soonestMs = Math.min(soonestMs, ms);
    }
    const held = new Set<string>();
    for (const [at, message] of this.#history.entries()) {
      if (held.has(message.topic)) continue;
      const ms = waitMs(message.topic);
      if (ms <= 0) {
        this.#history.splice(at, 1);
        return message;
      }
      held.add(message.topic);
      soonestMs = Math.min(soonestMs, ms);
    }
    return Number.isFinite(soonestMs) ? soonestMs : null;
  }

  /** Forgets what waits for a topic: its truth has just been sent. */
  forget(topic: string): void {
    this.#latest.delete(topic);
  }
}
