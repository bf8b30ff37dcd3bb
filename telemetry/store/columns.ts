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
import { fastestCoder } from "./column-coder.ts";
import { COLUMNS_V1, decodeColumnsV1 } from "./columns-v1.ts";
import { maxLaneWords } from "./lane.ts";
import { maxFieldWords } from "./nonce-fields.ts";
import { scratch } from "./scratch.ts";
import { maxWideWords } from "./wide-lanes.ts";

export const COLUMNS_VERSION = 2;
const HEAD_WORDS = 2;
const CRC_BYTES = 4;
const OUT_SLOT = 3;

/** Throws RangeError above MAX_CHUNK_ROWS rows. */
export function encodeColumns(batch: NonceBatch, coder = fastestCoder): Uint8Array {
  const n = batch.length;
  if (n > MAX_CHUNK_ROWS) throw new RangeError(`a chunk holds at most ${MAX_CHUNK_ROWS} rows, not ${n}`);
  const words = scratch(OUT_SLOT, HEAD_WORDS + 2 * maxWideWords(n) + 2 * maxFieldWords(n) + 6 * maxLaneWords(n) + 2);
  words[0] = COLUMNS_VERSION;
  words[1] = n;
  const end = n === 0 ? HEAD_WORDS : HEAD_WORDS + coder.write(batch, words.subarray(HEAD_WORDS));
  const bytes = new Uint8Array(words.buffer, 0, 4 * end);
  words[end] = crc32(bytes);
  return new Uint8Array(words.buffer, 0, 4 * end + CRC_BYTES).slice();
}

/** Throws StoreError CHUNK_CORRUPT when the bytes are damaged or of a version this program does not know. */
export function decodeColumns(blob: Uint8Array, coder = fastestCoder): NonceBatch {
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
  const columns = words.subarray(HEAD_WORDS, end / 4);
  const fills = n === 0 ? columns.length === 0 : coder.read(columns, batch);
  if (!fills) throw chunkCorrupt("its columns do not fill it", { bytes: blob.length, rows: n });
  return batch;
}
