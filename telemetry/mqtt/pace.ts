/** When a topic may be heard again: its declared rate, kept by the generic cell rate algorithm (ITU-T I.371). */
import { declarationOf, type TopicRate } from "./catalogue.ts";

export class Pace {
  readonly #rateOf: (topic: string) => TopicRate | null;
  /** When each topic's allowance will be whole again, ms on the caller's clock. */
  readonly #wholeAtMs = new Map<string, number>();

  constructor(rateOf: (topic: string) => TopicRate | null = (topic) => declarationOf(topic)?.rate ?? null) {
    this.#rateOf = rateOf;
  }

  /** How long until the topic may be sent, ms; 0: now. */
  waitMs(topic: string, nowMs: number): number {
    const rate = this.#rateOf(topic);
    if (rate === null) return 0;
    const wholeAtMs = this.#wholeAtMs.get(topic) ?? nowMs;
    return Math.max(0, wholeAtMs - nowMs - (rate.burst - 1) * rate.everyMs);
  }

  sent(topic: string, nowMs: number): void {
    const rate = this.#rateOf(topic);
    if (rate !== null) this.#wholeAtMs.set(topic, Math.max(nowMs, this.#wholeAtMs.get(topic) ?? nowMs) + rate.everyMs);
  }
}
