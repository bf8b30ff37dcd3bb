/**
 * What a chip hashes, as the block header has it: hashes in internal order (the order SHA-256 produced the bytes), numbers as numbers.
 */
export interface HeaderFields {
  readonly version: number;
  readonly prevHash: Uint8Array;
  readonly merkleRoot: Uint8Array;
  readonly ntime: number;
  readonly nbits: number;
}

/**
 * A job as it was sent and as it is stored: with it, any of its nonces can be verified again. Its `version` has the bits cleared that the chips
 * roll, so a nonce's header has version | versionBits.
 */
export interface JobRecord extends HeaderFields {
  /** Counts jobs of a run from 0; never reused, unlike the wire's job id. */
  readonly jobSeq: number;
  /** The id byte on the wire. */
  readonly wireId: number;
  /** log2 of the ticket difficulty in force when the job was sent. */
  readonly ticketLog2: number;
  /** Zero bits a twin leaves out (DESIGN section 4, twin). 0 on hardware. */
  readonly workScale: number;
  /** CLOCK_MONOTONIC_RAW when the last byte of the job was handed to the line. */
  readonly sentNs: bigint;
  /** Core clock when sent, MHz. */
  readonly frequencyMhz: number;
  /** HASH_COUNTING_NUMBER when sent; null when never written since reset. */
  readonly hashCountingNumber: number | null;
  /** A job of LBRY: root of the claim trie, 32 bytes in internal order; its headers have 112 bytes. Absent: Bitcoin. */
  readonly claimTrieRoot?: Uint8Array;
}

export const HEADER_BYTES = 80;

/** The 80 bytes that are double-hashed. `version` must already carry the rolled bits. specs/bm1366.md 4.5 */
export function headerBytes(fields: HeaderFields, nonce: number, out = new Uint8Array(HEADER_BYTES)): Uint8Array {
  const view = new DataView(out.buffer, out.byteOffset, HEADER_BYTES);
  view.setUint32(0, fields.version >>> 0, true);
  out.set(fields.prevHash, 4);
  out.set(fields.merkleRoot, 36);
  view.setUint32(68, fields.ntime >>> 0, true);
  view.setUint32(72, fields.nbits >>> 0, true);
  view.setUint32(76, nonce >>> 0, true);
  return out;
}
