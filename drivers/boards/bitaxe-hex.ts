/** The Bitaxe Hex 302 and 303: six BM1366 in three voltage domains in series. specs/bm1366.md 5.2, 5.3 */
import type { BitaxeVariant } from "./bitaxe-variants.ts";
import { EMC2302_ADDRESS } from "./emc2302.ts";
import { TPS546_ADDRESS, type Tps546Config } from "./tps546.ts";

/** The Hex's column of 5.3: 12 V input, and the output feeds three domains in series. */
const HEX_TPS546: Tps546Config = {
  vinOnV: 11.5,
  vinOffV: 11,
  vinOvFaultV: 14.8,
  voutScaleLoop: 0.125,
  voutMinV: 2.5,
  voutMaxV: 4.5,
  voutCommandV: 3.6,
  ioutOcWarnA: 25,
  ioutOcFaultA: 30,
};

export const BITAXE_HEX: BitaxeVariant = {
  model: "Bitaxe Hex 302/303",
  regulator: "TPS546D24A",
  chips: 6,
  addresses: [TPS546_ADDRESS, EMC2302_ADDRESS],
  tps546Addresses: [TPS546_ADDRESS],
  tmp1075: [0x48, 0x49],
  chipSensor: "tmp1075",
  sensorRiseC: 10,
  powerOffsetMw: 12_000,
  tps546: HEX_TPS546,
  domains: 3,
  limits: {
    // Per domain, as the Ultra's: the firmware's options (5.2). Three of them are within the regulator's 2.5 to 4.5 V.
    coreVoltageMv: { min: 1100, max: 1300 },
    frequencyMhz: { min: 50, max: 575 },
    // "max W" of the Hex family (5.2).
    maxPowerMw: 90_000,
    // The firmware's trips (5.5).
    maxChipTempC: 75,
    maxRegulatorTempC: 105,
  },
};
