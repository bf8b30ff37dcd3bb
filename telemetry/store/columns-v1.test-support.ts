/** Writes chunks as version 1 did, to test that they stay readable. */
import { crc32 } from "node:zlib";
import { NONCE_COLUMN_NAMES, type NonceBatch, type NonceColumn } from "../../common/nonce-batch.ts";
import { COLUMNS_V1 } from "./columns-v1.ts";

const HEAD_BYTES = 5;
const CRC_BYTES = 4;
type Element = NonceBatch[NonceColumn];

export function encodeColumnsV1(batch: NonceBatch): Uint8Array {
  const n = batch.length;
  const planes = NONCE_COLUMN_NAMES.reduce((sum, name) => sum + batch[name].BYTES_PER_ELEMENT, 0);
  const out = new Uint8Array(HEAD_BYTES + 12 + planes * (2 + n) + CRC_BYTES);
  const view = new DataView(out.buffer);
  view.setUint8(0, COLUMNS_V1);
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
