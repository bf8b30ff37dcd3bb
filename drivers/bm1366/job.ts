import type { HeaderFields } from "../../common/block-header.ts";
import { fromHex } from "../../common/bytes.ts";
import { DriverError } from "../../common/errors.ts";
import { decodeHostFrame, encodeJobFrame, type FrameRefusal, FULL_JOB_BYTES } from "../bm13xx/frames.ts";
import { reverseBytesInWords } from "../stratum/share.ts";

const PAYLOAD_BYTES = FULL_JOB_BYTES - 6;

/** A hash with its eight 4-byte words in reversed order, bytes inside a word untouched; its own inverse. specs/bm1366.md 4.1 */
export function reverseWords(hash: Uint8Array): Uint8Array {
  const out = new Uint8Array(hash.length);
  for (let at = 0; at < hash.length; at += 4) out.set(hash.subarray(at, at + 4), hash.length - 4 - at);
  return out;
}

/** The previous block's hash in internal order from mining.notify's hex, or null when that is not 32 bytes of hex. specs/bm1366.md 4.2 */
export function prevHashFromNotify(prevhash: string): Uint8Array | null {
  const bytes = fromHex(prevhash);
  return bytes?.length === 32 ? reverseBytesInWords(bytes) : null;
}

/**
 * A full-header job frame, 88 bytes. Throws DriverError VALUE_REFUSED when the id is no multiple of 8 (the chip puts the small core into the
 * low three bits) or a hash is not 32 bytes. specs/bm1366.md 4.1
 */
export function encodeJob(wireId: number, fields: HeaderFields): Uint8Array {
  if (!Number.isInteger(wireId) || wireId < 0 || wireId > 0xf8 || wireId % 8 !== 0) {
    throw new DriverError("VALUE_REFUSED", `A job id must be a multiple of 8 from 0 to 248, not ${wireId}.`, "Correct the caller.", {
      wireId,
    });
  }
  for (const name of ["prevHash", "merkleRoot"] as const) {
    const { length } = fields[name];
    if (length !== 32) {
      throw new DriverError("VALUE_REFUSED", `${name} has ${length} bytes, not 32.`, "Build the job from whole hashes.", { name, length });
    }
  }
  const payload = new Uint8Array(PAYLOAD_BYTES);
  const view = new DataView(payload.buffer);
  payload.set([wireId, 1]);
  view.setUint32(6, fields.nbits >>> 0, true);
  view.setUint32(10, fields.ntime >>> 0, true);
  payload.set(reverseWords(fields.merkleRoot), 14);
  payload.set(reverseWords(fields.prevHash), 46);
  view.setUint32(78, fields.version >>> 0, true);
  return encodeJobFrame(payload);
}

export interface DecodedJob {
  readonly wireId: number;
  readonly midstates: number;
  readonly startingNonce: number;
  readonly fields: HeaderFields;
}

/** The job in a checked frame's payload, or a refusal when it is not in full-header form. */
export function decodeJobPayload(payload: Uint8Array): DecodedJob | { refused: "type" } {
  if (payload.length !== PAYLOAD_BYTES) return { refused: "type" };
  const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
  return {
    wireId: view.getUint8(0),
    midstates: view.getUint8(1),
    startingNonce: view.getUint32(2, true),
    fields: {
      nbits: view.getUint32(6, true),
      ntime: view.getUint32(10, true),
      merkleRoot: reverseWords(payload.subarray(14, 46)),
      prevHash: reverseWords(payload.subarray(46, 78)),
      version: view.getUint32(78, true),
    },
  };
}

/** A full-header job frame, whichever of its two length bytes it carries (specs/bm1366.md 1.4), or why it is none. */
export function decodeJob(bytes: Uint8Array): DecodedJob | { refused: FrameRefusal } {
  const frame = decodeHostFrame(bytes);
  if ("refused" in frame) return frame;
  return frame.kind === "job" ? decodeJobPayload(frame.payload) : { refused: "type" };
}
