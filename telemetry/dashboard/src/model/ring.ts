/** Columns of numbers of which the newest `capacity` rows are kept. Rows are addressed 0 (oldest) .. length - 1 (newest). */
export class ColumnRing<Name extends string> {
  readonly capacity: number;
  readonly #columns: Record<Name, Float64Array>;
  readonly #names: readonly Name[];
  #written = 0;

  constructor(names: readonly Name[], capacity: number) {
    this.capacity = capacity;
    this.#names = names;
    this.#columns = Object.fromEntries(names.map((name) => [name, new Float64Array(capacity)])) as Record<Name, Float64Array>;
  }

  get length(): number {
    return Math.min(this.#written, this.capacity);
  }

  /** Rows ever pushed: `written - length` is the absolute number of row 0. */
  get written(): number {
    return this.#written;
  }

  push(row: Readonly<Record<Name, number>>): void {
    const at = this.#written % this.capacity;
    for (const name of this.#names) this.#columns[name][at] = row[name];
    this.#written++;
  }

  /** NaN outside the ring. */
  at(name: Name, index: number): number {
    if (index < 0 || index >= this.length) return Number.NaN;
    return this.#columns[name][(this.#written - this.length + index) % this.capacity] ?? Number.NaN;
  }

  /** A copy of one column's rows [from, to). */
  slice(name: Name, from: number, to: number): Float64Array {
    const column = this.#columns[name];
    const start = (this.#written - this.length + from) % this.capacity;
    const head = column.subarray(start, Math.min(this.capacity, start + Math.max(0, to - from)));
    const copy = new Float64Array(Math.max(0, to - from));
    copy.set(head);
    copy.set(column.subarray(0, copy.length - head.length), head.length);
    return copy;
  }

  /** First row whose value in an ascending column is >= value; length when none. */
  firstAtLeast(name: Name, value: number): number {
    let low = 0;
    let high = this.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.at(name, middle) < value) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  clear(): void {
    this.#written = 0;
  }
}
