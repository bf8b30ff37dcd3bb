import { type HeaderFields, headerBytes } from "../../common/block-header.ts";
import { DriverError } from "../../common/errors.ts";
import { crc16 } from "../bm13xx/crc.ts";
import type { FrameRefusal } from "../bm13xx/frames.ts";
import { MIDSTATE_BYTES, midstateOf } from "./midstate.ts";

/** How many midstates a job may have. specs/bm1387.md 1.6 */
export const MIDSTATE_COUNTS = [1, 2, 4] as const;
export type MidstateCount = (typeof MIDSTATE_COUNTS)[number];

/** A job as the chip sees it: the end of a header, and what the start of it hashes to for each version tried. */
export interface Work {
  /** 7 bits; the chip adds the index of the midstate that hit, so ids in use are multiples of their number (some hosts step by 1). specs/bm1387.md 1.5 */
  readonly wireId: number;
  /** 0 on every S9. */
  readonly startNonce: number;
  readonly nbits: number;
  readonly ntime: number;
  /** Header bytes 64..67, the last four of the merkle root. */
  readonly merkleTail: Uint8Array;
  /** 32 bytes each, SHA-256 state words H0..H7, each big-endian. */
  readonly midstates: readonly Uint8Array[];
}

const HEADER_JOB = 0x21;
const MIDSTATES_AT = 20;

/** Length of a job frame: 54, 86 or 150 bytes. specs/bm1387.md 1.6 */
export function jobBytes(midstates: number): number {
  return MIDSTATES_AT + MIDSTATE_BYTES * midstates + 2;
}

/** A state with its eight words in reversed order, as the wire has it; its own inverse. */
function reverseWords(state: Uint8Array): Uint8Array {
  const out = new Uint8Array(MIDSTATE_BYTES);
  for (let at = 0; at < MIDSTATE_BYTES; at += 4) out.set(state.subarray(at, at + 4), MIDSTATE_BYTES - 4 - at);
  return out;
}

function refuse(message: string, context: Record<string, unknown>): never {
  throw new DriverError("VALUE_REFUSED", message, "Correct the caller.", context);
}

/**
 * A job frame of 54, 86 or 150 bytes. Throws DriverError VALUE_REFUSED when there are not 1, 2 or 4 whole midstates, the merkle tail is not
 * 4 bytes, or the id has more than 7 bits. specs/bm1387.md 1.6
 */
export function encodeJob(work: Work): Uint8Array {
  const { wireId, midstates, merkleTail } = work;
  const n = midstates.length;
  if (!MIDSTATE_COUNTS.some((count) => count === n)) refuse(`A job has 1, 2 or 4 midstates, not ${n}.`, { midstates: n });
  if (!Number.isInteger(wireId) || wireId < 0 || wireId > 127) refuse(`A job id has 7 bits; ${wireId} does not fit.`, { wireId });
  if (merkleTail.length !== 4) refuse(`A merkle tail has 4 bytes, not ${merkleTail.length}.`, { length: merkleTail.length });
  const bytes = new Uint8Array(jobBytes(n));
  const view = new DataView(bytes.buffer);
  bytes.set([HEADER_JOB, bytes.length, wireId, n]);
  view.setUint32(4, work.startNonce >>> 0);
  view.setUint32(8, work.nbits >>> 0, true);
  view.setUint32(12, work.ntime >>> 0, true);
  bytes.set(merkleTail, 16);
  midstates.forEach((state, at) => {
    if (state.length !== MIDSTATE_BYTES) refuse(`A midstate has 32 bytes, not ${state.length}.`, { length: state.length });
    bytes.set(reverseWords(state), MIDSTATES_AT + MIDSTATE_BYTES * at);
  });
  view.setUint16(bytes.length - 2, crc16(bytes.subarray(0, -2)));
  return bytes;
}

/** The work in a frame whose length byte and checksum hold; refused when its parts contradict each other. specs/bm1387.md 1.6 */
export function decodeJobBytes(bytes: Uint8Array): Work | { refused: FrameRefusal } {
  const n = bytes[3] ?? 0;
  if (!MIDSTATE_COUNTS.some((count) => count === n) || bytes.length !== jobBytes(n)) return { refused: "length" };
  const wireId = bytes[2] as number;
  if (wireId > 127) return { refused: "reserved" };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return {
    wireId,
    startNonce: view.getUint32(4),
    nbits: view.getUint32(8, true),
    ntime: view.getUint32(12, true),
    merkleTail: bytes.slice(16, 20),
    midstates: Array.from({ length: n }, (_, at) =>
      reverseWords(bytes.subarray(MIDSTATES_AT + MIDSTATE_BYTES * at, MIDSTATES_AT + MIDSTATE_BYTES * (at + 1))),
    ),
  };
}

/**
 * The work of a header under 1, 2 or 4 versions; midstate i is that of `versions[i]`, and `fields.version` is not used. Throws DriverError
 * VALUE_REFUSED when a hash is not 32 bytes. specs/bm1387.md 1.6
 */
export function workOf(wireId: number, fields: HeaderFields, versions: readonly number[]): Work {
  for (const name of ["prevHash", "merkleRoot"] as const) {
    const { length } = fields[name];
    if (length !== 32) refuse(`${name} has ${length} bytes, not 32.`, { name, length });
  }
  const header = headerBytes(fields, 0);
  const view = new DataView(header.buffer);
  const midstates = versions.map((version) => {
    view.setUint32(0, version >>> 0, true);
    return midstateOf(header.subarray(0, 64));
  });
  return { wireId, startNonce: 0, nbits: fields.nbits, ntime: fields.ntime, merkleTail: header.slice(64, 68), midstates };
}

const ZERO_STATE = new Uint8Array(MIDSTATE_BYTES);

/** Work that opens a core while gate_block is set (its nbits are odd); what comes back is of no use. specs/bm1387.md 1.7, 3.5 */
export function openCoreWork(wireId: number, midstates: MidstateCount): Work {
  return {
    wireId,
    startNonce: 0,
    nbits: 0xffff_ffff,
    ntime: 0,
    merkleTail: new Uint8Array(4).fill(0xff),
    midstates: Array<Uint8Array>(midstates).fill(ZERO_STATE),
  };
}
