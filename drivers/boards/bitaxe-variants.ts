/**
 * The boards with BM1366, by what answers on their I2C bus and how many chips there are. specs/bm1366.md 5.2, 5.9
 * The version strings clash between firmware families and two of them disagree about the LV06, so a name never decides.
 */
import { BITAXE_HEX } from "./bitaxe-hex.ts";
import type { BoardLimits } from "./board.ts";
import { DS4432U_ADDRESS } from "./ds4432u.ts";
import { EMC2101_ADDRESS } from "./emc2101.ts";
import { EMC2302_ADDRESS } from "./emc2302.ts";
import { INA260_ADDRESS } from "./ina260.ts";
import { LUCKY_MINERS } from "./lucky-miner.ts";
import { TMP1075_ADDRESSES } from "./tmp1075.ts";
import { TPS546_ADDRESS, type Tps546Config } from "./tps546.ts";

/** All addresses at which a chip of any of these families answers (5.9), in the order in which they are asked. */
export const PROBED_ADDRESSES: readonly number[] = [
  ...new Set([
    TPS546_ADDRESS,
    DS4432U_ADDRESS,
    INA260_ADDRESS,
    EMC2101_ADDRESS,
    EMC2302_ADDRESS,
    ...TMP1075_ADDRESSES,
    ...LUCKY_MINERS.flatMap(({ addresses }) => addresses),
  ]),
];

export interface BitaxeVariant {
  readonly model: string;
  readonly regulator: "DS4432U + TPS40305" | "TPS546D24A" | "3 x TPS546D24A";
  readonly chips: number;
  /** These must answer, and of PROBED_ADDRESSES no others but the temperature sensors. */
  readonly addresses: readonly number[];
  /** Those of them at which a TPS546 must be. */
  readonly tps546Addresses: readonly number[];
  /** TMP1075 that must answer too; "some": one or more, wherever they are. */
  readonly tmp1075: readonly number[] | "some";
  /** "internal": the EMC2101's own sensor, on the board. "external": the chip's diode, on the die. "tmp1075": those, on the board. */
  readonly chipSensor: "internal" | "external" | "tmp1075";
  /** What the firmware adds to a sensor on the board to show it as the chip's: a convention, not a measurement (pitfall 12). */
  readonly sensorRiseC: number;
  /** The board's own draw, added where only the core's power is measured. */
  readonly powerOffsetMw: number;
  /** null: it has no TPS546, or sources do not agree on how to set it up. */
  readonly tps546: Tps546Config | null;
  /** Voltage domains in series at the regulator's output; null where it is not known. */
  readonly domains: number | null;
  readonly limits: BoardLimits;
}

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

export const BITAXE_VARIANTS: readonly BitaxeVariant[] = [
  {
    model: "Bitaxe Ultra 0.11/201-205 or LV06",
    regulator: "DS4432U + TPS40305",
    chips: 1,
    addresses: [DS4432U_ADDRESS, INA260_ADDRESS, EMC2101_ADDRESS],
    tps546Addresses: [],
    tmp1075: [],
    chipSensor: "internal",
    sensorRiseC: 5,
    powerOffsetMw: 5000,
    tps546: null,
    domains: 1,
    limits: ULTRA_LIMITS,
  },
  {
    model: "Bitaxe Ultra 207",
    regulator: "TPS546D24A",
    chips: 1,
    addresses: [TPS546_ADDRESS, EMC2101_ADDRESS],
    tps546Addresses: [TPS546_ADDRESS],
    tmp1075: [],
    chipSensor: "external",
    sensorRiseC: 0,
    powerOffsetMw: 5000,
    tps546: ULTRA_TPS546,
    domains: 1,
    limits: ULTRA_LIMITS,
  },
  BITAXE_HEX,
  ...LUCKY_MINERS,
];

/**
 * The variants whose chips, and no others, answered; with `chips`, only those with as many. Those whose every address is known come alone: a
 * Hex is a Hex although an LV07's sensors might be anywhere.
 */
export function variantsOf(addresses: readonly number[], chips: number | null = null): readonly BitaxeVariant[] {
  const fitting = BITAXE_VARIANTS.filter((variant) => (chips === null || variant.chips === chips) && answersAs(variant, addresses));
  const exact = fitting.filter(({ tmp1075 }) => tmp1075 !== "some");
  return exact.length > 0 ? exact : fitting;
}

/** A chip that is silent, and the variant whose chips these would be with it; null when there is none, or there are several. */
export function silentChip(found: readonly number[]): { readonly address: number; readonly model: string } | null {
  const [only = null, ...others] = PROBED_ADDRESSES.filter((address) => !found.includes(address)).flatMap((address) => {
    const variant = variantOf([...found, address]);
    return variant === null || variant.tmp1075 === "some" ? [] : [{ address, model: variant.model }];
  });
  return others.length === 0 ? only : null;
}

/** The variant, when there is only one; null when there is none, or only the chip count could tell. */
export function variantOf(addresses: readonly number[], chips: number | null = null): BitaxeVariant | null {
  const [only = null, ...others] = variantsOf(addresses, chips);
  return others.length === 0 ? only : null;
}

function answersAs({ addresses, tmp1075 }: BitaxeVariant, found: readonly number[]): boolean {
  if (tmp1075 !== "some") return sameSet(found, [...addresses, ...tmp1075]);
  const sensors = found.filter((address) => TMP1075_ADDRESSES.some((known) => known === address));
  return sensors.length > 0 && sameSet(found, [...addresses, ...sensors]);
}

const sameSet = (a: readonly number[], b: readonly number[]): boolean => [...a].sort().join() === [...b].sort().join();
