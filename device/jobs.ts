import type { HeaderFields } from "../common/block-header.ts";
import { splitmix64 } from "../common/random.ts";

/**
 * Made-up block headers, one seed one sequence: random merkle root, a previous hash with the leading zeros a real one has,
 * the version bits that rolling uses left free. Nothing found with them is worth anything, which is the point: work for an
 * instrument needs no network and can be repeated.
 */
export function* syntheticHeaders(seed: number): Generator<HeaderFields, never> {
  const random = splitmix64(seed);
  const bytes = (n: number) => Uint8Array.from({ length: n }, () => Math.floor(random.next() * 256));
  for (let count = 0; ; count++) {
    const prevHash = bytes(32);
    prevHash.fill(0, 24);
    yield { version: 0x2000_0000, prevHash, merkleRoot: bytes(32), ntime: (1_700_000_000 + count) >>> 0, nbits: 0x1703_4219 };
  }
}
