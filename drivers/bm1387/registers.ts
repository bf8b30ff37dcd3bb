import { DriverError } from "../../common/errors.ts";
import { CLKI_MHZ, pllMhz } from "../bm13xx/pll.ts";
import { bits, type Fields, flag, type Register, register, reversedBytesMask } from "../bm13xx/register.ts";
import { searchPll } from "./pll.ts";

export { ticketLog2Of } from "../bm13xx/ticket.ts";

const TABLE = "specs/bm1387.md 2";

/** Who answers, and under which address. specs/bm1387.md 1.4 */
export const chipAddress = register({
  name: "CHIP_ADDRESS",
  address: 0x00,
  access: "r",
  reset: 0x1387_9000,
  meaning: "identity, and the address set-address gave",
  source: TABLE,
  fields: { id: bits(31, 16, { hex: true }), revision: bits(15, 8, { hex: true }), address: bits(7, 0, { hex: true }) },
  statusMask: 0x0000_00ff,
});

/** The chip's own count of its work, in steps of 2^24 hashes a second, averaged over some 25 s. specs/bm1387.md 2, 8.4 */
export const hashRate = register({
  name: "HASH_RATE",
  address: 0x08,
  access: "r",
  reset: 0,
  meaning: "hash rate",
  source: TABLE,
  fields: { rate: bits(31, 0, { meaning: "hash rate", unit: "x 2^24 H/s" }) },
  statusMask: 0xffff_ffff,
});

/** Core clock: 25 MHz * fbDiv / (refDiv * postDiv1 * postDiv2). `locked` is the chip's own. specs/bm1387.md 2.1 */
export const pll = register({
  name: "PLL",
  address: 0x0c,
  access: "rw",
  reset: 0x8040_0222,
  meaning: "core clock, 200 MHz after reset",
  source: "specs/bm1387.md 2.1",
  fields: {
    locked: flag(31, "PLL has locked"),
    fbDiv: bits(23, 16, { meaning: "feedback divider" }),
    refDiv: bits(11, 8, { meaning: "reference divider" }),
    postDiv1: bits(7, 4, { meaning: "first post divider" }),
    postDiv2: bits(3, 0, { meaning: "second post divider" }),
  },
  statusMask: 0x8000_0000,
});

export const startNonceOffset = register({
  name: "START_NONCE_OFFSET",
  address: 0x10,
  access: "rw",
  reset: null,
  meaning: "never written on an S9",
  source: TABLE,
  fields: {},
});

/** 0 counts freely, as the vendor's firmware leaves it; what else it does is not known. specs/bm1387.md 2, 10 */
export const hashCountingNumber = register({
  name: "HASH_COUNTING_NUMBER",
  address: 0x14,
  access: "rw",
  reset: 0,
  meaning: "0: the counter runs freely",
  source: TABLE,
  fields: { count: bits(31, 0) },
});

/**
 * The chip reports a nonce only if 32 + log2Difficulty leading bits of its hash are zero. It may survive a reset: always write it. The vendor's
 * own 0x3F tests other bits and is no such mask. specs/bm1387.md 2.2
 */
export const ticketMask = register({
  name: "TICKET_MASK",
  address: 0x18,
  access: "rw",
  reset: null,
  meaning: "difficulty from which nonces are reported",
  source: "specs/bm1387.md 2.2",
  fields: { log2Difficulty: reversedBytesMask({ max: 32, meaning: "log2 of the ticket difficulty" }) },
});

/** What the TF pin does. specs/bm1387.md 2.3 */
export const TFS = { hashing: 0, uartRx: 1, uartTx: 2, scl0: 3 } as const;

/** Baud rate, gating, the pins of the chip's own I2C, and midstates. specs/bm1387.md 2.3 */
export const miscControl = register({
  name: "MISC_CONTROL",
  address: 0x1c,
  access: "rw",
  reset: 0x4020_1a00,
  meaning: "baud rate, core gate, I2C pins, midstates",
  source: "specs/bm1387.md 2.3",
  fields: {
    notSetBaud: flag(30, "leave the baud rate alone"),
    invertClko: flag(21, "inverted clock output; set in every write on an S9"),
    i2cBus: bits(16, 16, { meaning: "which sensor bus" }),
    gateBlock: flag(15, "closes all cores; works open them one by one"),
    rfsSda0: flag(14, "RF pin is SDA0"),
    baudDiv: bits(12, 8, { meaning: "baud divider less 1; must be the one in force even with notSetBaud" }),
    multiMidstate: flag(7, "jobs may have 2 or 4 midstates (MMEN)"),
    tfs: bits(6, 5, { meaning: "TF pin: 0 hashing, 1 UART RX, 2 UART TX, 3 SCL0" }),
  },
});

/** One-byte transactions on the chip's own I2C bus. The sense of the address is inverted: even reads, odd writes. specs/bm1387.md 2.4 */
export const generalI2c = register({
  name: "GENERAL_I2C",
  address: 0x20,
  access: "rw",
  reset: 0x0100_0000,
  meaning: "I2C behind the chip",
  source: "specs/bm1387.md 2.4",
  fields: {
    busy: flag(31),
    error: flag(30, "busy or failed"),
    execute: flag(24, "do it"),
    device: bits(23, 17, { meaning: "7-bit address", hex: true }),
    write: flag(16),
    register: bits(15, 8, { meaning: "register of the device", hex: true }),
    value: bits(7, 0, { hex: true }),
  },
  statusMask: 0xc000_0000,
});

/** Every register of specs/bm1387.md 2, in order of address. */
export const registers: readonly Register<Fields>[] = [
  chipAddress,
  hashRate,
  pll,
  startNonceOffset,
  hashCountingNumber,
  ticketMask,
  miscControl,
  generalI2c,
];

const byAddress = new Map(registers.map((entry) => [entry.address, entry]));

/** The declaration of the register at `address`, or null when the table has none. */
export function registerAt(address: number): Register | null {
  return byAddress.get(address) ?? null;
}

/** PLL's word for the clock nearest `mhz`. Throws DriverError SETPOINT_REFUSED outside the PLL's range. specs/bm1387.md 2.1 */
export function pllWordFor(mhz: number): number {
  return pll.encode({ ...searchPll(mhz), locked: false });
}

/** The clock a PLL word gives, MHz. */
export function mhzOfPllWord(word: number): number {
  return pllMhz(pll.decode(word));
}

/** 2^24 hashes a second as GH/s. specs/bm1387.md 2 */
export function hashRateGhs(word: number): number {
  return (word * 2 ** 24) / 1e9;
}

/** Largest divider the chip takes, and the one it has after reset. specs/bm1387.md 2.3, 3.1 */
export const RESET_BAUD_DIV = 26;
/** The open firmware refuses rates further off than this. specs/bm1387.md 3.1 */
const BAUD_TOLERANCE = 0.05;

/** Real baud rate of a divider: 25 MHz / (8 * (divider + 1)). specs/bm1387.md 3.1 */
export function baudOfDivider(divider: number): number {
  return (CLKI_MHZ * 1e6) / (8 * (divider + 1));
}

/** The divider whose rate is nearest `baud`. Throws DriverError SETPOINT_REFUSED when that is more than 5 % off. specs/bm1387.md 3.1 */
export function dividerOfBaud(baud: number): number {
  const nearest = Math.round((CLKI_MHZ * 1e6) / (8 * baud)) - 1;
  const divider = Math.min(RESET_BAUD_DIV, Math.max(0, nearest));
  if (Math.abs(baudOfDivider(divider) / baud - 1) <= BAUD_TOLERANCE) return divider;
  throw new DriverError(
    "SETPOINT_REFUSED",
    `The chip has no rate near ${baud} baud.`,
    "Choose 3125000, 1562500 (the proven one), 781250, 446429, 390625, 223214 or 115200.",
    { baud },
  );
}
