/** Headers that a miner makes of one job, one candidate after the other, really hashed. */
import { hash as digest } from "node:crypto";
import type { PoolJob } from "./stratum-wire.ts";

/** A miner makes a new coinbase after so many candidates of this scaled search. GUESS: hardware does after 2^32 headers. */
const CANDIDATES_PER_COINBASE = 1024;

export interface FoundShare {
  /** Number of the candidate that it was. */
  readonly candidate: number;
  readonly extranonce2: string;
  readonly nonce: number;
  readonly versionBits: number;
}

/** Zero bits of difficulty 1, Bitcoin's and LBRY's. */
export const difficultyOneBits = ({ claim }: PoolJob): number => (claim === null ? 32 : 24);

/** What LBRY makes of a header's double SHA-256: SHA-512, its halves through RIPEMD-160, and SHA-256 twice of the two in a row. */
export function lbryOf(blockHash: Uint8Array): Buffer {
  const sha512 = digest("sha512", blockHash, "buffer");
  const [low, high] = [sha512.subarray(0, 32), sha512.subarray(32, 64)].map((half) => digest("ripemd160", half, "buffer"));
  return sha256d(Buffer.concat([low as Buffer, high as Buffer]));
}

const sha256d = (message: Uint8Array): Buffer => digest("sha256", digest("sha256", message, "buffer"), "buffer");

/** Leading zero bits of a hash as pools read it: from its last byte. */
export function zeroBitsOf(hash: Uint8Array): number {
  for (let i = 31, bits = 0; i >= 0; i--, bits += 8) {
    const byte = hash[i] as number;
    if (byte !== 0) return bits + Math.clz32(byte) - 24;
  }
  return 256;
}

export class HeaderWork {
  readonly job: PoolJob;
  readonly #extranonce1: Buffer;
  readonly #extranonce2Bytes: number;
  readonly #mask: number;
  readonly #header: Buffer;
  readonly #nonceAt: number;
  readonly #salt: number;
  #extranonce2 = "";

  /** `salt`: two miners with one extranonce would not try the same nonces. */
  constructor(job: PoolJob, extranonce1: Buffer, extranonce2Bytes: number, versionMask: number, salt: number) {
    this.job = job;
    this.#extranonce1 = extranonce1;
    this.#extranonce2Bytes = extranonce2Bytes;
    this.#mask = versionMask;
    this.#salt = salt;
    this.#header = Buffer.alloc(job.claim === null ? 80 : 112);
    this.#nonceAt = this.#header.length - 4;
    job.prevHash.copy(this.#header, 4);
    job.claim?.copy(this.#header, 68);
    this.#header.writeUInt32LE(job.ntime, this.#nonceAt - 8);
    this.#header.writeUInt32LE(job.nbits, this.#nonceAt - 4);
  }

  /** The first of the candidates [from, until) whose hash has `zeroBits`; null when none has. */
  search(from: number, until: number, zeroBits: number): FoundShare | null {
    for (let candidate = from; candidate < until; candidate++) {
      if (candidate === from || candidate % CANDIDATES_PER_COINBASE === 0) this.#coinbase(Math.floor(candidate / CANDIDATES_PER_COINBASE));
      // 2^32 divided by the golden ratio: consecutive candidates lie far apart, and none comes twice.
      const nonce = (Math.imul(candidate, 0x9e37_79b1) ^ this.#salt) >>> 0;
      const versionBits = (candidate << 13) & this.#mask;
      this.#header.writeUInt32LE(((this.job.version & ~this.#mask) | versionBits) >>> 0, 0);
      this.#header.writeUInt32LE(nonce, this.#nonceAt);
      const id = sha256d(this.#header);
      if (zeroBitsOf(this.job.claim === null ? id : lbryOf(id)) >= zeroBits)
        return { candidate, extranonce2: this.#extranonce2, nonce, versionBits: versionBits >>> 0 };
    }
    return null;
  }

  #coinbase(number: number): void {
    const extranonce2 = Buffer.alloc(this.#extranonce2Bytes);
    extranonce2.writeUIntLE(number, 0, Math.min(6, this.#extranonce2Bytes));
    this.#extranonce2 = extranonce2.toString("hex");
    const { coinb1, coinb2, branches } = this.job;
    let root = sha256d(Buffer.concat([coinb1, this.#extranonce1, extranonce2, coinb2]));
    for (const branch of branches) root = sha256d(Buffer.concat([root, branch]));
    root.copy(this.#header, 36);
  }
}
