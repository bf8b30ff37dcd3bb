import { HEADER_BYTES, headerBytes, type JobRecord } from "../../common/block-header.ts";
import { fromHex } from "../../common/bytes.ts";
import { LBRY_DIFFICULTY_ONE_BITS, lbryHeader } from "./lbry.ts";
import { merkleRootOf } from "./share.ts";
import { EXTRANONCE2_BYTES, type JobTemplate } from "./template.ts";

/** A networked miner does not say at what clock it hashes, and a job's record has no word for that. */
const FREQUENCY_UNKNOWN_MHZ = 0;
const SEEN_PER_JOB = 4096;
const WORKS_PER_JOB = 1024;

/** What a submit changes about the header: everything else is the job's. */
export interface ShareWords {
  readonly extranonce2: string;
  readonly ntime: number;
  readonly nonce: number;
  readonly versionBits: number;
}

/**
 * A job as it was sent to one connection. A chip's job is one header; here the miner makes headers of it, one for each extranonce2 and ntime. Each of
 * those that yields a share gets a record and a number of its own, so that the stored rows can be verified again from the record alone.
 */
export class SentJob {
  readonly id: string;
  readonly template: JobTemplate;
  readonly sentNs: bigint;
  /** log2 of the share difficulty in force. */
  readonly ticketLog2: number;
  readonly workScale: number;
  readonly versionMask: number;
  readonly extranonce1: string;
  answered = false;
  /** How many jobs that replace all others had been sent when it was, itself included: below the connection's count, no pool takes its shares. */
  epoch = 0;
  readonly #extranonce1: Uint8Array | null;
  readonly #works = new Map<string, JobRecord>();
  readonly #seen = new Set<string>();

  constructor(of: Pick<SentJob, "id" | "template" | "sentNs" | "ticketLog2" | "workScale" | "versionMask" | "extranonce1">) {
    this.id = of.id;
    this.template = of.template;
    this.sentNs = of.sentNs;
    this.ticketLog2 = of.ticketLog2;
    this.workScale = of.workScale;
    this.versionMask = of.versionMask;
    this.extranonce1 = of.extranonce1;
    this.#extranonce1 = fromHex(of.extranonce1);
  }

  /** Zero bits of difficulty 1. */
  get difficultyOneBits(): number {
    return this.template.claimTrieRoot === undefined ? 32 : LBRY_DIFFICULTY_ONE_BITS;
  }

  /** Leading zero bits that a share's hash must have: 32 + log2 D for Bitcoin, as the chips' ticket masks count (specs/bm1366.md 2.2). */
  get zeroBits(): number {
    return this.difficultyOneBits + this.ticketLog2 - this.workScale;
  }

  /** The header's record; `nextSeq` gives a new one its number. null when extranonce2 has another length than was agreed. */
  workOf(words: ShareWords, nextSeq: () => number): { record: JobRecord; isNew: boolean } | null {
    const key = `${words.extranonce2} ${words.ntime}`;
    const known = this.#works.get(key);
    if (known) return { record: known, isNew: false };
    const extranonce2 = fromHex(words.extranonce2);
    const extranonce1 = this.#extranonce1;
    if (extranonce1 === null || extranonce2?.length !== EXTRANONCE2_BYTES) return null;
    const { template } = this;
    const coinbase = Buffer.concat([template.coinb1, extranonce1, extranonce2, template.coinb2]);
    const jobSeq = nextSeq();
    const record: JobRecord = {
      jobSeq,
      wireId: jobSeq & 0xff,
      version: (template.version & ~this.versionMask) >>> 0,
      prevHash: template.prevHash,
      merkleRoot: merkleRootOf(coinbase, template.branches),
      ntime: words.ntime,
      nbits: template.nbits,
      ticketLog2: this.ticketLog2,
      workScale: this.workScale,
      sentNs: this.sentNs,
      frequencyMhz: FREQUENCY_UNKNOWN_MHZ,
      hashCountingNumber: null,
      ...(template.claimTrieRoot === undefined ? {} : { claimTrieRoot: template.claimTrieRoot }),
    };
    if (this.#works.size >= WORKS_PER_JOB) this.#works.delete(this.#works.keys().next().value as string);
    this.#works.set(key, record);
    return { record, isNew: true };
  }

  /** The bits of the version that a row stores: all that the miner may change, as they stand in its header. */
  versionBitsOf(words: ShareWords): number {
    return (words.versionBits & this.versionMask) >>> 0;
  }

  headerOf(record: JobRecord, words: ShareWords): Uint8Array {
    const version = (record.version | this.versionBitsOf(words)) >>> 0;
    const { claimTrieRoot } = record;
    if (claimTrieRoot !== undefined) return lbryHeader({ ...record, version }, claimTrieRoot, words.nonce);
    return headerBytes({ ...record, version }, words.nonce, new Uint8Array(HEADER_BYTES));
  }

  /** true for a header that was not submitted before; remembers it. */
  isFirst(words: ShareWords): boolean {
    const key = `${words.extranonce2} ${words.ntime} ${words.nonce} ${words.versionBits}`;
    if (this.#seen.has(key)) return false;
    if (this.#seen.size >= SEEN_PER_JOB) this.#seen.delete(this.#seen.values().next().value as string);
    this.#seen.add(key);
    return true;
  }
}
