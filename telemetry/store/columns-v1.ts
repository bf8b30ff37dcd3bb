/**
 * Chunks as version 1 wrote them; read only. Little-endian:
 *
 *   u8   version, 1
 *   u32  n, rows
 *   for each column of NONCE_COLUMNS, in that order:
 *     for tNs and jobSeq first the value of row 0 (8 and 4 bytes); the column itself is then the zig-zag difference to the row before
 *     for each byte of the element, lowest first (all first bytes, then all second bytes, ...):
 *       u8 min, u8 bits (0 to 8), then n values (byte - min) of `bits` bits each, packed from the lowest bit, filled to a byte
 *   u32  CRC-32 of all bytes before it
 */
import { crc32 } from "node:zlib";
import { allocateNonces, NONCE_COLUMN_NAMES, type NonceBatch, type NonceColumn } from "../../common/nonce-batch.ts";
import { chunkCorrupt, MAX_CHUNK_ROWS } from "./chunk.ts";

export const COLUMNS_V1 = 1;
const HEAD_BYTES = 5;
const CRC_BYTES = 4;

/** Throws StoreError CHUNK_CORRUPT. */
export function decodeColumnsV1(blob: Uint8Array): NonceBatch {
  if (blob.length < HEAD_BYTES + CRC_BYTES) throw chunkCorrupt("it is cut short", { bytes: blob.length });
  const view = new DataView(blob.buffer, blob.byteOffset, blob.byteLength);
  const end = blob.length - CRC_BYTES;
  if (view.getUint32(end, true) !== crc32(blob.subarray(0, end))) throw chunkCorrupt("its checksum does not match", { bytes: blob.length });
  const n = view.getUint32(1, true);
  if (n > MAX_CHUNK_ROWS) throw chunkCorrupt("it claims too many rows", { rows: n });
  const batch = allocateNonces(n);
  let at = HEAD_BYTES;
  if (n > 0) {
    if (end < at + 12) throw chunkCorrupt("it is cut short", { bytes: blob.length });
    batch.tNs[0] = view.getBigInt64(at, true);
    batch.jobSeq[0] = view.getUint32(at + 8, true);
    at += 12;
    for (const name of NONCE_COLUMN_NAMES) at = unpackColumn(name, batch, blob.subarray(0, end), at);
  }
  if (at !== end) throw chunkCorrupt("it is longer than its rows", { bytes: blob.length, used: at });
  return batch;
}

function unpackColumn(name: NonceColumn, batch: NonceBatch, blob: Uint8Array, start: number): number {
  const n = batch.length;
  const firstTime = batch.tNs[0] as bigint;
  const firstJob = batch.jobSeq[0] as number;
  const column = batch[name];
  const bytes = new Uint8Array(column.buffer, column.byteOffset, column.byteLength);
  const size = column.BYTES_PER_ELEMENT;
  let at = start;
  for (let plane = 0; plane < size; plane++) {
    const min = blob[at++];
    const bits = blob[at++];
    if (min === undefined || bits === undefined || bits > 8 || at + Math.ceil((n * bits) / 8) > blob.length) {
      throw chunkCorrupt("a column is cut short", { column: name, plane });
    }
    const mask = (1 << bits) - 1;
    let held = 0;
    let holding = 0;
    for (let i = 0, to = plane; i < n; i++, to += size) {
      if (holding < bits) {
        held |= (blob[at++] as number) << holding;
        holding += 8;
      }
      bytes[to] = min + (held & mask);
      held >>= bits;
      holding -= bits;
    }
  }
  if (name === "tNs") integrateTimes(batch.tNs, firstTime);
  if (name === "jobSeq") integrateJobs(batch.jobSeq, firstJob);
  return at;
}

function integrateTimes(times: BigInt64Array, first: bigint): void {
  times[0] = first;
  for (let i = 1; i < times.length; i++) {
    const zigzag = BigInt.asUintN(64, times[i] as bigint);
    times[i] = (times[i - 1] as bigint) + ((zigzag >> 1n) ^ -(zigzag & 1n));
  }
}

function integrateJobs(jobs: Uint32Array, first: number): void {
  jobs[0] = first;
  for (let i = 1; i < jobs.length; i++) {
    const zigzag = jobs[i] as number;
    jobs[i] = (jobs[i - 1] as number) + ((zigzag >>> 1) ^ -(zigzag & 1));
  }
}
