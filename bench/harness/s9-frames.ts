/** What an S9 board's chips put on the wire, with the works they answer: every frame's header really hashes, or really does not. */
import { HEADER_BYTES, headerBytes, type JobRecord } from "../../common/block-header.ts";
import { splitmix64 } from "../../common/random.ts";
import { sealResponse } from "../../drivers/bm1387/testing/responses.ts";
import { verifyHeaders } from "../../drivers/native/index.ts";

/** Zero bits a hash needs here: 32 less this many, as with a twin. What costs is the double hash, not what it finds. */
export const WORK_SCALE = 28;
const ZERO_BITS = 32 - WORK_SCALE;
export const MIDSTATES = 4;
/** A work each 2.9 ms, which yields as many nonces at difficulty 1. specs/bm1387.md 3.6 */
export const WORK_NS = 2_900_000n;
const CANDIDATES = 320;
const PER_WORK = 9;
const VERSION_BITS = [0, 1, 2, 3].map((roll) => roll << 13);
/** One work in so many has a frame whose header does not hash. */
const INVALID_EVERY = 10;

export interface PreparedWork {
  readonly job: JobRecord;
  readonly versionBits: readonly number[];
  /** Frames of 7 bytes, end to end, in the order of their times. */
  readonly frames: Uint8Array;
  readonly tNs: readonly bigint[];
}

export interface Prepared {
  readonly works: readonly PreparedWork[];
  readonly valid: number;
  readonly invalid: number;
}

export function prepareS9(works: number, firstNs: bigint): Prepared {
  const random = splitmix64(20261121);
  const below = (limit: number) => Math.floor(random.next() * limit);
  let valid = 0;
  let invalid = 0;
  const prepared = Array.from({ length: works }, (_, jobSeq): PreparedWork => {
    const job: JobRecord = {
      jobSeq,
      wireId: (jobSeq * MIDSTATES) % 128,
      version: 0x2000_0000,
      prevHash: Uint8Array.from({ length: 32 }, () => below(256)),
      merkleRoot: Uint8Array.from({ length: 32 }, () => below(256)),
      ntime: 1_700_000_000 + jobSeq,
      nbits: 0x1703_4219,
      ticketLog2: 0,
      workScale: WORK_SCALE,
      sentNs: firstNs + BigInt(jobSeq) * WORK_NS,
      frequencyMhz: 650,
      hashCountingNumber: null,
    };
    const found = answersTo(job, below, jobSeq % INVALID_EVERY === 0 ? 1 : 0);
    valid += found.valid;
    invalid += found.invalid;
    const tNs = found.frames.map((_, i) => job.sentNs + BigInt(100_000 + Math.floor((i * 2_700_000) / found.frames.length)));
    return { job, versionBits: VERSION_BITS, frames: Buffer.concat(found.frames), tNs };
  });
  return { works: prepared, valid, invalid };
}

/** Frames of up to PER_WORK nonces that hash and `wrong` that do not, none twice. */
function answersTo(job: JobRecord, below: (limit: number) => number, wrong: number) {
  const headers = new Uint8Array(CANDIDATES * HEADER_BYTES);
  const tries = Array.from({ length: CANDIDATES }, (_, at) => {
    const midstate = below(MIDSTATES);
    const core = below(57) + 64 * below(2);
    const bigEndian = [below(252), below(256), below(256), (below(2) << 7) | core];
    const nonce = Buffer.from(bigEndian).readUInt32LE();
    headerBytes({ ...job, version: job.version | (VERSION_BITS[midstate] as number) }, nonce, headers.subarray(at * HEADER_BYTES));
    return [...bigEndian, 0, job.wireId + midstate];
  });
  const { zeroBits } = verifyHeaders(headers);
  const right = tries.filter((_, at) => (zeroBits[at] as number) >= ZERO_BITS).slice(0, PER_WORK);
  const wrongOnes = tries.filter((_, at) => (zeroBits[at] as number) < ZERO_BITS).slice(0, wrong);
  return { valid: right.length, invalid: wrongOnes.length, frames: [...right, ...wrongOnes].map((payload) => sealResponse(payload, 4)) };
}
