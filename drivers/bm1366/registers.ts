import { CLKI_MHZ, type PllDividers, searchPll, vcoRangeHigh } from "../bm13xx/pll.ts";
import { bits, type Fields, flag, type Register, register, reversedBytesMask } from "../bm13xx/register.ts";

export { ticketLog2Of } from "../bm13xx/ticket.ts";

const TABLE = "specs/bm1366.md 2";

/** Who answers, and under which address. specs/bm1366.md 2 */
export const chipId = register({
  name: "CHIP_ID",
  address: 0x00,
  access: "r",
  reset: 0x1366_0000,
  meaning: "identity, and the address set-address gave",
  source: TABLE,
  fields: { id: bits(31, 16, { hex: true }), coreNum: bits(15, 8), address: bits(7, 0, { hex: true }) },
  statusMask: 0x0000_00ff,
});

/** Core clock: 25 MHz * fbDiv / (refDiv * postDiv1 * postDiv2). `locked` is the chip's own; the host may write either. specs/bm1366.md 2.1 */
export const pll0 = register({
  name: "PLL0",
  address: 0x08,
  access: "rw",
  reset: 0xc054_0165,
  meaning: "core clock, 50 MHz after reset",
  source: "specs/bm1366.md 2.1",
  fields: {
    locked: flag(31, "PLL has locked"),
    enabled: flag(30, "PLL on"),
    vcoHigh: flag(28, "VCO at or above 2400 MHz"),
    fbDiv: bits(27, 16, { meaning: "feedback divider" }),
    refDiv: bits(13, 8, { meaning: "reference divider" }),
    postDiv1: bits(6, 4, { meaning: "first post divider", offset: 1 }),
    postDiv2: bits(2, 0, { meaning: "second post divider", offset: 1 }),
  },
  statusMask: 0x8000_0000,
});

/** Positions of a small core's counter per batch, in steps of 80 ns. Not the same as NONCE_OFFSET. specs/bm1366.md 4.6, 4.7 */
export const hashCountingNumber = register({
  name: "HASH_COUNTING_NUMBER",
  address: 0x10,
  access: "rw",
  reset: 0,
  meaning: "length of a batch; 0 as a written value stops hashing",
  source: "specs/bm1366.md 4.6",
  fields: { count: bits(31, 0, { meaning: "length of a batch", unit: "x 80 ns" }) },
});

/** The chip reports a nonce only if 32 + log2Difficulty leading bits of its hash are zero. specs/bm1366.md 2.2 */
export const ticketMask = register({
  name: "TICKET_MASK",
  address: 0x14,
  access: "rw",
  reset: 0,
  meaning: "difficulty from which nonces are reported",
  source: "specs/bm1366.md 2.2",
  fields: { log2Difficulty: reversedBytesMask({ max: 32, meaning: "log2 of the ticket difficulty" }) },
});

/** Names from two drivers, electrical effect not known. Not the baud divider on this chip. specs/bm1366.md 2.3, 8.13 */
export const miscControl = register({
  name: "MISC_CONTROL",
  address: 0x18,
  access: "rw",
  reset: 0x0000_c100,
  meaning: "which core groups return nonces, and pin behaviour",
  source: "specs/bm1366.md 2.3",
  fields: {
    coreReturnNonce: bits(31, 28, { meaning: "nonces returned, per group" }),
    group27: bits(27, 26, { meaning: "paired with SOFT_RESET_CONTROL" }),
    group25: bits(25, 24, { meaning: "paired with SOFT_RESET_CONTROL" }),
    coreSoftReset: flag(22),
    group19: bits(19, 16, { meaning: "paired with SOFT_RESET_CONTROL" }),
    returnErrorNonce: flag(15),
    rfs: flag(14),
    invertClko: flag(13),
    returnWorkError: flag(7),
    tfs: bits(6, 4),
    hashRateTws: bits(1, 0),
  },
});

/** baud = 25 MHz / (8 * (divider + 1)) while clockFromPll1 is off. specs/bm1366.md 2.4 */
export const fastUart = register({
  name: "FAST_UART",
  address: 0x28,
  access: "rw",
  reset: 0x0130_1a00,
  meaning: "baud rate",
  source: "specs/bm1366.md 2.4",
  fields: {
    fast: flag(28, "set in every value but the one after reset"),
    clockFromPll1: flag(26, "baud clock from PLL1 instead of the crystal"),
    pll1Div4: bits(23, 20),
    divider: bits(15, 8, { meaning: "baud divider less 1" }),
    clkoDiv: bits(7, 0),
  },
});

/** Relay of a voltage domain's end chips on long chains; written to chip 0 only here. specs/bm1366.md 2.5 */
export const uartRelay = register({
  name: "UART_RELAY",
  address: 0x2c,
  access: "rw",
  reset: 0x000f_0000,
  meaning: "relays frames between voltage domains",
  source: "specs/bm1366.md 2.5",
  fields: { gapCount: bits(31, 16), responseRelay: flag(1), commandRelay: flag(0) },
});

/** Window to the cores' own registers. specs/bm1366.md 2.6 */
export const coreRegisterControl = register({
  name: "CORE_REGISTER_CONTROL",
  address: 0x3c,
  access: "rw",
  reset: 0,
  meaning: "reads or writes a register inside the cores",
  source: "specs/bm1366.md 2.6",
  fields: {
    execute: flag(31),
    coreId: bits(24, 16, { meaning: "core; 0 with execute means all" }),
    write: flag(15),
    register: bits(12, 8, { meaning: "core register number" }),
    value: bits(7, 0, { hex: true }),
  },
});

export const analogMux = register({
  name: "ANALOG_MUX",
  address: 0x54,
  access: "rw",
  reset: 0,
  meaning: "puts the temperature diode on the chip's pins",
  source: TABLE,
  fields: { select: bits(31, 0) },
});

export const ioDriverStrength = register({
  name: "IO_DRIVER_STRENGTH",
  address: 0x58,
  access: "rw",
  reset: 0x0001_2111,
  meaning: "output drivers",
  source: "specs/bm1366.md 2.7",
  fields: { rf: bits(27, 24), rs: bits(23, 20), ro: bits(19, 16), clko: bits(15, 12), nrsto: bits(11, 8), bo: bits(7, 4), co: bits(3, 0) },
});

/** Rolled field = versionMask >> 13; automatic midstates make jobs full headers and responses 11 bytes. specs/bm1366.md 2.9 */
export const versionRolling = register({
  name: "VERSION_ROLLING",
  address: 0xa4,
  access: "rw",
  reset: 0x0000_ffff,
  meaning: "versions rolled by the chip",
  source: "specs/bm1366.md 2.9",
  fields: {
    automaticMidstates: flag(31),
    midstateGroup: bits(29, 28, { meaning: "1: eight versions at a time" }),
    mask: bits(15, 0, { meaning: "rolled version bits, shifted right by 13", hex: true }),
  },
});

/** Core reset groups; the pairing with MISC_CONTROL is in the bring-up order. specs/bm1366.md 2.10 */
export const softResetControl = register({
  name: "SOFT_RESET_CONTROL",
  address: 0xa8,
  access: "rw",
  reset: 0x0007_0000,
  meaning: "core resets",
  source: "specs/bm1366.md 2.10",
  fields: { constant: bits(18, 16), bit10: flag(10), bit8: flag(8), groupB: bits(7, 4), groupA: bits(3, 0) },
});

function counter(address: number, name: string, meaning: string) {
  return register({
    name,
    address,
    access: "r",
    reset: 0,
    meaning,
    source: "specs/bm1366.md 2.8",
    fields: { count: bits(31, 0, { meaning, unit: "x 2^32 hashes" }) },
    statusMask: 0xffff_ffff,
  });
}

/** Free-running, 32 bits, wrapping; one count is 2^32 hashes. specs/bm1366.md 2.8 */
export const errorCount = counter(0x4c, "ERROR_COUNT", "hardware errors");
export const totalCount = counter(0x8c, "TOTAL_COUNT", "work done by all four domains");
export const domainCounts = [0, 1, 2, 3].map((domain) => counter(0x88 + domain, `DOMAIN_${domain}_COUNT`, `work done by domain ${domain}`));

function plain(address: number, name: string, reset: number | null, meaning: string, access: "r" | "rw" = "rw") {
  return register({ name, address, access, reset, meaning, source: TABLE, fields: {} });
}

const unnamed = (address: number, reset: number) =>
  plain(address, `REG_${address.toString(16).toUpperCase().padStart(2, "0")}`, reset, "not known");

/** Every register of specs/bm1366.md 2, in order of address. */
export const registers: readonly Register<Fields>[] = [
  chipId,
  plain(0x04, "HASH_RATE", 0x0001_2a89, "rate word of the BM1397; not used"),
  pll0,
  plain(0x0c, "NONCE_OFFSET", 0, "bit 31 valid, low 16 bits offset; used on the BM1370 only"),
  hashCountingNumber,
  ticketMask,
  miscControl,
  plain(0x1c, "I2C_CONTROL", 0, "I2C behind the chip"),
  plain(0x20, "ORDERED_CLOCK_ENABLE", 0x0000_0003, "clock enables"),
  plain(0x24, "TOP_PROCESS_MONITOR", 0x0010_0000, "process monitor"),
  fastUart,
  uartRelay,
  plain(0x30, "CORE_NUM", 0x0000_0070, "number of cores", "r"),
  unnamed(0x34, 0),
  plain(0x38, "TICKET_MASK_2", 0, "second ticket mask"),
  coreRegisterControl,
  plain(0x40, "CORE_REGISTER_VALUE", 0x1eaf_5fbe, "answer to a core register read", "r"),
  plain(0x44, "EXTERNAL_TEMP_READ", 0, "external temperature", "r"),
  plain(0x48, "ERROR_FLAG", 0, "error flags", "r"),
  errorCount,
  plain(0x50, "NONCE_OVERFLOW", 0, "nonces lost in the chip", "r"),
  analogMux,
  ioDriverStrength,
  plain(0x5c, "TIME_OUT", 0x0000_ffff, "time-out"),
  plain(0x60, "PLL1", 0x2050_0174, "baud clock above 3.125 Mbaud"),
  plain(0x64, "PLL2", null, "BM1397 heritage; absent in the BM1366 map"),
  plain(0x68, "PLL3", null, "baud clock of the BM1397; absent in the BM1366 map"),
  plain(0x6c, "ORDERED_CLOCK_MONITOR", 0x0001_0200, "clock monitor"),
  plain(0x70, "PLL0_DIVIDER", 0, "stock firmware writes 0 before ramping"),
  plain(0x74, "PLL1_DIVIDER", 0, "divider behind PLL1"),
  plain(0x80, "CLOCK_ORDER_CONTROL_0", 0, "clock order"),
  plain(0x84, "CLOCK_ORDER_CONTROL_1", 0, "clock order"),
  ...domainCounts,
  totalCount,
  plain(0x90, "FREQUENCY_SWEEP", 0, "frequency sweep"),
  plain(0x94, "GOLDEN_NONCE", 0, "golden nonce of a sweep"),
  plain(0x98, "GROUP_PATTERN", 0, "group pattern of a sweep"),
  plain(0x9c, "NONCE_RETURNED_TIMEOUT", 0x00fd_0077, "time-out of returned nonces"),
  plain(0xa0, "SINGLE_PATTERN_STATUS", 0, "single pattern status", "r"),
  versionRolling,
  softResetControl,
  unnamed(0xac, 0),
  unnamed(0xb0, 0),
  unnamed(0xb4, 0),
  unnamed(0xb8, 0),
  unnamed(0xbc, 0x0000_3313),
  unnamed(0xc0, 0x0000_2000),
  unnamed(0xc4, 0),
  unnamed(0xc8, 0),
  unnamed(0xcc, 0),
  plain(0xd0, "FREQUENCY_SWEEP_CONTROL", 0x0000_0070, "frequency sweep control"),
  unnamed(0xd4, 0x0037_6400),
  unnamed(0xd8, 0x3030_3030),
  plain(0xdc, "SWEEP_NONCE_RET_TIMEOUT", 0x0000_ffff, "time-out of a sweep's nonces"),
  unnamed(0xe0, 0),
  unnamed(0xe4, 0),
  unnamed(0xe8, 0),
  unnamed(0xec, 0x0000_0008),
  unnamed(0xf0, 0),
  unnamed(0xf4, 0),
  unnamed(0xf8, 0),
  unnamed(0xfc, 0),
];

const byAddress = new Map(registers.map((entry) => [entry.address, entry]));

/** The declaration of the register at `address`, or null when the table has none. */
export function registerAt(address: number): Register | null {
  return byAddress.get(address) ?? null;
}

/** PLL0's word for the dividers, as the firmware writes it: enabled, not marked locked. specs/bm1366.md 2.1, 3.4 */
export function pllWord(dividers: PllDividers): number {
  return pll0.encode({ ...dividers, locked: false, enabled: true, vcoHigh: vcoRangeHigh(dividers) });
}

/** PLL0's word for the frequency closest to `mhz`. Throws DriverError SETPOINT_REFUSED outside the PLL's range. */
export function pllWordFor(mhz: number): number {
  return pllWord(searchPll(mhz));
}

/** Real baud rate of a divider: 25 MHz / (8 * (divider + 1)). specs/bm1366.md 2.4 */
export function baudOfDivider(divider: number): number {
  return (CLKI_MHZ * 1e6) / (8 * (divider + 1));
}
