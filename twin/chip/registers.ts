/** Registers a BM1366 reports after reset that are not zero. specs/bm1366.md 2, column "reset". Unlisted addresses answer 0. */
export const RESET_VALUES: ReadonlyMap<number, number> = new Map([
  [0x00, 0x1366_0000],
  [0x04, 0x0001_2a89],
  [0x08, 0xc054_0165],
  [0x18, 0x0000_c100],
  [0x20, 0x0000_0003],
  [0x24, 0x0010_0000],
  [0x28, 0x0130_1a00],
  [0x2c, 0x000f_0000],
  [0x30, 0x0000_0070],
  [0x40, 0x1eaf_5fbe],
  [0x58, 0x0001_2111],
  [0x5c, 0x0000_ffff],
  [0x60, 0x2050_0174],
  [0x6c, 0x0001_0200],
  [0x9c, 0x00fd_0077],
  [0xa4, 0x0000_ffff],
  [0xa8, 0x0007_0000],
  [0xbc, 0x0000_3313],
  [0xc0, 0x0000_2000],
  [0xd0, 0x0000_0070],
  [0xd4, 0x0037_6400],
  [0xd8, 0x3030_3030],
  [0xdc, 0x0000_ffff],
  [0xec, 0x0000_0008],
]);

/** Core registers after reset. specs/bm1366.md 2.6 */
export const CORE_RESET_VALUES: ReadonlyMap<number, number> = new Map([
  [0, 0x98],
  [2, 0x55],
  [5, 0x40],
  [6, 0x08],
  [7, 0x11],
]);

export const REGISTER = {
  chipId: 0x00,
  pll0: 0x08,
  hashCountingNumber: 0x10,
  ticketMask: 0x14,
  fastUart: 0x28,
  coreControl: 0x3c,
  coreValue: 0x40,
  errorCount: 0x4c,
  analogMux: 0x54,
  pll1: 0x60,
  domainCount0: 0x88,
  totalCount: 0x8c,
  versionRolling: 0xa4,
} as const;

/** Registers a write does not change: the id, and the counters, which only a reset clears (specs/bm1366.md 2.8). */
export const READ_ONLY: ReadonlySet<number> = new Set([0x00, 0x40, 0x4c, 0x88, 0x89, 0x8a, 0x8b, 0x8c]);

const CRYSTAL_HZ = 25e6;

/** Core clock that PLL0 gives, Hz; 0 while it is switched off or divides by zero. specs/bm1366.md 2.1 */
export function coreClockHz(pll0: number): number {
  const enabled = (pll0 & 0x4000_0000) !== 0;
  const reference = (pll0 >>> 8) & 0x3f;
  if (!enabled || reference === 0) return 0;
  const feedback = (pll0 >>> 16) & 0xfff;
  const post1 = ((pll0 >>> 4) & 7) + 1;
  const post2 = (pll0 & 7) + 1;
  return (CRYSTAL_HZ * feedback) / (reference * post1 * post2);
}

/**
 * Line rate that FAST_UART and PLL1 give, bits/s. specs/bm1366.md 2.4. The PLL1 path (BCLK_SEL) is inferred from its one
 * example: VCO 2.8 GHz, PLL1_DIV4 6, BT8D 7 is said to give 6.25 M, which is 2.8 GHz / (6+1) / (8 (7+1)).
 */
export function lineRate(fastUart: number, pll1: number): number {
  const divider = 8 * (((fastUart >>> 8) & 0xff) + 1);
  if ((fastUart & 0x0400_0000) === 0) return CRYSTAL_HZ / divider;
  const reference = Math.max(1, (pll1 >>> 8) & 0x3f);
  const vco = (CRYSTAL_HZ * ((pll1 >>> 16) & 0xfff)) / reference;
  return vco / (((fastUart >>> 20) & 0xf) + 1) / divider;
}

function reverseBits8(byte: number): number {
  let out = 0;
  for (let i = 0; i < 8; i++) out |= ((byte >> i) & 1) << (7 - i);
  return out;
}

/**
 * Zero bits a ticket mask asks for beyond 32: each byte is bit-reversed on the wire, and the mask is 2^p - 1. A mask with
 * gaps is not described anywhere; we count its unbroken run from bit 0. specs/bm1366.md 2.2
 */
export function ticketZeroBits(register: number): number {
  let bits = 0;
  for (let byte = 0; byte < 4; byte++) {
    const plain = reverseBits8((register >>> (8 * byte)) & 0xff);
    for (let bit = 0; bit < 8; bit++) {
      if (((plain >> bit) & 1) === 0) return bits;
      bits++;
    }
  }
  return bits;
}
