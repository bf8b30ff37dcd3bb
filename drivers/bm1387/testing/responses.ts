import { crc5, crc5OfBits } from "../../bm13xx/crc.ts";

/** An answer with the checksum a chip would give it: six bytes, then the three bits that say nonce or register. specs/bm1387.md 1.4 */
export function sealResponse(payload: readonly number[], type: number): Uint8Array {
  const crc = crc5OfBits([(type >> 2) & 1, (type >> 1) & 1, type & 1], crc5(Uint8Array.from(payload)));
  return Uint8Array.from([...payload, (type << 5) | crc]);
}

const bigEndian = (value: number) => [value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff];

export function registerResponse(value: number): Uint8Array {
  return sealResponse([...bigEndian(value), 0, 0], 0);
}

/** `counter` of 25 bits, `id` the job's plus the midstate's. */
export function nonceResponse(counter: number, core: number, id: number, solution = 0): Uint8Array {
  return sealResponse([...bigEndian(counter * 128 + core), solution, id], 4);
}
