/** The driver of cgminer's API against the twin, on real sockets, twenty times as fast as life. */
import { afterEach, describe, expect, it } from "vitest";
import { applyToStockMiner } from "../../drivers/boards/stock-miner/apply.ts";
import { StockMiner } from "../../drivers/boards/stock-miner/stock-miner.ts";
import { type CgminerFault, type CgminerTwin, type S9Firmware, startCgminerTwin } from "../../twin/network/cgminer.ts";
import { type PathFaults, WIRED } from "../../twin/network/wireless-path.ts";
import { scaledClock } from "./scaled-clock.test-support.ts";

const clock = scaledClock(20);
const twins: CgminerTwin[] = [];
afterEach(async () => {
  for (const twin of twins.splice(0)) await twin.stop();
});

async function minerWith(firmware: S9Firmware, faults: readonly CgminerFault[] = [], path: Partial<PathFaults> = {}) {
  const twin = await startCgminerTwin({ clock, listen: { host: "127.0.0.1", port: 0 }, path: { ...WIRED, ...path }, firmware, faults });
  twins.push(twin);
  return new StockMiner({ host: "127.0.0.1", port: twin.port }, { timeoutMs: 1000 });
}
const code = (name: string) => expect.objectContaining({ code: name });
/** Twenty seconds of this host's: where it succeeds, a busy machine must not be what it fails at. */
const PATIENT = { clock, withinMs: 400_000 };
const options = { clock, withinMs: 16_000 };

describe("an S9 with its maker's firmware", () => {
  it("tells its chains, its answers mended, and calls itself a twin", async () => {
    const info = await (await minerWith("stock")).info();
    expect(info).toMatchObject({ origin: "twin", type: "Antminer S9", program: "BMMiner", voltagesMv: null });
    expect(info.chains?.chains.map(({ chain, chips, answering }) => [chain, chips, answering])).toEqual([
      [6, 63, 63],
      [7, 63, 63],
      [8, 63, 63],
    ]);
    expect(info.mended).toEqual(expect.arrayContaining(["comma", "zero-byte"]));
    expect(info.summary.sharesAccepted).toBe(0);
    expect((await (await minerWith("stock", ["clean-json"])).info()).mended).toEqual(["zero-byte"]);
  });

  it("cannot be set, and is told so before anything is written", async () => {
    const miner = await minerWith("stock");
    expect(await miner.knobs()).toEqual({});
    await expect(applyToStockMiner(miner, { frequencyMhz: 600 }, options)).rejects.toThrow(code("STOCK_MINER_NO_KNOB"));
  });
});

describe("firmware that lets itself be set", () => {
  it("has frequency and voltage when its own stats say so", async () => {
    const miner = await minerWith("open", [], { latencyMs: 10, jitterMs: 20, loss: 0.1, batchMs: 0 });
    const { before, after } = await applyToStockMiner(miner, { frequencyMhz: 500, chainVoltageMv: 8500 }, PATIENT);
    expect(before.voltagesMv).toEqual([8800, 8800, 8800]);
    expect(after.voltagesMv).toEqual([8500, 8500, 8500]);
    expect(after.chains?.chains.map(({ frequencyMhz }) => frequencyMhz)).toEqual([500, 500, 500]);
  });

  it("works on when an answer is kept open", async () => {
    const miner = await minerWith("open", ["keep-open"]);
    expect((await applyToStockMiner(miner, { frequencyMhz: 500 }, PATIENT)).after.chains?.frequencyMhz).toBe(500);
  });

  it.each<[CgminerFault, string, RegExp]>([
    ["ignore-settings", "STOCK_MINER_READ_BACK", /chain 6 runs at 650 MHz/],
    ["stale-telemetry", "STOCK_MINER_READ_BACK", /chain 6 runs at 650|uptime is behind/],
    ["cut-answer", "STOCK_MINER_CUT", /cut off/],
    ["garbage", "STOCK_MINER_REPLY", /no JSON/],
    ["silent", "STOCK_MINER_TIMEOUT", /longer than 1000 ms/],
  ])("is refused with %s", async (fault, name, message) => {
    const miner = await minerWith("open", [fault]);
    const applying = applyToStockMiner(miner, { frequencyMhz: 500 }, options);
    await expect(applying).rejects.toThrow(code(name));
    await expect(applying).rejects.toThrow(message);
  });

  it("is refused when it has what was asked for, but all it says is old", async () => {
    const miner = await minerWith("open", ["stale-telemetry"]);
    await expect(applyToStockMiner(miner, { frequencyMhz: 650 }, options)).rejects.toThrow(/uptime is behind/);
  });

  it("is refused when its program starts anew", async () => {
    const miner = await minerWith("open", ["restart-on-set"]);
    await expect(applyToStockMiner(miner, { frequencyMhz: 500 }, PATIENT)).rejects.toThrow(code("STOCK_MINER_RESTARTED"));
  });

  it.each([{}, { frequencyMhz: 199 }, { frequencyMhz: 901 }, { chainVoltageMv: 9500 }, { frequencyMhz: 700, chainVoltageMv: 9000 }])(
    "is not given %j",
    async (setPoint) => {
      await expect(applyToStockMiner(await minerWith("open"), setPoint, options)).rejects.toThrow(code("SETPOINT_REFUSED"));
    },
  );

  it("is not made warmer when it is hot, and may be made cooler", async () => {
    const miner = await minerWith("open", ["hot"]);
    await expect(applyToStockMiner(miner, { frequencyMhz: 660 }, options)).rejects.toThrow(code("STOCK_MINER_NOT_SAFE"));
    await expect(applyToStockMiner(miner, { frequencyMhz: 400 }, PATIENT)).resolves.toMatchObject({ before: { origin: "twin" } });
  });
});
