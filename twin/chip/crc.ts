/** CRC5: x^5 + x^2 + 1, start 0x1F, most significant bit first. Feeding `bits` of `value` to `crc`. specs/bm1366.md 1.5 */
function feed5(crc: number, value: number, bits: number): number {
  let state = crc;
  for (let i = bits - 1; i >= 0; i--) {
    const carry = ((state >> 4) ^ (value >> i)) & 1;
    state = (state << 1) & 0x1f;
    if (carry === 1) state ^= 0x05;
  }
  return state;
}

/** CRC5 of a host command from its header to its last data byte. */
export function crc5(bytes: Uint8Array): number {
  return bytes.reduce((crc, byte) => feed5(crc, byte, 8), 0x1f);
}

/** Last byte of a response: the type in bits 7..5, below it the CRC5 of payload and type. specs/bm1366.md 1.8 */
export function responseTrailer(payload: Uint8Array, type: number): number {
  return (type << 5) | feed5(crc5(payload), type, 3);
}

/** CRC-16/CCITT-FALSE, of jobs. specs/bm1366.md 1.5 */
export function crc16(bytes: Uint8Array): number {
  let crc = 0xffff;
  for (const byte of bytes) {
    crc ^= byte << 8;
    for (let i = 0; i < 8; i++) crc = (crc & 0x8000) !== 0 ? ((crc << 1) ^ 0x1021) & 0xffff : (crc << 1) & 0xffff;
  }
  return crc;
}
