/** The driver against a server of a few lines: what it sends, and what it makes of bad answers. The twin's tests are in device/network. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { afterEach, describe, expect, it } from "vitest";
import { parseAxeOsUrl } from "./address.ts";
import { AxeOsMiner } from "./axeos.ts";
import { axeOsInfo } from "./info.ts";
import { rateBudget, rateBudgetOf } from "./rate-budget.ts";
import { patchBody, requireSafe } from "./set-point.ts";

const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

const INFO = { ASICModel: "BM1366", uptimeSeconds: 100, frequency: 485, coreVoltage: 1200, temp: 50, fanspeed: 60 };
const info = (fields: Record<string, unknown> = {}) => axeOsInfo.parse({ ...INFO, ...fields });

async function minerAt(answer: (request: IncomingMessage, response: ServerResponse) => void, limits = {}): Promise<AxeOsMiner> {
  const server = createServer(answer);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return new AxeOsMiner({ host: "127.0.0.1", port: typeof address === "object" && address !== null ? address.port : 0 }, limits);
}
const code = (name: string) => expect.objectContaining({ code: name });

describe("an AxeOS miner's address", () => {
  it("is plain http in this network", () => {
    expect(parseAxeOsUrl("http://192.168.1.20")).toEqual({ host: "192.168.1.20", port: 80 });
    expect(parseAxeOsUrl("http://bitaxe.local:8080/")).toEqual({ host: "bitaxe.local", port: 8080 });
    expect(parseAxeOsUrl("http://[fd00::1]:81")).toEqual({ host: "fd00::1", port: 81 });
  });

  it.each([
    "https://192.168.1.2",
    "192.168.1.2",
    "http://8.8.8.8",
    "http://[2001:db8::1]",
    "http://a:b@192.168.1.2",
    "http://10.0.0.1/api",
    "",
  ])("is not %s", (text) => {
    expect(() => parseAxeOsUrl(text)).toThrow(code("AXEOS_ADDRESS"));
  });
});

describe("an answer of a miner", () => {
  it.each([
    ["no JSON", "{", "AXEOS_REPLY"],
    ["another shape", '{"frequency":1}', "AXEOS_REPLY"],
    ["too deep", "[".repeat(40) + "]".repeat(40), "AXEOS_REPLY"],
  ])("that is %s is refused", async (_, text, name) => {
    const miner = await minerAt((_request, response) => void response.end(text));
    await expect(miner.info()).rejects.toThrow(code(name));
  });

  it("that has no end is cut off by its size, and by its time", async () => {
    const miner = await minerAt((_request, response) => void response.write("x".repeat(5000)), { replyBytes: 4000 });
    await expect(miner.info()).rejects.toThrow(code("AXEOS_REPLY"));
    const slow = await minerAt((_request, response) => void response.write("{"), { timeoutMs: 50 });
    await expect(slow.info()).rejects.toThrow(code("AXEOS_TIMEOUT"));
  });

  it.each([
    [401, "AXEOS_DENIED"],
    [400, "AXEOS_REFUSED"],
    [302, "AXEOS_REFUSED"],
  ])("of status %d has its own error", async (status, name) => {
    const miner = await minerAt((_request, response) => void response.writeHead(status).end("no"));
    await expect(miner.patch({ frequency: 1 })).rejects.toThrow(code(name));
  });

  it("of something that is no web server is refused", async () => {
    const miner = await minerAt((request) => void request.socket.end("SSH-2.0-x\r\n\r\n"));
    await expect(miner.info()).rejects.toThrow(code("AXEOS_REPLY"));
  });

  it("that breaks off, or never comes, is a miner out of reach", async () => {
    const miner = await minerAt((request) => request.socket.destroy());
    await expect(miner.info()).rejects.toThrow(code("AXEOS_UNREACHABLE"));
    await expect(new AxeOsMiner({ host: "127.0.0.1", port: 1 }).info()).rejects.toThrow(code("AXEOS_UNREACHABLE"));
    for await (const _ of new AxeOsMiner({ host: "127.0.0.1", port: 1 }).live({ signal: AbortSignal.abort() })) expect.unreachable();
    await expect(new AxeOsMiner({ host: "127.0.0.1", port: 1 }).live().next()).rejects.toThrow(code("AXEOS_UNREACHABLE"));
  });

  it("with statistics comes as columns; a row of another length is refused, and none are kept when logging is off", async () => {
    const answers: Record<string, unknown> = { "/api/system/info": { ...INFO, statsFrequency: 0 } };
    const miner = await minerAt((request, response) => void response.end(JSON.stringify(answers[request.url?.split("?")[0] ?? ""])));
    const rows = (...statistics: unknown[]) => {
      answers["/api/system/statistics"] = { currentTimestamp: 9000, labels: ["hashrate", "timestamp"], statistics };
    };
    rows([431.5, 4000], [null, 5000]);
    expect(await miner.statistics(["hashrate"])).toEqual({ nowMs: 9000, timesMs: [4000, 5000], columns: { hashrate: [431.5, null] } });
    rows([431.5]);
    await expect(miner.statistics()).rejects.toThrow(code("AXEOS_REPLY"));
    rows();
    await expect(miner.statistics()).rejects.toThrow(code("AXEOS_NO_STATISTICS"));
  });
});

describe("a set-point", () => {
  it("is said in the words of all firmwares at once", () => {
    expect(patchBody({ frequencyMhz: 450, coreVoltageMv: 1150 })).toEqual({ frequency: 450, coreVoltage: 1150, volts: 1150 });
    expect(patchBody({ fanPercent: 70 })).toEqual({ autofanspeed: 0, manualFanSpeed: 70, fanspeed: 70 });
  });

  it.each([
    {},
    { frequencyMhz: 299 },
    { frequencyMhz: 576 },
    { coreVoltageMv: 999 },
    { coreVoltageMv: 1301 },
    { coreVoltageMv: 1100.5 },
    { fanPercent: 101 },
  ])("%j is refused", (setPoint) => {
    expect(() => requireSafe(setPoint, info())).toThrow(code("SETPOINT_REFUSED"));
  });

  it("of a chip whose limits are not known is refused", () => {
    expect(() => requireSafe({ frequencyMhz: 500 }, info({ ASICModel: "BM1370" }))).toThrow(code("AXEOS_MODEL"));
    expect(() => requireSafe({ fanPercent: 90 }, info({ ASICModel: "BM1370" }))).not.toThrow();
  });

  it.each([{ temp: -1 }, { temp: 70 }, { overheat_mode: 1 }, { power_fault: "VIN" }])(
    "that warms a miner with %j is refused, one that cools it is not",
    (fields) => {
      for (const warmer of [{ frequencyMhz: 500 }, { coreVoltageMv: 1250 }, { fanPercent: 30 }])
        expect(() => requireSafe(warmer, info(fields))).toThrow(code("AXEOS_NOT_SAFE"));
      expect(() => requireSafe({ frequencyMhz: 400, coreVoltageMv: 1100, fanPercent: 100 }, info(fields))).not.toThrow();
    },
  );
});

describe("the rate budget", () => {
  it("of an LV06 is that of CLAIMS B: 0.163 shares a second at 400 MHz and difficulty 512", () => {
    const budget = rateBudget(357.6, 512);
    expect(budget.sharesPerS).toBeCloseTo(0.163, 3);
    expect(budget.stepSeconds / 60).toBeGreaterThan(5);
    expect(budget.runHours / 24).toBeGreaterThan(7);
    expect(rateBudgetOf(info({ frequency: 400, poolDifficulty: 1 }))).toMatchObject({ hashRateGhs: 357.6, difficulty: 256 });
  });

  it("is unknown for a chip whose cores are", () => {
    expect(rateBudgetOf(info({ ASICModel: "BM1370" }))).toBeNull();
  });
});
