/** Virtual time and what is due in it. Nothing happens but in its events, one after another, so that one seed gives one order. */
import type { Random } from "../../common/random.ts";

interface Entry {
  readonly atNs: number;
  /** Among events of one moment the lowest goes first. */
  readonly tie: number;
  readonly serial: number;
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
    const entry: Entry = { atNs: Math.max(atNs, this.nowNs), tie, serial: this.#serial++, run };
    push(this.#heap, entry);
    return () => {
      entry.run = null;
    };
  }

  after(ms: number, run: () => void): () => void {
    return this.at(this.nowNs + ms * 1e6, run);
  }

  /**
   * Lets time pass until `ended` says so; `false` when nothing was left to happen before that. Between two events everything that waits for
   * no time is done: all microtasks, and what was put off to the event loop's next round. `failed` gets what an event threw.
   */
  async pass(ended: () => boolean, failed: (error: unknown) => void): Promise<boolean> {
    for (;;) {
      await nextRound();
      if (ended()) return true;
      const entry = pop(this.#heap);
      if (entry === undefined) return false;
      this.nowNs = entry.atNs;
      try {
        entry.run?.();
      } catch (error) {
        failed(error);
      }
    }
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
  for (;;) {
    const top = heap[0];
    const last = heap.pop();
    if (top === undefined || last === undefined) return undefined;
    if (heap.length > 0) sink(heap, last);
    if (top.run !== null) return top;
  }
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
