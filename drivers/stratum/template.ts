/** Jobs for a networked miner: a block template whose coinbase is ours, so that nothing found with it is worth anything to anybody. */
import { hash } from "node:crypto";
import { toHex } from "../../common/bytes.ts";
import { reverseBytesInWords } from "./share.ts";

export const EXTRANONCE1_BYTES = 4;
export const EXTRANONCE2_BYTES = 4;

/** Hashes in internal order. `coinb1` ends where extranonce1 begins. */
export interface JobTemplate {
  readonly version: number;
  readonly prevHash: Uint8Array;
  readonly nbits: number;
  readonly ntime: number;
  readonly coinb1: Uint8Array;
  readonly coinb2: Uint8Array;
  readonly branches: readonly Uint8Array[];
  /** Makes it a job for LBRY: root of the claim trie, internal order (lbry.ts). Absent: Bitcoin. */
  readonly claimTrieRoot?: Uint8Array;
}

/** The template of the `count`th job. `nowMs`: since 1970. */
export type Templates = (count: number, nowMs: number) => JobTemplate;

const TAG = Buffer.from("asic-reservoir");
const HEIGHT_BYTES = 4;
const NUMBER_BYTES = 8;
/** What every coinbase has in front of its height: version, one input of nothing, the script's length, the push of the height. */
const BEFORE_HEIGHT = Buffer.concat([
  Buffer.from("0100000001", "hex"),
  Buffer.alloc(32),
  Buffer.from("ffffffff", "hex"),
  Buffer.of(1 + HEIGHT_BYTES + 1 + TAG.length + NUMBER_BYTES + 1 + EXTRANONCE1_BYTES + EXTRANONCE2_BYTES, HEIGHT_BYTES),
]);
/** Between height and job number. */
const BEFORE_NUMBER = Buffer.concat([Buffer.of(TAG.length + NUMBER_BYTES), TAG]);
/** Sequence | one output of 0 satoshi | OP_RETURN with nothing | lock time. */
const AFTER_EXTRANONCES: Uint8Array = Buffer.from("ffffffff01000000000000000002" + "6a00" + "00000000", "hex");

/**
 * A coinbase transaction in two parts around the extranonces: script = push of the height (BIP 34) | push of the tag and the job's number | extranonces; one
 * output of nothing that nobody can spend. The job's number makes every job's search space its own, whatever the miner does with extranonce2.
 */
export function coinbaseAround(height: number, jobNumber: number): { coinb1: Uint8Array; coinb2: Uint8Array } {
  // One piece: a job leaves between two shares, and garbage would have to be collected between two others.
  const numberAt = BEFORE_HEIGHT.length + HEIGHT_BYTES + BEFORE_NUMBER.length;
  const coinb1 = Buffer.alloc(numberAt + NUMBER_BYTES + 1);
  coinb1.set(BEFORE_HEIGHT);
  coinb1.writeUInt32LE(height >>> 0, BEFORE_HEIGHT.length);
  coinb1.set(BEFORE_NUMBER, BEFORE_HEIGHT.length + HEIGHT_BYTES);
  coinb1.writeBigUInt64LE(BigInt(jobNumber), numberAt);
  coinb1[numberAt + NUMBER_BYTES] = EXTRANONCE1_BYTES + EXTRANONCE2_BYTES;
  return { coinb1, coinb2: AFTER_EXTRANONCES };
}

/** Made-up blocks, one seed one sequence: random previous hash with the zeros of a real one, and `branches` random branches. */
export function syntheticTemplates(seed: number, branches = 0): Templates {
  return (count, nowMs) => {
    // A hash a field: a job leaves between two shares, and a generator of single numbers would take longer than all else together.
    const bytes = (field: number) => hash("sha256", `${seed} ${count} ${field}`, "buffer");
    const prevHash = bytes(0);
    prevHash.fill(0, 24);
    return {
      version: 0x2000_0000,
      prevHash,
      nbits: 0x1703_4219,
      ntime: Math.floor(nowMs / 1000) >>> 0,
      ...coinbaseAround(840_000 + (count % 1000), count),
      branches: Array.from({ length: branches }, (_, i) => bytes(i + 1)),
    };
  };
}

/** The same for LBRY: with a root of a claim trie, and without bits in the version that anybody may roll. */
export function syntheticLbryTemplates(seed: number, branches = 0): Templates {
  const templates = syntheticTemplates(seed, branches);
  const claimTrieRoot = hash("sha256", `${seed} claim trie`, "buffer");
  return (count, nowMs) => ({ ...templates(count, nowMs), nbits: 0x1a03_4219, claimTrieRoot });
}

const word = (value: number): string => (value >>> 0).toString(16).padStart(8, "0");

/** Parameters of mining.notify. */
export function notifyParams(jobId: string, template: JobTemplate, cleanJobs: boolean): readonly unknown[] {
  return [
    jobId,
    toHex(reverseBytesInWords(template.prevHash)),
    ...(template.claimTrieRoot === undefined ? [] : [toHex(reverseBytesInWords(template.claimTrieRoot))]),
    toHex(template.coinb1),
    toHex(template.coinb2),
    template.branches.map(toHex),
    word(template.version),
    word(template.nbits),
    word(template.ntime),
    cleanJobs,
  ];
}
