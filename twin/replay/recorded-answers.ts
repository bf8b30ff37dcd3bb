/** What followed a recorded frame: bytes complete `afterNs` after it. */
export interface RecordedAnswer {
  readonly afterNs: number;
  readonly bytes: Uint8Array;
}

interface Entry {
  readonly key: string;
  readonly answer: RecordedAnswer[];
  /** The frames before it to the same device, the last one first, and how many there were. */
  readonly before: readonly string[];
  readonly at: number;
}

/** So many frames before a question tell what it is about: an I2C read of one byte means what was written before it. */
const CONTEXT = 24;
/** The last of them must be the same, in one piece: as many bytes as a command has that is written one by one. */
const HEAD = 3;
/** What lies so many frames further back, on both sides together, says half as much: it may have been set anew since. */
const HALF_AS_MUCH = 8;

/** A host that does what the recorded one did asks next what was asked about here; what comes at its own times is a little out of place. */
const NEAR = 64;

/**
 * Frames that may be asked at any time. Of the recorded frames that are the same, one near the last that answered does, or else any; among those the
 * one that came after the most of the same frames to its device. A heartbeat or a reading comes at its own times, so that frames may stand between the
 * same ones; what was sent seldom says more than what was sent all the time. So a host that goes on asking goes on getting answers.
 */
export class AnswerBook {
  readonly #deviceOf: (key: string) => string;
  readonly #entries: Entry[] = [];
  readonly #places = new Map<string, number[]>();
  readonly #recorded = new Map<string, string[]>();
  readonly #asked = new Map<string, string[]>();
  readonly #counts = new Map<string, number>();
  /** By device: which of its frames answered last. */
  readonly #last = new Map<string, number>();

  /** What was said to one device is no context of what is asked of another. */
  constructor(deviceOf: (key: string) => string = () => "") {
    this.#deviceOf = deviceOf;
  }

  /** A frame of the recording; what is pushed into the array that comes back is its answer. */
  enter(key: string): RecordedAnswer[] {
    const places = this.#places.get(key) ?? [];
    this.#places.set(key, places);
    places.push(this.#entries.length);
    const answer: RecordedAnswer[] = [];
    const device = this.#deviceOf(key);
    const at = this.#counts.get(device) ?? 0;
    this.#counts.set(device, at + 1);
    this.#entries.push({ key, answer, at, before: remember(this.#recorded, device, key) });
    return answer;
  }

  /** What the recording answers now; null when it has no such frame. */
  ask(key: string): readonly RecordedAnswer[] | null {
    const device = this.#deviceOf(key);
    const asked = remember(this.#asked, device, key);
    const entries = (this.#places.get(key) ?? []).map((place) => this.#entries[place] as Entry);
    if (entries.length === 0) return null;
    const best = this.#bestOf(entries, asked, this.#last.get(device) ?? -1);
    this.#last.set(device, best.at);
    return best.answer;
  }

  /** Of those with the best head, those close by or else all: the one in the best context, and of several the nearest. */
  #bestOf(entries: readonly Entry[], asked: readonly string[], last: number): Entry {
    const head = Math.max(...entries.map(({ before }) => headOf(before, asked)));
    const headed = entries.filter(({ before }) => headOf(before, asked) === head);
    const near = headed.filter(({ at }) => Math.abs(at - last) <= NEAR);
    let [best, most] = [headed[0] as Entry, -1];
    for (const entry of near.length > 0 ? near : headed) {
      const context = this.#contextOf(entry, asked);
      if (context < most || (context === most && apart(entry.at, last) >= apart(best.at, last))) continue;
      [best, most] = [entry, context];
    }
    return best;
  }

  /** How much of what was asked came before it too, in order: the rarer and the later the more. A longest common subsequence, row by row. */
  #contextOf({ before }: Entry, asked: readonly string[]): number {
    let row: number[] = Array(before.length + 1).fill(0);
    for (const [back, key] of asked.entries()) {
      const weight = 1 / (this.#places.get(key)?.length ?? 1);
      const next = [0];
      for (const [at, other] of before.entries()) {
        const both = key === other ? (row[at] as number) + weight * 2 ** (-(back + at) / HALF_AS_MUCH) : 0;
        next.push(Math.max(row[at + 1] as number, next[at] as number, both));
      }
      row = next;
    }
    return row.at(-1) as number;
  }
}

/** How many of the last frames were the same, up to HEAD. */
function headOf(before: readonly string[], asked: readonly string[]): number {
  let head = 0;
  while (head < HEAD && head < asked.length && before[head] === asked[head]) head++;
  return head;
}

/** A host that does what the recorded one did goes on: a frame a little later is nearer than the same again, and that nearer than an earlier one. */
function apart(at: number, last: number): number {
  if (at > last) return at - last;
  return (at === last ? NEAR / 2 : NEAR) + (last - at);
}

/** The last frames to a device, the last one first, as they were before this one. */
function remember(frames: Map<string, string[]>, device: string, key: string): readonly string[] {
  const before = frames.get(device) ?? [];
  frames.set(device, [key, ...before.slice(0, CONTEXT - 1)]);
  return before;
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
    this.#entries.push({ key, answer, before: [], at: this.#entries.length });
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
