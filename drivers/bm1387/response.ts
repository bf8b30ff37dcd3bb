import { crc5 } from "../bm13xx/crc.ts";

/** Every answer of a BM1387. specs/bm1387.md 1.4, 1.5 */
export const RESPONSE_BYTES = 7;

/** A chip's answer to a read: neither who answers nor which register. specs/bm1387.md 1.4 */
export interface RegisterResponse {
  readonly kind: "register";
  readonly value: number;
}

/** A found nonce. specs/bm1387.md 1.5 */
export interface NonceResponse {
  readonly kind: "nonce";
  /** Bytes 0..3 as a little-endian number: the nonce a pool expects. */
  readonly nonce: number;
  /** The same bytes big-endian: counter and core. */
  readonly nonceBe: number;
  /** Opaque; an index in the chip's output queue. */
  readonly solution: number;
  /** Id of the job plus index of the midstate, 7 bits. */
  readonly id: number;
}

export type ResponseRefusal = "length" | "crc" | "reserved";

/**
 * One answer of 7 bytes. The checksum runs over 51 bits, so over all 56 it comes to 0. "reserved": the checksum holds but bits that are
 * always zero are not, which damage that CRC5 lets through would do. specs/bm1387.md 1.4, 1.5
 */
export function decodeResponse(bytes: Uint8Array): RegisterResponse | NonceResponse | { refused: ResponseRefusal } {
  if (bytes.length !== RESPONSE_BYTES) return { refused: "length" };
  if (crc5(bytes) !== 0) return { refused: "crc" };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const last = view.getUint8(6);
  if ((last & 0x60) !== 0) return { refused: "reserved" };
  if ((last & 0x80) === 0) {
    return view.getUint16(4) === 0 ? { kind: "register", value: view.getUint32(0) } : { refused: "reserved" };
  }
  const id = view.getUint8(5);
  if (id > 127) return { refused: "reserved" };
  return { kind: "nonce", nonce: view.getUint32(0, true), nonceBe: view.getUint32(0), solution: view.getUint8(4), id };
}
