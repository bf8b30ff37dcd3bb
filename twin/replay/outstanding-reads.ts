import type { RecordedAnswer } from "./recorded-answers.ts";

/** A frame of the host and what came of it. */
export interface Asked {
  readonly tNs: bigint;
  readonly answers: RecordedAnswer[];
}

/** A chip that has not answered by then does not. GUESS: more than the longest wait of a driver. */
const GIVEN_UP_NS = 300_000_000n;

/** A value that was seen at `tNs`, complete `restNs` later. */
interface Value {
  readonly tNs: bigint;
  readonly restNs: number;
  readonly bytes: Uint8Array;
}

/**
 * Values and the reads they answer: chips answer in the order of the questions, and other frames may go out in between. A write is dated when its host looked
 * at the clock after it, which on a busy one can be after the answer: values that nobody has asked for wait for the next read.
 */
export class OutstandingReads {
  #reads: { readonly asked: Asked; missing: number }[] = [];
  #early: Value[] = [];

  ask(asked: Asked, values: number): void {
    if (values === 0) return;
    const read = { asked, missing: values };
    this.#reads.push(read);
    const early = this.#early.filter(({ tNs }) => asked.tNs - tNs < GIVEN_UP_NS);
    this.#early = [];
    for (const value of early) this.see(value);
  }

  see(value: Value): void {
    while (this.#reads.length > 1 && value.tNs - (this.#reads[0] as { asked: Asked }).asked.tNs > GIVEN_UP_NS) this.#reads.shift();
    const first = this.#reads[0];
    if (first === undefined) {
      this.#early.push(value);
      return;
    }
    const { tNs, restNs, bytes } = value;
    first.asked.answers.push({ afterNs: Math.max(0, Number(tNs - first.asked.tNs)) + restNs, bytes });
    first.missing--;
    if (first.missing === 0) this.#reads.shift();
  }
}
