/** A full job as the chip holds it. specs/bm1366.md 4.1 */
export interface ChipJob {
  /** The id byte, echoed in bits 7..3 of every answer. */
  readonly id: number;
  readonly version: number;
  /** Header bytes 4..75: previous hash, merkle root, ntime, nbits. */
  readonly headerRest: Uint8Array;
}

/** The 32 bytes with their eight 4-byte words in reversed order; its own inverse. */
function reversedWords(bytes: Uint8Array): Uint8Array {
  const out = new Uint8Array(32);
  for (let word = 0; word < 8; word++) out.set(bytes.subarray(4 * word, 4 * word + 4), 28 - 4 * word);
  return out;
}

/** body: the 82 bytes between length byte and CRC. */
export function decodeJob(body: Uint8Array): ChipJob {
  const headerRest = new Uint8Array(72);
  headerRest.set(reversedWords(body.subarray(46, 78)), 0);
  headerRest.set(reversedWords(body.subarray(14, 46)), 32);
  headerRest.set(body.subarray(10, 14), 64);
  headerRest.set(body.subarray(6, 10), 68);
  const version = new DataView(body.buffer, body.byteOffset).getUint32(78, true);
  return { id: body[0] as number, version, headerRest };
}

/** Bits of `value`, lowest first, put where `mask` has ones: the order in which a chip counts through the masked version bits. */
export function depositBits(value: number, mask: number): number {
  let out = 0;
  let taken = 0;
  for (let bit = 0; bit < 16; bit++) {
    if (((mask >> bit) & 1) === 0) continue;
    out |= ((value >> taken) & 1) << bit;
    taken++;
  }
  return out;
}

/** How many batches of eight versions a mask of rolled bits gives; at least one, which then repeats versions (specs/bm1366.md 2.9). */
export function batchCount(mask: number): number {
  let bits = 0;
  for (let bit = 0; bit < 16; bit++) bits += (mask >> bit) & 1;
  return Math.max(1, 2 ** bits / 8);
}

/** The version a small core hashes: the masked field is replaced, not added (specs/bm1366.md 8.4, a choice where sources are silent). */
export function rolledVersion(version: number, mask: number, field: number): number {
  return ((version & ~(mask << 13)) | (field << 13)) >>> 0;
}
