/** What a PIC holds against what an image says it should. Words of 14 bits travel as two bytes, the higher first. specs/bm1387.md 4.1 */

export interface FlashDifference {
  readonly words: number;
  readonly differing: number;
  /** Address of the first word that differs; null when none does. */
  readonly firstWord: number | null;
}

/** RangeError when the two are not of one length, or not whole words. */
export function compareFlash(expected: Uint8Array, read: Uint8Array, fromWord: number): FlashDifference {
  if (expected.length !== read.length || expected.length % 2 !== 0)
    throw new RangeError(`${expected.length} bytes against ${read.length}: not the same whole words`);
  const words = expected.length / 2;
  const differs = Array.from({ length: words }, (_, i) => i).filter(
    (i) => expected[2 * i] !== read[2 * i] || expected[2 * i + 1] !== read[2 * i + 1],
  );
  const [first] = differs;
  return { words, differing: differs.length, firstWord: first === undefined ? null : fromWord + first };
}
