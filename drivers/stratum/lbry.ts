/**
 * LBRY, what a Goldshell LB-Box mines: a header of 112 bytes with the root of the claim trie in it, and a hash of three functions. Facts of lbrycrd
 * (block header, PoW hash) and of the pools' Stratum (mining.notify with the claim trie's root as its third parameter; difficulty 1 is 2^24 hashes).
 */
import { createHash, getHashes, hash } from "node:crypto";
import type { HeaderFields } from "../../common/block-header.ts";
import { DriverError } from "../../common/errors.ts";

export const LBRY_HEADER_BYTES = 112;
/** Zero bits of a share of difficulty 1: 256 times as easy as Bitcoin's. */
export const LBRY_DIFFICULTY_ONE_BITS = 24;

/** version | previous hash | merkle root | claim trie root | time | bits | nonce, numbers little-endian, hashes in internal order. */
export function lbryHeader(fields: HeaderFields, claimTrieRoot: Uint8Array, nonce: number): Uint8Array {
  const out = new Uint8Array(LBRY_HEADER_BYTES);
  const view = new DataView(out.buffer);
  view.setUint32(0, fields.version >>> 0, true);
  out.set(fields.prevHash, 4);
  out.set(fields.merkleRoot, 36);
  out.set(claimTrieRoot, 68);
  view.setUint32(100, fields.ntime >>> 0, true);
  view.setUint32(104, fields.nbits >>> 0, true);
  view.setUint32(108, nonce >>> 0, true);
  return out;
}

const sha256 = (bytes: Uint8Array): Buffer => hash("sha256", bytes, "buffer");
const ripemd160 = (bytes: Uint8Array): Buffer => hash("ripemd160", bytes, "buffer");

/** The block's id: SHA-256 twice. Internal order. */
export function lbryBlockHash(header: Uint8Array): Buffer {
  return sha256(sha256(header));
}

/** Of that id the work's hash: SHA-512, RIPEMD-160 of each half, SHA-256 twice of both. Internal order. */
export function lbryWorkHash(blockHash: Uint8Array): Buffer {
  const wide = hash("sha512", blockHash, "buffer");
  const halves = createHash("sha256")
    .update(ripemd160(wide.subarray(0, 32)))
    .update(ripemd160(wide.subarray(32)))
    .digest();
  return sha256(halves);
}

/** log2 of the value of difficulty 1: 0xffff x 2^216. */
const DIFFICULTY_ONE_LOG2 = Math.log2(0xffff) + 216;

/** Leading zero bits and log2 difficulty of n headers of 112 bytes, end to end. DriverError BAD_SIZE, LBRY_NO_RIPEMD. */
export function verifyLbry(headers: Uint8Array): { zeroBits: Uint16Array; difficultyLog2: Float32Array } {
  if (headers.byteLength % LBRY_HEADER_BYTES !== 0)
    throw new DriverError("BAD_SIZE", `${headers.byteLength} bytes are not whole LBRY headers.`, "A header has 112 bytes.", {
      byteLength: headers.byteLength,
    });
  const n = headers.byteLength / LBRY_HEADER_BYTES;
  const zeroBits = new Uint16Array(n);
  const difficultyLog2 = new Float32Array(n);
  for (let i = 0; i < n; i++) {
    const work = lbryWorkHash(lbryBlockHash(headers.subarray(i * LBRY_HEADER_BYTES, (i + 1) * LBRY_HEADER_BYTES)));
    const [zeros, log2] = magnitude(work);
    zeroBits[i] = zeros;
    difficultyLog2[i] = DIFFICULTY_ONE_LOG2 - log2;
  }
  return { zeroBits, difficultyLog2 };
}

/** Leading zero bits of a hash, read from its last byte, and log2 of the number that it is. */
function magnitude(hashBytes: Uint8Array): [number, number] {
  for (let i = 31; i >= 0; i--) {
    const byte = hashBytes[i] as number;
    if (byte === 0) continue;
    // 48 bits are more than a 32-bit float holds.
    let value = 0;
    for (let at = i; at > i - 6; at--) value = value * 256 + (at >= 0 ? (hashBytes[at] as number) : 0);
    return [(31 - i) * 8 + Math.clz32(byte) - 24, Math.log2(value) + 8 * (i - 5)];
  }
  return [256, 0];
}

/** OpenSSL has RIPEMD-160 in its default provider again since 3.0.7; a build without it, such as one for FIPS, cannot verify. DriverError LBRY_NO_RIPEMD. */
export function requireRipemd(available: readonly string[] = getHashes()): void {
  if (available.includes("ripemd160")) return;
  throw new DriverError(
    "LBRY_NO_RIPEMD",
    "This Node has no RIPEMD-160, so no LBRY share can be verified.",
    "Use a Node of nodejs.org, 20 or newer.",
  );
}
