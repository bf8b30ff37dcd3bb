/** Registers of the s9-io core in the Zynq of an S9 control board, one block per hash board. specs/bm1387.md 4.7 */

/** A block of 32-bit registers; `offset` in bytes from its base. Either call may throw: the block is then lost. */
export interface FpgaRegisters {
  read32(offset: number): number;
  write32(offset: number, value: number): void;
}

export const FPGA = {
  VERSION: 0x0000,
  CTRL: 0x0008,
  BAUD: 0x0010,
  WORK_TIME: 0x0014,
  ERR_COUNTER: 0x0018,
  CMD_RX: 0x1000,
  CMD_TX: 0x1004,
  CMD_CTRL: 0x1008,
  CMD_STAT: 0x100c,
  WORK_RX: 0x2000,
  WORK_RX_CTRL: 0x2008,
  WORK_RX_STAT: 0x200c,
  WORK_TX: 0x3004,
  WORK_TX_CTRL: 0x3008,
  WORK_TX_STAT: 0x300c,
} as const;

export const CTRL = { ENABLE: 0x08, CLEAR_ERRORS: 0x01, MIDSTATES_SHIFT: 1 } as const;
export const CMD_CTRL = { RESET_TX: 0x02, RESET_RX: 0x01 } as const;
export const CMD_STAT = { TX_FULL: 0x08, TX_EMPTY: 0x04, RX_FULL: 0x02, RX_EMPTY: 0x01 } as const;
export const WORK_RX_CTRL = { RESET: 0x01 } as const;
export const WORK_RX_STAT = { FULL: 0x02, EMPTY: 0x01 } as const;
export const WORK_TX_CTRL = { RESET: 0x02 } as const;
export const WORK_TX_STAT = { FULL: 0x08, EMPTY: 0x04 } as const;

export const FPGA_CLOCK_HZ = 50_000_000;
const OVERSAMPLING = 8;
const BAUD_MAX = 0xfff;
const WORK_TIME_MAX = 0xff_ffff;

/** What the core calls itself: 0x00901000. Model and major version decide; minor ones add. */
export interface FpgaVersion {
  readonly model: number;
  readonly major: number;
}
export const KNOWN_FPGA: FpgaVersion = { model: 0x09, major: 1 };
export const fpgaVersion = (word: number): FpgaVersion => ({ model: (word >>> 20) & 0xff, major: (word >>> 12) & 0xf });

/** The rate a value of BAUD gives. */
export const fpgaBaud = (value: number): number => FPGA_CLOCK_HZ / (OVERSAMPLING * (value + 1));

/** The value of BAUD that comes closest; RangeError for a rate that no value comes near. */
export function fpgaBaudValue(baud: number): number {
  const value = Math.round(FPGA_CLOCK_HZ / (OVERSAMPLING * baud)) - 1;
  if (!(value >= 0 && value <= BAUD_MAX)) throw new RangeError(`${baud} baud`);
  return value;
}

/** Clock ticks for the WORK_TIME register, at least one. RangeError beyond its 335 ms. */
export function workTimeTicks(periodMs: number): number {
  const ticks = Math.round((periodMs * FPGA_CLOCK_HZ) / 1000);
  if (!(ticks >= 1 && ticks <= WORK_TIME_MAX)) throw new RangeError(`a work period of ${periodMs} ms`);
  return ticks;
}
