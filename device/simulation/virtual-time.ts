/** Virtual time and what is due in it. Nothing happens but in its events, one after another, so that one seed gives one order. */
import type { Random } from "../../common/random.ts";

interface Entry {
  readonly atNs: number;
  /** Among events of one moment the lowest goes first. */
  readonly tie: number;
  readonly serial: number;
  /** Nothing waits for what it does. */
  readonly aside: boolean;
  run: (() => void) | null;
}

export class VirtualTime {
  /** Since the simulation began. */
  nowNs = 0;
  readonly #random: Random;
  readonly #heap: Entry[] = [];
  #serial = 0;

  /** `random` decides which of several events of one moment goes first. */
  constructor(random: Random) {
    this.#random = random;
  }

  /** `run` is called when it is `atNs`, or next when that has passed. Returns what calls it off. */
  at(atNs: number, run: () => void, tie: number = this.#random.next()): () => void {
    return this.#add(atNs, run, tie, false);
  }

  /** As `at`, for what settles no promise and calls no code of the daemon's: it looks, or lets a twin live on. No round of the event loop need follow it. */
  aside(atNs: number, run: () => void): () => void {
    return this.#add(atNs, run, this.#random.next(), true);
  }

  after(ms: number, run: () => void): () => void {
    return this.at(this.nowNs + ms * 1e6, run);
  }

  /**
   * For an event that repeats: takes time on to `atNs` if something is due later and nothing by then, so that the event can go on in place of being
   * scheduled again.
   */
  goOn(atNs: number): boolean {
    if (atNs >= (first(this.#heap)?.atNs ?? 0)) return false;
    this.nowNs = atNs;
    return true;
  }

  /**
   * Lets time pass until `ended` says so; `false` when nothing was left to happen before that. Between two events everything that waits for
   * no time is done: all microtasks, and what was put off to the event loop's next round. `failed` gets what an event threw.
   */
  async pass(ended: () => boolean, failed: (error: unknown) => void): Promise<boolean> {
    let settled = false;
    for (;;) {
      if (!settled) await nextRound();
      if (ended()) return true;
      const entry = pop(this.#heap);
      if (entry === undefined) return false;
      this.nowNs = entry.atNs;
      settled = entry.aside;
      try {
        entry.run?.();
      } catch (error) {
        settled = false;
        failed(error);
      }
    }
  }

  #add(atNs: number, run: () => void, tie: number, aside: boolean): () => void {
    const entry: Entry = { atNs: Math.max(atNs, this.nowNs), tie, serial: this.#serial++, aside, run };
    push(this.#heap, entry);
    return () => {
      entry.run = null;
    };
  }
}

function nextRound(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

function before(a: Entry, b: Entry): boolean {
  return a.atNs !== b.atNs ? a.atNs < b.atNs : a.tie !== b.tie ? a.tie < b.tie : a.serial < b.serial;
}

function push(heap: Entry[], entry: Entry): void {
  let at = heap.push(entry) - 1;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    const above = heap[parent] as Entry;
    if (!before(entry, above)) break;
    heap[at] = above;
    at = parent;
  }
  heap[at] = entry;
}

/** The next entry that was not called off. */
function pop(heap: Entry[]): Entry | undefined {
  const top = first(heap);
  if (top !== undefined) drop(heap);
  return top;
}

/** As `pop`, and leaves it where it is. */
function first(heap: Entry[]): Entry | undefined {
  while (heap[0] !== undefined && heap[0].run === null) drop(heap);
  return heap[0];
}

function drop(heap: Entry[]): void {
  const last = heap.pop() as Entry;
  if (heap.length > 0) sink(heap, last);
}

function sink(heap: Entry[], entry: Entry): void {
  let at = 0;
  for (;;) {
    const left = 2 * at + 1;
    if (left >= heap.length) break;
    const right = left + 1;
    const child = right < heap.length && before(heap[right] as Entry, heap[left] as Entry) ? right : left;
    const below = heap[child] as Entry;
    if (!before(below, entry)) break;
    heap[at] = below;
    at = child;
  }
  heap[at] = entry;
}
