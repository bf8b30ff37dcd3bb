import { crc5, crc5OfBits } from "../crc.ts";

/** A response with the checksum a chip would give it: payload bits, then the three type bits. specs/bm1366.md 1.8 */
export function sealResponse(payload: readonly number[], type: number): Uint8Array {
  const crc = crc5OfBits([(type >> 2) & 1, (type >> 1) & 1, type & 1], crc5(Uint8Array.from(payload)));
  return Uint8Array.from([0xaa, 0x55, ...payload, (type << 5) | crc]);
}

const bigEndian = (value: number) => [value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff];

export function registerResponse(value: number, address: number, register: number): Uint8Array {
  return sealResponse([...bigEndian(value), address, register, 0, 0], 0);
}

export function nonceResponse(nonceBe: number, byte6: number, resultHeader: number, versionField: number): Uint8Array {
  return sealResponse([...bigEndian(nonceBe), byte6, resultHeader, versionField >> 8, versionField & 0xff], 4);
}
