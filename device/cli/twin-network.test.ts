import { afterEach, describe, expect, it, vi } from "vitest";
import { EXIT } from "./exit.ts";
import { type TwinNetworkOptions, twinNetworkCommand } from "./twin-network.ts";

let out = "";
vi.spyOn(process.stdout, "write").mockImplementation((text) => {
  out += String(text);
  return true;
});
vi.spyOn(process.stderr, "write").mockImplementation(() => true);
afterEach(() => {
  out = "";
});

const options = (more: Partial<TwinNetworkOptions>): TwinNetworkOptions => ({
  board: "axeos",
  listen: "127.0.0.1:0",
  workScale: 32,
  firmware: "stock",
  fault: [],
  seed: 1,
  seconds: 0.1,
  json: true,
  ...more,
});

describe("asic-reservoir twin network", () => {
  it.each([
    ["axeos", /^http:\/\/127\.0\.0\.1:\d+$/],
    ["cgminer-s9", /^127\.0\.0\.1:\d+$/],
  ] as const)("says where a twin of %s answers, and that it is one", async (board, address) => {
    expect(await twinNetworkCommand(options({ board, wifiLoss: 0.1 }))).toBe(EXIT.good);
    expect(JSON.parse(out)).toMatchObject({ origin: "twin", board, address: expect.stringMatching(address), path: { loss: 0.1 } });
  });

  it("lets an LB-Box try a pool that is away, and says that nothing came of it", async () => {
    expect(await twinNetworkCommand(options({ board: "lb-box", pool: "127.0.0.1:1" }))).toBe(EXIT.no);
    expect(JSON.parse(out)).toEqual({ origin: "twin", board: "lb-box", accepted: 0, refused: 0 });
  });

  it.each([
    [{ fault: ["stuck"] }, "FAULT_UNKNOWN"],
    [{ board: "cgminer-s9" as const, fault: ["lying-read-back"] }, "FAULT_UNKNOWN"],
    [{ board: "lb-box" as const }, "BAD_OPTION"],
    [{ board: "lb-box" as const, pool: "127.0.0.1:1", fault: ["silent"] }, "BAD_OPTION"],
    [{ pool: "nowhere" }, "BAD_OPTION"],
    [{ listen: "0.0.0.0:8080" }, "STRATUM_ADDRESS"],
    [{ listen: "10.255.255.254:8080" }, "TWIN_LISTEN"],
    [{ wifiLoss: 2 }, "OPTION_OUT_OF_RANGE"],
  ])("refuses %j with %s", async (more, code) => {
    await expect(twinNetworkCommand(options(more))).rejects.toMatchObject({ code });
  });
});
