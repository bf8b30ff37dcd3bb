import { hash } from "node:crypto";
import { fromHex, reversed } from "../../common/bytes.ts";

/** A share as Stratum V1 text: the fields of mining.notify and mining.submit, all hex but the branch list. */
export interface StratumShare {
  readonly version: string;
  readonly prevhash: string;
  readonly coinb1: string;
  readonly coinb2: string;
  readonly extranonce1: string;
  readonly extranonce2: string;
  readonly merkleBranch: readonly string[];
  readonly ntime: string;
  readonly nbits: string;
  readonly nonce: string;
  /** LBRY: as mining.notify prints it. Absent: Bitcoin. */
  readonly claimTrieRoot?: string;
}

const sha256d = (bytes: Uint8Array): Uint8Array => hash("sha256", hash("sha256", bytes, "buffer"), "buffer");

/** Each 4-byte word with its bytes reversed: how mining.notify prints the previous block's hash. */
export function reverseBytesInWords(bytes: Uint8Array): Uint8Array {
  return Buffer.from(bytes).swap32();
}

/** Merkle root in internal order: the coinbase's double hash folded with the branches. */
export function merkleRootOf(coinbase: Uint8Array, branches: readonly Uint8Array[]): Uint8Array {
  return branches.reduce<Uint8Array>((root, branch) => sha256d(Buffer.concat([root, branch])), sha256d(coinbase));
}

/**
 * The header a share stands for (80 bytes; LBRY's 112), or the name of the first field that is not what Stratum allows.
 * Header: version reversed | prevhash with each word reversed | merkle root | LBRY: claim trie root with each word reversed | ntime, nbits, nonce reversed.
 */
export function headerOfShare(share: StratumShare): Uint8Array | { malformed: string } {
  const word = (name: "version" | "ntime" | "nbits" | "nonce") => {
    const bytes = fromHex(share[name]);
    return bytes?.length === 4 ? reversed(bytes) : null;
  };
  const version = word("version");
  if (!version) return { malformed: "version" };
  const prevhash = fromHex(share.prevhash);
  if (prevhash?.length !== 32) return { malformed: "prevhash" };
  const parts: Uint8Array[] = [];
  for (const name of ["coinb1", "extranonce1", "extranonce2", "coinb2"] as const) {
    const bytes = fromHex(share[name]);
    if (!bytes) return { malformed: name };
    parts.push(bytes);
  }
  const branches: Uint8Array[] = [];
  for (const text of share.merkleBranch) {
    const branch = fromHex(text);
    if (branch?.length !== 32) return { malformed: "merkle_branch" };
    branches.push(branch);
  }
  const claim = share.claimTrieRoot === undefined ? new Uint8Array() : fromHex(share.claimTrieRoot);
  if (claim === null || (share.claimTrieRoot !== undefined && claim.length !== 32)) return { malformed: "claim_trie_root" };
  const ntime = word("ntime");
  if (!ntime) return { malformed: "ntime" };
  const nbits = word("nbits");
  if (!nbits) return { malformed: "nbits" };
  const nonce = word("nonce");
  if (!nonce) return { malformed: "nonce" };
  const merkleRoot = merkleRootOf(Buffer.concat(parts), branches);
  return Buffer.concat([version, reverseBytesInWords(prevhash), merkleRoot, reverseBytesInWords(claim), ntime, nbits, nonce]);
}
