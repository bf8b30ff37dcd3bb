/** What is refused before anything is written, on a miner that is only told. */
import { describe, expect, it } from "vitest";
import { hostClock } from "../../../common/clock.ts";
import { applyToStockMiner, type SettableStockMiner, type StockSetPoint } from "./apply.ts";
import type { Knobs } from "./knobs.ts";
import type { ChainState } from "./state.ts";
import type { StockMinerInfo } from "./stock-miner.ts";

const CHAIN: ChainState = {
  chain: 6,
  chips: 63,
  answering: 63,
  frequencyMhz: 650,
  hashRateGhs: 4500,
  hardwareErrors: 0,
  boardTempC: 70,
  chipTempC: 85,
};
const INFO: StockMinerInfo = {
  origin: "twin",
  type: "Antminer S9",
  program: "BMMiner",
  firmware: null,
  summary: {
    uptimeS: 100,
    hashRateGhs: 13_500,
    averageGhs: 13_500,
    sharesAccepted: 1,
    sharesRejected: 0,
    sharesStale: 0,
    hardwareErrors: 0,
    difficultyAccepted: null,
  },
  chains: { frequencyMhz: 650, fansRpm: [5000], chains: [CHAIN] },
  voltagesMv: [8800],
  mended: [],
};
const KNOBS: Knobs = {
  frequencyMhz: { option: "freq", range: { min: 300, max: 700 }, perUnit: 1 },
  chainVoltageMv: { option: "volt", range: { min: 8, max: 9.4 }, perUnit: 1000 },
};

async function refusalOf(setPoint: StockSetPoint, info: Partial<StockMinerInfo> = {}, knobs: Knobs = KNOBS): Promise<string> {
  const written: string[] = [];
  const miner: SettableStockMiner = {
    info: async () => ({ ...INFO, ...info }),
    knobs: async () => knobs,
    setOption: async (device, option, value) => void written.push(`${device} ${option} ${value}`),
  };
  const error = await applyToStockMiner(miner, setPoint, { clock: hostClock(), withinMs: 0 }).catch((thrown: unknown) => thrown);
  const { code } = error as { code: string };
  // With no time to read back, what passes every check ends with the read-back; and only that has written.
  expect(written.length > 0).toBe(code === "STOCK_MINER_READ_BACK");
  return code;
}

const chains = (chain: Partial<ChainState>) => ({ chains: { frequencyMhz: 650, fansRpm: [], chains: [{ ...CHAIN, ...chain }] } });

describe("a set-point that passes every check", () => {
  it("is written to each chain in the firmware's unit", async () => {
    expect(await refusalOf({ frequencyMhz: 600, chainVoltageMv: 8500 })).toBe("STOCK_MINER_READ_BACK");
  });
});

describe("nothing is written to", () => {
  it.each([
    ["a miner that is no S9", { frequencyMhz: 600 }, { type: "Antminer S19" }, KNOBS, "STOCK_MINER_MODEL"],
    ["one that does not say what it is", { frequencyMhz: 600 }, { type: null }, KNOBS, "STOCK_MINER_MODEL"],
    ["firmware without that knob", { chainVoltageMv: 8500 }, {}, { frequencyMhz: KNOBS.frequencyMhz }, "STOCK_MINER_NO_KNOB"],
    [
      "a voltage of no known unit",
      { chainVoltageMv: 8500 },
      {},
      { chainVoltageMv: { option: "volt", range: null, perUnit: null } },
      "STOCK_MINER_NO_KNOB",
    ],
    ["chains that do not tell their frequency", { frequencyMhz: 600 }, chains({ frequencyMhz: null }), KNOBS, "STOCK_MINER_NO_KNOB"],
    ["chains that are not told at all", { frequencyMhz: 600 }, { chains: null }, KNOBS, "STOCK_MINER_NO_KNOB"],
    ["a voltage that is not told", { chainVoltageMv: 8500 }, { voltagesMv: null }, KNOBS, "STOCK_MINER_NO_KNOB"],
    ["a chip that is too warm, to be made warmer", { frequencyMhz: 660 }, chains({ chipTempC: 100 }), KNOBS, "STOCK_MINER_NOT_SAFE"],
    [
      "a chip whose temperature is unknown",
      { chainVoltageMv: 8810 },
      chains({ chipTempC: null, frequencyMhz: 600 }),
      KNOBS,
      "STOCK_MINER_NOT_SAFE",
    ],
    ["firmware outside its own range", { frequencyMhz: 250 }, {}, KNOBS, "SETPOINT_REFUSED"],
    ["a voltage above what its frequency allows", { frequencyMhz: 680, chainVoltageMv: 8800 }, {}, KNOBS, "SETPOINT_REFUSED"],
    ["a frequency above what its voltage allows", { frequencyMhz: 680 }, { voltagesMv: [9000] }, KNOBS, "SETPOINT_REFUSED"],
  ] as [string, StockSetPoint, Partial<StockMinerInfo>, Knobs, string][])("%s", async (_, setPoint, info, knobs, code) => {
    expect(await refusalOf(setPoint, info, knobs)).toBe(code);
  });
});
