/** Register addresses. specs/bm1387.md 2 */
export const REGISTER_1387 = {
  chipAddress: 0x00,
  hashRate: 0x08,
  pll: 0x0c,
  ticketMask: 0x18,
  miscControl: 0x1c,
  generalI2c: 0x20,
} as const;

/** Live dump, specs/bm1387.md 2: 200 MHz; not_set_baud, inverted clock, divider 26. Every other register reads 0. */
export const RESET_PLL = 0x0040_0222;
export const RESET_MISC = 0x4020_1a00;

const CRYSTAL_HZ = 25e6;

/** Core clock of a PLL word, Hz; 0 when it divides by zero. specs/bm1387.md 2.1 */
export function pllHz(value: number): number {
  const divider = ((value >>> 8) & 0xf) * ((value >>> 4) & 0xf) * (value & 0xf);
  return divider === 0 ? 0 : (CRYSTAL_HZ * ((value >>> 16) & 0xff)) / divider;
}

/** Line rate of a baud divider. specs/bm1387.md 3.1 */
export function dividerBaud(divider: number): number {
  return CRYSTAL_HZ / (8 * (divider + 1));
}

/** Fields of MiscControl that a chip acts upon. specs/bm1387.md 2.3 */
export interface MiscFields {
  readonly setsBaud: boolean;
  readonly gateBlock: boolean;
  readonly baudDivider: number;
  readonly multiMidstate: boolean;
  /** RF and TF pins carry SDA and SCL. */
  readonly i2cPins: boolean;
  readonly i2cBus: 0 | 1;
}

export function miscFields(value: number): MiscFields {
  return {
    setsBaud: (value & 0x4000_0000) === 0,
    gateBlock: (value & 0x8000) !== 0,
    baudDivider: (value >>> 8) & 0x1f,
    multiMidstate: (value & 0x80) !== 0,
    i2cPins: (value & 0x4060) === 0x4060,
    i2cBus: (value & 0x1_0000) === 0 ? 0 : 1,
  };
}

/** The hash bits that a ticket mask wants to be zero, of hash bytes 4..7 as a big-endian word. specs/bm1387.md 2.2 */
export function ticketBits(register: number): number {
  return (((register & 0xff) << 24) | ((register & 0xff00) << 8) | ((register >>> 8) & 0xff00) | ((register >>> 24) & 0xff)) >>> 0;
}
