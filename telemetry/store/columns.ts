/**
 * A chunk of nonces as one BLOB, version 2, in little-endian words of 32 bits:
 *
 *   u8 version, 2; three bytes of 0
 *   u32 n, rows
 *   tNs           first value (2 words), lanes of the low and high halves of its zig-zag differences (wide-lanes.ts)
 *   nonce         lane (lane.ts)
 *   chip, core    as far as the nonce does not already say it (nonce-fields.ts)
 *   sigmaNs, versionBits, status, difficultyLog2 (the float's bits)   a lane each
 *   jobSeq        first value, lane of its zig-zag differences
 *   residualNs    floats on a grid (wide-lanes.ts)
 *   u32 CRC-32 of all bytes before it
 *
 * A chunk without rows has nothing between n and the checksum. What was put in comes out bit for bit, NaN included. Version 1: columns-v1.ts.
 */
import { crc32 } from "node:zlib";
import { allocateNonces, type NonceBatch } from "../../common/nonce-batch.ts";
import { chunkCorrupt, MAX_CHUNK_ROWS } from "./chunk.ts";
import { COLUMNS_V1, decodeColumnsV1 } from "./columns-v1.ts";
import { maxLaneWords, readLane, writeLane } from "./lane.ts";
import { chipRules, coreRules, maxFieldWords, readField, writeField } from "./nonce-fields.ts";
import { scratch } from "./scratch.ts";
import { maxWideWords, readFloats, readTimes, writeFloats, writeTimes } from "./wide-lanes.ts";

export const COLUMNS_VERSION = 2;
const HEAD_WORDS = 2;
const CRC_BYTES = 4;
const LANE_SLOT = 2;
const OUT_SLOT = 3;

/** Throws RangeError above MAX_CHUNK_ROWS rows. */
export function encodeColumns(batch: NonceBatch): Uint8Array {
  const n = batch.length;
  if (n > MAX_CHUNK_ROWS) throw new RangeError(`a chunk holds at most ${MAX_CHUNK_ROWS} rows, not ${n}`);
  const words = scratch(OUT_SLOT, HEAD_WORDS + 2 * maxWideWords(n) + 2 * maxFieldWords(n) + 6 * maxLaneWords(n) + 2);
  words[0] = COLUMNS_VERSION;
  words[1] = n;
  const end = n === 0 ? HEAD_WORDS : writeColumns(batch, words);
  const bytes = new Uint8Array(words.buffer, 0, 4 * end);
  words[end] = crc32(bytes);
  return new Uint8Array(words.buffer, 0, 4 * end + CRC_BYTES).slice();
}

function writeColumns(batch: NonceBatch, out: Uint32Array): number {
  const n = batch.length;
  const lane = scratch(LANE_SLOT, n);
  let at = writeTimes(batch.tNs, out, HEAD_WORDS);
  at = writeLane(batch.nonce, out, at);
  at = writeField(batch.chip, batch.nonce, chipRules(batch.chip), out, at);
  at = writeField(batch.core, batch.nonce, coreRules(), out, at);
  at = writeLane(batch.sigmaNs, out, at);
  at = writeLane(batch.versionBits, out, at);
  lane.set(batch.status);
  at = writeLane(lane, out, at);
  at = writeLane(floatBits(batch), out, at);
  let before = batch.jobSeq[0] as number;
  out[at++] = before;
  for (let i = 0; i < n; i++) {
    const now = batch.jobSeq[i] as number;
    const step = (now - before) | 0;
    lane[i] = (step << 1) ^ (step >> 31);
    before = now;
  }
  at = writeLane(lane, out, at);
  return writeFloats(batch.residualNs, out, at);
}

/** Throws StoreError CHUNK_CORRUPT when the bytes are damaged or of a version this program does not know. */
export function decodeColumns(blob: Uint8Array): NonceBatch {
  const version = blob[0];
  if (version === COLUMNS_V1) return decodeColumnsV1(blob);
  if (version !== COLUMNS_VERSION) throw chunkCorrupt("its version is not known here", { version });
  const end = blob.length - CRC_BYTES;
  if (end < 4 * HEAD_WORDS || blob.length % 4 !== 0) throw chunkCorrupt("it is cut short", { bytes: blob.length });
  const aligned = blob.byteOffset % 4 === 0 ? blob : blob.slice();
  const words = new Uint32Array(aligned.buffer, aligned.byteOffset, blob.length / 4);
  if (words[end / 4] !== crc32(aligned.subarray(0, end))) throw chunkCorrupt("its checksum does not match", { bytes: blob.length });
  const n = words[1] as number;
  if (n > MAX_CHUNK_ROWS) throw chunkCorrupt("it claims too many rows", { rows: n });
  const batch = allocateNonces(n);
  const used = n === 0 ? HEAD_WORDS : readColumns(words.subarray(0, end / 4), batch);
  if (used !== end / 4) throw chunkCorrupt("its columns do not fill it", { bytes: blob.length, rows: n });
  return batch;
}

/** The word behind the last column, or -1. */
function readColumns(words: Uint32Array, batch: NonceBatch): number {
  const lane = scratch(LANE_SLOT, batch.length);
  let at = readTimes(words, HEAD_WORDS, batch.tNs);
  at = readLane(words, at, batch.nonce);
  at = readField(words, at, batch.nonce, batch.chip);
  at = readField(words, at, batch.nonce, batch.core);
  at = readLane(words, at, batch.sigmaNs);
  at = readLane(words, at, batch.versionBits);
  at = readLane(words, at, lane);
  batch.status.set(lane);
  at = readLane(words, at, floatBits(batch));
  let sum = words[at] ?? 0;
  at = at < 0 ? at : readLane(words, at + 1, lane);
  for (let i = 0; i < batch.length; i++) {
    const zigzag = lane[i] as number;
    sum += (zigzag >>> 1) ^ -(zigzag & 1);
    sum >>>= 0;
    batch.jobSeq[i] = sum;
  }
  return readFloats(words, at, batch.residualNs);
}

function floatBits({ difficultyLog2 }: NonceBatch): Uint32Array {
  return new Uint32Array(difficultyLog2.buffer, difficultyLog2.byteOffset, difficultyLog2.length);
}
