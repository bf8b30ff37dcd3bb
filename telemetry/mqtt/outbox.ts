/** What waits while the broker is away or does not read: the history topics in order, of every other topic only the latest. Bounded, counted. */
import type { Message } from "./topics.ts";

/** Each of their messages tells something that the next does not repeat. */
const HISTORY = new Set(["event", "sweep"]);

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
    if (!HISTORY.has(message.topic)) {
      if (this.#latest.has(message.topic)) this.replaced++;
      this.#latest.set(message.topic, message);
      return;
    }
    this.#history.push(message);
    if (this.#history.length <= this.#maxHistory) return;
    this.#history.shift();
    this.dropped++;
  }

  /** The next to send; the latest values first, since they say what is true now. */
  take(): Message | undefined {
    const [topic] = this.#latest.keys();
    if (topic === undefined) return this.#history.shift();
    const message = this.#latest.get(topic);
    this.#latest.delete(topic);
    return message;
  }

  /** Forgets what waits for a topic: its truth has just been sent. */
  forget(topic: string): void {
    this.#latest.delete(topic);
  }
}
