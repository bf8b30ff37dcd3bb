/** What followed a recorded frame: bytes complete `afterNs` after it. */
export interface RecordedAnswer {
  readonly afterNs: number;
  readonly bytes: Uint8Array;
}

/** Frames that may be asked at any time: each answers as it did when it was recorded, the first time first, and as the last time ever after. */
export class AnswerBook {
  readonly #pages = new Map<string, { answers: RecordedAnswer[][]; next: number }>();

  /** A frame of the recording; what is pushed into the array that comes back is its answer. */
  enter(key: string): RecordedAnswer[] {
    const page = this.#pages.get(key) ?? { answers: [], next: 0 };
    this.#pages.set(key, page);
    const answer: RecordedAnswer[] = [];
    page.answers.push(answer);
    return answer;
  }

  /** What the recording answers now; null when it has no such frame. */
  ask(key: string): readonly RecordedAnswer[] | null {
    const page = this.#pages.get(key);
    if (page === undefined) return null;
    const answer = page.answers[Math.min(page.next, page.answers.length - 1)] as RecordedAnswer[];
    page.next++;
    return answer;
  }
}

/** Frames that come in an order, jobs: each is looked for from the one found last on. */
export class AnswerSequence {
  readonly #entries: { key: string; answer: RecordedAnswer[] }[] = [];
  #next = 0;
  /** Recorded frames that the host left out. */
  skipped = 0;

  get length(): number {
    return this.#entries.length;
  }

  enter(key: string): RecordedAnswer[] {
    const answer: RecordedAnswer[] = [];
    this.#entries.push({ key, answer });
    return answer;
  }

  ask(key: string): readonly RecordedAnswer[] | null {
    for (let at = this.#next; at < this.#entries.length; at++) {
      const entry = this.#entries[at] as { key: string; answer: RecordedAnswer[] };
      if (entry.key !== key) continue;
      this.skipped += at - this.#next;
      this.#next = at + 1;
      return entry.answer;
    }
    return null;
  }
}
