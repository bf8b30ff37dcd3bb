/** The last updates as they were sent, for clients that come back. The oldest go when there are too many bytes. */
export class RecentUpdates {
  readonly #mostBytes: number;
  /** Without gaps; from `#first` on, those before are forgotten. */
  #texts: string[] = [];
  #first = 0;
  #nextSeq = 0;
  #bytes = 0;

  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes;
  }

  /** JSON is ASCII for the most part: characters are counted as bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Those forgotten and not yet let go of among them. */
  get entries(): number {
    return this.#texts.length;
  }

  add(seq: number, text: string): void {
    if (seq !== this.#nextSeq) this.#forget();
    this.#texts.push(text);
    this.#nextSeq = seq + 1;
    this.#bytes += text.length;
    while (this.#bytes > this.#mostBytes) {
      this.#bytes -= this.#texts[this.#first]?.length ?? 0;
      this.#texts[this.#first++] = "";
    }
    if (this.#first * 2 > this.#texts.length) {
      this.#texts = this.#texts.slice(this.#first);
      this.#first = 0;
    }
  }

  /** The updates after `seq` up to `last`, the newest there is; null when one of them is forgotten or `seq` never was. */
  after(seq: number, last: number): readonly string[] | null {
    if (seq > last) return null;
    if (seq === last) return [];
    const missing = last - seq;
    if (this.#nextSeq !== last + 1 || missing > this.#texts.length - this.#first) return null;
    return this.#texts.slice(this.#texts.length - missing);
  }

  #forget(): void {
    this.#texts = [];
    this.#first = 0;
    this.#bytes = 0;
  }
}
