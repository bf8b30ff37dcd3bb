import type { Verify } from "../../drivers/bm13xx/verify.ts";
import { compress } from "../../drivers/bm1387/midstate.ts";

/** SHA-256's initial state. FIPS 180-4, 5.3.3 */
const INITIAL = Uint32Array.of(0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19);
const HEADER_BYTES = 80;

/** The last block of a message of `totalBytes`, whose tail these bytes are. FIPS 180-4, 5.1.1 */
function lastBlock(bytes: Uint8Array, totalBytes: number): Uint8Array {
  const block = new Uint8Array(64);
  block.set(bytes);
  block[bytes.length] = 0x80;
  new DataView(block.buffer).setUint32(60, totalBytes * 8);
  return block;
}

/**
 * Verifies nonces of jobs of which only midstates crossed the wire. The first four bytes of each "header" number the midstate (little-endian), and its
 * bytes 64..79 are the header's own.
 */
export function verifyFromMidstates(midstateOf: (number: number) => Uint8Array): Verify {
  return (headers) => {
    const n = headers.length / HEADER_BYTES;
    const zeroBits = new Uint16Array(n);
    const difficultyLog2 = new Float32Array(n);
    for (let i = 0; i < n; i++) {
      const header = headers.subarray(i * HEADER_BYTES, (i + 1) * HEADER_BYTES);
      const midstate = midstateOf(new DataView(header.buffer, header.byteOffset).getUint32(0, true));
      const hash = doubleHash(midstate, header.subarray(64));
      zeroBits[i] = leadingZeros(hash);
      difficultyLog2[i] = Math.log2(0xffff) + 208 - log2Of(hash);
    }
    return { zeroBits, difficultyLog2 };
  };
}

/** State words of the second hash, most significant word of the number last. */
function doubleHash(midstate: Uint8Array, tail: Uint8Array): Uint32Array {
  const view = new DataView(midstate.buffer, midstate.byteOffset);
  const inner = Uint32Array.from({ length: 8 }, (_, word) => view.getUint32(4 * word));
  compress(inner, lastBlock(tail, HEADER_BYTES));
  const digest = new Uint8Array(32);
  const out = new DataView(digest.buffer);
  inner.forEach((word, i) => {
    out.setUint32(4 * i, word);
  });
  const outer = INITIAL.slice();
  compress(outer, lastBlock(digest, 32));
  return outer;
}

/** The hash is a number with its first byte lowest: word 7 is the highest, byte-swapped. */
function swapped(word: number): number {
  return (((word & 0xff) << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24)) >>> 0;
}

function leadingZeros(hash: Uint32Array): number {
  for (let word = 7; word >= 0; word--) if (hash[word] !== 0) return 32 * (7 - word) + Math.clz32(swapped(hash[word] as number));
  return 256;
}

function log2Of(hash: Uint32Array): number {
  let value = 0;
  for (let word = 7; word >= 0; word--) value = value * 2 ** 32 + swapped(hash[word] as number);
  return Math.log2(value);
}
