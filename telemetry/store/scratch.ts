/** Memory that coding a chunk needs for a moment, kept from one chunk to the next. */
const kept: Uint32Array[] = [];

/** n words of unknown content, valid until the same slot is asked for again. */
export function scratch(slot: number, n: number): Uint32Array {
  let words = kept[slot];
  if (words === undefined || words.length < n) {
    words = new Uint32Array(n);
    kept[slot] = words;
  }
  return words.length === n ? words : words.subarray(0, n);
}
