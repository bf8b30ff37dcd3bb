/** CRC5 before the first bit: polynomial x^5+x^2+1, most significant bit first, no reflection, no final XOR. specs/bm1366.md 1.5 */
export const CRC5_INIT = 0x1f;
const CRC5_POLYNOMIAL = 0x05;
const CRC16_INIT = 0xffff;
const CRC16_POLYNOMIAL = 0x1021;

/** One step of the CRC5 register. */
function crc5Bit(crc: number, bit: number): number {
  const feedback = ((crc >> 4) ^ bit) & 1;
  return ((crc << 1) & 0x1f) ^ (feedback ? CRC5_POLYNOMIAL : 0);
}

const CRC5_OF_BYTE = Uint8Array.from({ length: 32 * 256 }, (_, at) => {
  let crc = at >> 8;
  for (let bit = 7; bit >= 0; bit--) crc = crc5Bit(crc, (at >> bit) & 1);
  return crc;
});

const CRC16_OF_BYTE = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 8;
  for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? ((crc << 1) ^ CRC16_POLYNOMIAL) & 0xffff : (crc << 1) & 0xffff;
  return crc;
});

/** CRC5 over whole bytes, continuing from `crc`. Over a response's bytes 2.. including the last one it is 0. specs/bm1366.md 1.5, 1.8 */
export function crc5(bytes: Uint8Array, crc: number = CRC5_INIT): number {
  for (const byte of bytes) crc = CRC5_OF_BYTE[((crc & 0x1f) << 8) | byte] as number;
  return crc;
}

/** CRC5 over single bits (0 or 1), continuing from `crc`: a response's checksum covers 64 (48) payload bits and 3 type bits. specs/bm1366.md 1.8 */
export function crc5OfBits(bits: Iterable<number>, crc: number = CRC5_INIT): number {
  for (const bit of bits) crc = crc5Bit(crc, bit);
  return crc;
}

/** CRC-16/CCITT-FALSE, the checksum of jobs; sent high byte first. specs/bm1366.md 1.5 */
export function crc16(bytes: Uint8Array): number {
  let crc = CRC16_INIT;
  for (const byte of bytes) crc = ((crc << 8) & 0xffff) ^ (CRC16_OF_BYTE[(crc >> 8) ^ byte] as number);
  return crc;
}
