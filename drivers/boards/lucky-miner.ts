/**
 * Lucky Miner LV06, LV07 and LV08 with TPS546 regulators. specs/bm1366.md 5.9
 * The two firmware families for them disagree about the divider at the regulator's feedback (VOUT_SCALE_LOOP 0.125 or 0.25): set by the
 * wrong one, the chips get twice their voltage. So these boards are told apart and read, but not powered: `tps546` is null.
 * Where the families' figures differ otherwise, the stricter one stands here.
 */
import type { BitaxeVariant } from "./bitaxe-variants.ts";
import type { BoardLimits } from "./board.ts";
import { EMC2302_ADDRESS } from "./emc2302.ts";
import { TPS546_ADDRESS } from "./tps546.ts";

/** The LV08's second and third regulator. */
const LV08_TPS546_ADDRESSES = [0x7f, TPS546_ADDRESS, 0x14] as const;

const limits = (maxPowerW: number): BoardLimits => ({
  // "As Ultra" in one family, 1000 mV and 300 MHz upwards in the other.
  coreVoltageMv: { min: 1100, max: 1300 },
  frequencyMhz: { min: 50, max: 575 },
  maxPowerMw: maxPowerW * 1000,
  maxChipTempC: 75,
  maxRegulatorTempC: 105,
});

const common = { chipSensor: "tmp1075", sensorRiseC: 5, tps546: null, domains: null } as const;

export const LUCKY_MINERS: readonly BitaxeVariant[] = [
  {
    ...common,
    model: "Lucky Miner LV06 (12 V)",
    regulator: "TPS546D24A",
    chips: 1,
    addresses: [TPS546_ADDRESS, EMC2302_ADDRESS],
    tps546Addresses: [TPS546_ADDRESS],
    tmp1075: "some",
    powerOffsetMw: 6000,
    limits: limits(40),
  },
  {
    ...common,
    model: "Lucky Miner LV07",
    regulator: "TPS546D24A",
    chips: 2,
    addresses: [TPS546_ADDRESS, EMC2302_ADDRESS],
    tps546Addresses: [TPS546_ADDRESS],
    tmp1075: "some",
    powerOffsetMw: 7000,
    limits: limits(40),
  },
  {
    ...common,
    model: "Lucky Miner LV08",
    regulator: "3 x TPS546D24A",
    chips: 9,
    addresses: [...LV08_TPS546_ADDRESSES, EMC2302_ADDRESS],
    tps546Addresses: LV08_TPS546_ADDRESSES,
    // GUESS: no source says where its sensors are, only that its sisters have TMP1075.
    tmp1075: "some",
    powerOffsetMw: 30_000,
    limits: limits(140),
  },
];
