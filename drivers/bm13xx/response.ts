import { crc5 } from "./crc.ts";

export const SHORT_RESPONSE_BYTES = 9;
export const LONG_RESPONSE_BYTES = 11;

/** A chip's answer to a read. */
export interface RegisterResponse {
  readonly kind: "register";
  readonly value: number;
  readonly address: number;
  readonly register: number;
}

/** A found nonce. What `resultHeader` and the nonce's bits mean differs between chips: drivers/bm1366/nonce.ts. */
export interface NonceResponse {
  readonly kind: "nonce";
  /** Bytes 2..5 as a little-endian number: the nonce a pool expects. */
  readonly nonce: number;
  /** The same bytes big-endian: who made it. */
  readonly nonceBe: number;
  /** Byte 6: excess difficulty (BM1366) or midstate number (BM1397). */
  readonly byte6: number;
  readonly resultHeader: number;
  /** Rolled version field; null in the 9-byte form, which has none. */
  readonly versionField: number | null;
}

export type ResponseRefusal = "length" | "preamble" | "crc";

/**
 * One response, 9 bytes (after reset) or 11 (version rolling on), from its preamble to its last byte. Register and nonce are told apart by
 * bit 7 of the last byte alone; bits 6..5 mean nothing known. A damaged frame is refused by name. specs/bm1366.md 1.7, 1.8
 */
export function decodeResponse(bytes: Uint8Array): RegisterResponse | NonceResponse | { refused: ResponseRefusal } {
  const long = bytes.length === LONG_RESPONSE_BYTES;
  if (!long && bytes.length !== SHORT_RESPONSE_BYTES) return { refused: "length" };
  if (bytes[0] !== 0xaa || bytes[1] !== 0x55) return { refused: "preamble" };
  if (crc5(bytes.subarray(2)) !== 0) return { refused: "crc" };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if ((view.getUint8(bytes.length - 1) & 0x80) === 0) {
    return { kind: "register", value: view.getUint32(2), address: view.getUint8(6), register: view.getUint8(7) };
  }
  return {
    kind: "nonce",
    nonce: view.getUint32(2, true),
    nonceBe: view.getUint32(2),
    byte6: view.getUint8(6),
    resultHeader: view.getUint8(7),
    versionField: long ? view.getUint16(8) : null,
  };
}
