/**
 * Nonces on the wire to viewers: one binary frame per batch, over the WebSocket and on the MQTT topic `nonces`.
 * Little-endian, columns one after another, 24 + 21 n bytes:
 *
 *   0  u8 'N', u8 'B'      magic
 *   2  u8                  version, 1
 *   3  u8                  origin: index into ORIGINS (0 hardware, 1 twin, 2 recording)
 *   4  u32                 n, rows
 *   8  u64                 base, ns on the host's monotonic clock
 *  16  u32                 batch number of this hub, counts from 0 and wraps: a gap tells how many frames a slow viewer lost
 *  20  u32                 run id, 0xffffffff when there is no run
 *  24  f64 x n             time of the first byte, ms after base
 *      f32 x n             residual, ns (NaN: the sweep model does not apply)
 *      f32 x n             log2 of the share's difficulty (NaN: job unknown)
 *      u16 x n             chip
 *      u16 x n             core
 *      u8  x n             status, index into NONCE_STATUSES
 *
 * Decoding runs in a browser: DataView only. A viewer needs no nonce values; who wants to verify reads the database.
 */
import type { NonceBatch } from "../common/nonce-batch.ts";
import { ORIGINS, type Origin } from "../common/origin.ts";

export const NONCE_FRAME_VERSION = 1;
const HEADER_BYTES = 24;
const ROW_BYTES = 21;
const NO_RUN = 0xffff_ffff;

export interface NonceFrameHead {
  readonly origin: Origin;
  /** Wraps at 2^32. */
  readonly batch: number;
  readonly runId: number | null;
}

export interface NonceFrame extends NonceFrameHead {
  readonly length: number;
  readonly baseNs: bigint;
  /** ms after `baseNs`. */
  readonly tMs: Float64Array;
  readonly residualNs: Float32Array;
  readonly difficultyLog2: Float32Array;
  readonly chip: Uint16Array;
  readonly core: Uint16Array;
  readonly status: Uint8Array;
}

/** A batch as one frame. The base is the first row's time; an empty batch has base 0. */
export function encodeNonceFrame(nonces: NonceBatch, head: NonceFrameHead): Uint8Array {
  const n = nonces.length;
  const frame = new Uint8Array(HEADER_BYTES + ROW_BYTES * n);
  const view = new DataView(frame.buffer);
  const base = nonces.tNs[0] ?? 0n;
  frame.set([0x4e, 0x42, NONCE_FRAME_VERSION, ORIGINS.indexOf(head.origin)]);
  view.setUint32(4, n, true);
  view.setBigUint64(8, BigInt.asUintN(64, base), true);
  view.setUint32(16, head.batch >>> 0, true);
  view.setUint32(20, head.runId ?? NO_RUN, true);
  let at = HEADER_BYTES;
  for (let i = 0; i < n; i++, at += 8) view.setFloat64(at, Number((nonces.tNs[i] as bigint) - base) / 1e6, true);
  for (let i = 0; i < n; i++, at += 4) view.setFloat32(at, nonces.residualNs[i] as number, true);
  for (let i = 0; i < n; i++, at += 4) view.setFloat32(at, nonces.difficultyLog2[i] as number, true);
  for (let i = 0; i < n; i++, at += 2) view.setUint16(at, nonces.chip[i] as number, true);
  for (let i = 0; i < n; i++, at += 2) view.setUint16(at, nonces.core[i] as number, true);
  frame.set(nonces.status.subarray(0, n), at);
  return frame;
}

/** The frame's columns, or null when the bytes are not exactly one frame of this version. Never throws. */
export function decodeNonceFrame(bytes: ArrayBuffer | Uint8Array): NonceFrame | null {
  const view = bytes instanceof Uint8Array ? new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength) : new DataView(bytes);
  if (view.byteLength < HEADER_BYTES) return null;
  if (view.getUint8(0) !== 0x4e || view.getUint8(1) !== 0x42 || view.getUint8(2) !== NONCE_FRAME_VERSION) return null;
  const origin = ORIGINS[view.getUint8(3)];
  const n = view.getUint32(4, true);
  if (origin === undefined || view.byteLength !== HEADER_BYTES + ROW_BYTES * n) return null;
  const runId = view.getUint32(20, true);
  const tMs = new Float64Array(n);
  const residualNs = new Float32Array(n);
  const difficultyLog2 = new Float32Array(n);
  const chip = new Uint16Array(n);
  const core = new Uint16Array(n);
  const status = new Uint8Array(n);
  let at = HEADER_BYTES;
  for (let i = 0; i < n; i++, at += 8) tMs[i] = view.getFloat64(at, true);
  for (let i = 0; i < n; i++, at += 4) residualNs[i] = view.getFloat32(at, true);
  for (let i = 0; i < n; i++, at += 4) difficultyLog2[i] = view.getFloat32(at, true);
  for (let i = 0; i < n; i++, at += 2) chip[i] = view.getUint16(at, true);
  for (let i = 0; i < n; i++, at += 2) core[i] = view.getUint16(at, true);
  for (let i = 0; i < n; i++, at += 1) status[i] = view.getUint8(at);
  const head = { origin, batch: view.getUint32(16, true), runId: runId === NO_RUN ? null : runId };
  return { ...head, length: n, baseNs: view.getBigUint64(8, true), tMs, residualNs, difficultyLog2, chip, core, status };
}
