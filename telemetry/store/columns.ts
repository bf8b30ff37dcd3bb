/**
 * A chunk of nonces as one BLOB. Little-endian:
 *
 *   u8   version, 1
 *   u32  n, rows
 *   for each column of NONCE_COLUMNS, in that order:
 *     for tNs and jobSeq first the value of row 0 (8 and 4 bytes); the column itself is then the zig-zag difference to the row before
 *     for each byte of the element, lowest first (all first bytes, then all second bytes, ...):
 *       u8 min, u8 bits (0 to 8), then n values (byte - min) of `bits` bits each, packed from the lowest bit, filled to a byte
 *   u32  CRC-32 of all bytes before it
 *
 * Splitting by byte puts what never changes (high bytes of times, chip, exponents) into planes of 0 bits, and what is random
 * (nonces) costs its own size: specs/stack.md measured this layout against rows and plain columns. Floats keep every bit, NaN included.
 */
import { crc32 } from "node:zlib";
import { StoreError } from "../../common/errors.ts";
import { allocateNonces, NONCE_COLUMN_NAMES, type NonceBatch, type NonceColumn } from "../../common/nonce-batch.ts";

export const COLUMNS_VERSION = 1;
/** Rows one BLOB may hold. The store aims at far fewer; the bound keeps a damaged count from asking for gigabytes. */
export const MAX_CHUNK_ROWS = 65_536;

const HEAD_BYTES = 5;
const CRC_BYTES = 4;
type Element = NonceBatch[NonceColumn];

/** Throws RangeError above MAX_CHUNK_ROWS rows. */
export function encodeColumns(batch: NonceBatch): Uint8Array {
  const n = batch.length;
  if (n > MAX_CHUNK_ROWS) throw new RangeError(`a chunk holds at most ${MAX_CHUNK_ROWS} rows, not ${n}`);
  const planes = NONCE_COLUMN_NAMES.reduce((sum, name) => sum + batch[name].BYTES_PER_ELEMENT, 0);
  const out = new Uint8Array(HEAD_BYTES + 12 + planes * (2 + n) + CRC_BYTES);
  const view = new DataView(out.buffer);
  view.setUint8(0, COLUMNS_VERSION);
  view.setUint32(1, n, true);
  let at = HEAD_BYTES;
  if (n > 0) {
    view.setBigInt64(at, batch.tNs[0] as bigint, true);
    view.setUint32(at + 8, batch.jobSeq[0] as number, true);
    at += 12;
    for (const name of NONCE_COLUMN_NAMES) at = packColumn(differenced(name, batch), n, out, at);
  }
  view.setUint32(at, crc32(out.subarray(0, at)), true);
  return out.slice(0, at + CRC_BYTES);
}

/** Throws StoreError CHUNK_CORRUPT when the bytes are damaged or of a version this program does not know. */
export function decodeColumns(blob: Uint8Array): NonceBatch {
  if (blob.length < HEAD_BYTES + CRC_BYTES) throw corrupt("it is cut short", { bytes: blob.length });
  const view = new DataView(blob.buffer, blob.byteOffset, blob.byteLength);
  const end = blob.length - CRC_BYTES;
  if (view.getUint8(0) !== COLUMNS_VERSION) throw corrupt("its version is not known here", { version: view.getUint8(0) });
  if (view.getUint32(end, true) !== crc32(blob.subarray(0, end))) throw corrupt("its checksum does not match", { bytes: blob.length });
  const n = view.getUint32(1, true);
  if (n > MAX_CHUNK_ROWS) throw corrupt("it claims too many rows", { rows: n });
  const batch = allocateNonces(n);
  let at = HEAD_BYTES;
  if (n > 0) {
    if (end < at + 12) throw corrupt("it is cut short", { bytes: blob.length });
    batch.tNs[0] = view.getBigInt64(at, true);
    batch.jobSeq[0] = view.getUint32(at + 8, true);
    at += 12;
    for (const name of NONCE_COLUMN_NAMES) at = unpackColumn(name, batch, blob.subarray(0, end), at);
  }
  if (at !== end) throw corrupt("it is longer than its rows", { bytes: blob.length, used: at });
  return batch;
}

function differenced(name: NonceColumn, batch: NonceBatch): Element {
  if (name === "tNs") {
    const times = batch.tNs;
    const out = new BigInt64Array(batch.length);
    for (let i = 1; i < out.length; i++) out[i] = (times[i] as bigint) - (times[i - 1] as bigint);
    // Stored modulo 2^64, so the sign of the wrapped difference decides the zig-zag, not that of the true one.
    for (let i = 1; i < out.length; i++) out[i] = ((out[i] as bigint) << 1n) ^ ((out[i] as bigint) >> 63n);
    return out;
  }
  if (name === "jobSeq") {
    const jobs = batch.jobSeq;
    const out = new Uint32Array(batch.length);
    for (let i = 1; i < out.length; i++) {
      const step = ((jobs[i] as number) - (jobs[i - 1] as number)) | 0;
      out[i] = (step << 1) ^ (step >> 31);
    }
    return out;
  }
  return batch[name];
}

function packColumn(column: Element, n: number, out: Uint8Array, at: number): number {
  const bytes = new Uint8Array(column.buffer, column.byteOffset, column.byteLength);
  const size = column.BYTES_PER_ELEMENT;
  for (let plane = 0; plane < size; plane++) {
    let min = 255;
    let max = 0;
    for (let i = plane; i < bytes.length; i += size) {
      const byte = bytes[i] as number;
      if (byte < min) min = byte;
      if (byte > max) max = byte;
    }
    const bits = 32 - Math.clz32(max - min);
    out[at++] = min;
    out[at++] = bits;
    let held = 0;
    let holding = 0;
    for (let i = 0, from = plane; bits > 0 && i < n; i++, from += size) {
      held |= ((bytes[from] as number) - min) << holding;
      holding += bits;
      if (holding >= 8) {
        out[at++] = held;
        held >>= 8;
        holding -= 8;
      }
    }
    if (holding > 0) out[at++] = held;
  }
  return at;
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
      throw corrupt("a column is cut short", { column: name, plane });
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

function corrupt(why: string, context: Record<string, unknown>): StoreError {
  const hint = "Copy the database aside; the other chunks can still be read. A newer version of asic-reservoir may know this layout.";
  return new StoreError("CHUNK_CORRUPT", `A stored chunk of nonces cannot be read: ${why}.`, hint, context);
}
