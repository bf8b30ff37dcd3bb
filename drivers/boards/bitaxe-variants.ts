/**
 * The single-BM1366 boards, by what answers on their I2C bus. specs/bm1366.md 5.2, 5.9
 * The version strings clash between firmware families and two of them disagree about the LV06, so a name never decides.
 */
import type { BoardLimits } from "./board.ts";
import { DS4432U_ADDRESS } from "./ds4432u.ts";
import { EMC2101_ADDRESS } from "./emc2101.ts";
import { INA260_ADDRESS } from "./ina260.ts";
import { TPS546_ADDRESS, type Tps546Config } from "./tps546.ts";

/** Fan controller of the Hex and of the LV07 and LV08. */
const EMC2302_ADDRESS = 0x2f;

/** All addresses at which a chip of any of these families answers (5.9), in the order in which they are asked. */
export const PROBED_ADDRESSES = [
  TPS546_ADDRESS,
  DS4432U_ADDRESS,
  INA260_ADDRESS,
  EMC2101_ADDRESS,
  EMC2302_ADDRESS,
  0x49,
  0x4a,
  0x4b,
] as const;

export interface BitaxeVariant {
  readonly model: string;
  readonly regulator: "DS4432U + TPS40305" | "TPS546D24A";
  /** These must answer, and of PROBED_ADDRESSES no others. */
  readonly addresses: readonly number[];
  /** "internal": the EMC2101's own sensor, on the board. "external": the chip's diode, on the die. */
  readonly chipSensor: "internal" | "external";
  /** The board's own draw, added where only the core's power is measured. */
  readonly powerOffsetMw: number;
}

export const BITAXE_VARIANTS: readonly BitaxeVariant[] = [
  {
    model: "Bitaxe Ultra 0.11/201-205 or LV06",
    regulator: "DS4432U + TPS40305",
    addresses: [DS4432U_ADDRESS, INA260_ADDRESS, EMC2101_ADDRESS],
    chipSensor: "internal",
    powerOffsetMw: 5000,
  },
  {
    model: "Bitaxe Ultra 207",
    regulator: "TPS546D24A",
    addresses: [TPS546_ADDRESS, EMC2101_ADDRESS],
    chipSensor: "external",
    powerOffsetMw: 5000,
  },
];

export const ULTRA_LIMITS: BoardLimits = {
  // The firmware's voltage options, 1100 to 1300 mV (5.2).
  coreVoltageMv: { min: 1100, max: 1300 },
  // From the clock after reset, where every ramp begins (3.5), to the highest of the firmware's options, 400 to 575 MHz (5.2).
  frequencyMhz: { min: 50, max: 575 },
  // "max W" of the Ultra family (5.2).
  maxPowerMw: 25_000,
  // The firmware trips above 75 C chip and 105 C regulator (5.5).
  maxChipTempC: 75,
  maxRegulatorTempC: 105,
};

/** The Ultra's column of 5.3: 5 V input, undervoltage warning left off because it would stay on for ever (pitfall 20). */
export const ULTRA_TPS546: Tps546Config = {
  vinOnV: 4.8,
  vinOffV: 4.5,
  vinOvFaultV: 6.5,
  voutScaleLoop: 0.25,
  voutMinV: 1,
  voutMaxV: 2,
  voutCommandV: 1.2,
  ioutOcWarnA: 25,
  ioutOcFaultA: 30,
};

/** The variant whose chips, and no others, answered; null when there is none. */
export function variantOf(addresses: readonly number[]): BitaxeVariant | null {
  const found = [...addresses].sort().join();
  return BITAXE_VARIANTS.find((variant) => [...variant.addresses].sort().join() === found) ?? null;
}
