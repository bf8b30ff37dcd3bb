/** What followed a recorded frame: bytes complete `afterNs` after it. */
export interface RecordedAnswer {
  readonly afterNs: number;
  readonly bytes: Uint8Array;
}

interface Entry {
  readonly key: string;
  readonly answer: RecordedAnswer[];
}

/** So many frames before a question tell what it is about: an I2C read of one byte means what was written before it. */
const CONTEXT = 16;

/** A host that does what the recorded one did asks next what was asked about here; what comes at its own times is a little out of place. */
const NEAR = 64;

/**
 * Frames that may be asked at any time. Of the recorded frames that are the same, one near the last that answered does, or else any; among those the
 * one that came after the most of the same frames. So a host that goes on asking goes on getting answers.
 */
export class AnswerBook {
  readonly #entries: Entry[] = [];
  readonly #places = new Map<string, number[]>();
  readonly #asked: string[] = [];
  #last = -1;

  /** A frame of the recording; what is pushed into the array that comes back is its answer. */
  enter(key: string): RecordedAnswer[] {
    const places = this.#places.get(key) ?? [];
    this.#places.set(key, places);
    places.push(this.#entries.length);
    const answer: RecordedAnswer[] = [];
    this.#entries.push({ key, answer });
    return answer;
  }

  /** What the recording answers now; null when it has no such frame. */
  ask(key: string): readonly RecordedAnswer[] | null {
    const places = this.#places.get(key);
    const place = places === undefined ? null : this.#bestOf(places);
    this.#asked.unshift(key);
    if (this.#asked.length > CONTEXT) this.#asked.pop();
    if (place === null) return null;
    this.#last = place;
    return (this.#entries[place] as Entry).answer;
  }

  /** Of those close by, or else of all, the one in the best context; the nearest of several. */
  #bestOf(places: readonly number[]): number {
    const near = places.filter((place) => Math.abs(place - this.#last) <= NEAR);
    let best = places[0] as number;
    let most = -1;
    for (const place of near.length > 0 ? near : places) {
      const context = this.#contextOf(place);
      const nearer = Math.abs(place - this.#last) < Math.abs(best - this.#last);
      if (context < most || (context === most && !nearer)) continue;
      best = place;
      most = context;
    }
    return best;
  }

  /** How many frames before that place are those that were asked last. */
  #contextOf(place: number): number {
    let context = 0;
    while (context < this.#asked.length && this.#entries[place - 1 - context]?.key === this.#asked[context]) context++;
    return context;
  }
}

/** Frames that come in an order, jobs: each is looked for from the one found last on. */
export class AnswerSequence {
  readonly #entries: Entry[] = [];
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
      const entry = this.#entries[at] as Entry;
      if (entry.key !== key) continue;
      this.skipped += at - this.#next;
      this.#next = at + 1;
      return entry.answer;
    }
    return null;
  }
}
