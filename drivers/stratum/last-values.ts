/** The last `limit` numbers of a stream, in order: what a connection's figures are made of, whatever its length. */
export class LastValues {
  readonly #ring: Float64Array;
  #count = 0;

  constructor(limit = 4096) {
    this.#ring = new Float64Array(limit);
  }

  /** All that ever came. */
  get count(): number {
    return this.#count;
  }

  push(value: number): void {
    this.#ring[this.#count++ % this.#ring.length] = value;
  }

  values(): Float64Array {
    const { length } = this.#ring;
    if (this.#count <= length) return this.#ring.slice(0, this.#count);
    const cut = this.#count % length;
    const out = new Float64Array(length);
    out.set(this.#ring.subarray(cut));
    out.set(this.#ring.subarray(0, cut), length - cut);
    return out;
  }
}
