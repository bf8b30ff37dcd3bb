import type { ChainDialogue } from "../../drivers/bm13xx/chain-dialogue.ts";
import type { ChainDialogueOptions } from "../../drivers/bm13xx/exchange.ts";
import type { Work, WorkDialogue, WorkDialogueOptions, WorkEvents } from "./hardware.ts";

/** A steady flow of jobs that pauses while a dialogue has the chain. Both live by the same lease. */
export class DialogueWork implements Work {
  readonly #steady: Work;
  readonly #open: (options: ChainDialogueOptions) => ChainDialogue;
  readonly #events: WorkEvents;
  #dialogue: ChainDialogue | null = null;
  #stopped = false;

  constructor(steady: Work, open: (options: ChainDialogueOptions) => ChainDialogue, events: WorkEvents) {
    this.#steady = steady;
    this.#open = open;
    this.#events = events;
  }

  start(): void {
    this.#steady.start();
  }

  /** Every job of a dialogue is a fresh one, in its turn. */
  async fresh(): Promise<void> {
    if (!this.#dialogue) await this.#steady.fresh();
  }

  /** Jobs of a dialogue leave from the first renewal after its start on. */
  renewLease(ttlMs: number): void {
    this.#steady.renewLease(ttlMs);
    this.#dialogue?.renew(ttlMs);
  }

  startDialogue(options: WorkDialogueOptions): WorkDialogue {
    const dialogue = this.#open({
      ...options,
      onSent: (record) => this.#events.jobs([record]),
      onEnd: (reason) => this.#events.failed(reason),
    });
    this.#steady.stop();
    this.#dialogue = dialogue;
    return {
      offer: (fields) => dialogue.offer(fields),
      get waiting() {
        return dialogue.waiting;
      },
      counters: () => dialogue.counters(),
      stop: () => {
        if (this.#dialogue !== dialogue) return;
        dialogue.stop();
        this.#dialogue = null;
        if (!this.#stopped) this.#steady.start();
      },
    };
  }

  stop(): void {
    this.#stopped = true;
    this.#dialogue?.stop();
    this.#dialogue = null;
    this.#steady.stop();
  }
}
