/** What the commands say of twins: text, documents and exit codes. */
import { afterEach, describe, expect, it, vi } from "vitest";
import { hostClock } from "../../common/clock.ts";
import { startAxeOsTwin } from "../../twin/network/axeos.ts";
import type { AxeOsFault } from "../../twin/network/axeos-faults.ts";
import { startCgminerTwin } from "../../twin/network/cgminer.ts";
import { WIRED } from "../../twin/network/wireless-path.ts";
import { EXIT } from "./exit.ts";
import { minerInfoCommand, minerSetCommand } from "./miner.ts";
import { minerWatchCommand } from "./miner-watch.ts";

const stops: (() => Promise<void>)[] = [];
const said = { out: "", err: "" };
vi.spyOn(process.stdout, "write").mockImplementation((text) => {
  said.out += String(text);
  return true;
});
vi.spyOn(process.stderr, "write").mockImplementation((text) => {
  said.err += String(text);
  return true;
});
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
  said.out = "";
  said.err = "";
});
const listen = { host: "127.0.0.1", port: 0 };

async function axeos(...faults: AxeOsFault[]) {
  const twin = await startAxeOsTwin({ clock: hostClock(), listen, path: WIRED, faults });
  stops.push(() => twin.stop());
  return { url: `http://127.0.0.1:${twin.port}`, timeoutMs: 2000, json: true };
}
async function cgminer() {
  const twin = await startCgminerTwin({ clock: hostClock(), listen, path: WIRED });
  stops.push(() => twin.stop());
  return { cgminer: `127.0.0.1:${twin.port}`, timeoutMs: 2000, json: true };
}

describe("miner info", () => {
  it("says origin and rate budget, of both kinds", async () => {
    expect(await minerInfoCommand(await axeos())).toBe(EXIT.good);
    expect(JSON.parse(said.out)).toMatchObject({ kind: "axeos", origin: "twin", frequencyMhz: 485, rateBudget: { difficulty: 256 } });
    said.out = "";
    expect(await minerInfoCommand({ ...(await cgminer()), json: false })).toBe(EXIT.good);
    expect(said.out).toMatch(/origin: twin/);
    expect(said.out).toMatch(/lets nothing be set/);
    expect(said.out).toMatch(/Rate budget: 12\.\d shares\/s at difficulty 256/);
  });

  it("ends with 2 for an address that cannot be, and throws for a miner that is not there", async () => {
    expect(await minerInfoCommand({ url: "http://8.8.8.8", timeoutMs: 100, json: true })).toBe(EXIT.usage);
    expect(JSON.parse(said.out)).toMatchObject({ error: { code: "AXEOS_ADDRESS" } });
    await expect(minerInfoCommand({ timeoutMs: 100 })).rejects.toThrow(expect.objectContaining({ code: "BAD_OPTION" }));
    await expect(minerInfoCommand({ url: "http://127.0.0.1:1", timeoutMs: 100 })).rejects.toThrow(
      expect.objectContaining({ code: "AXEOS_UNREACHABLE" }),
    );
  });
});

describe("miner set", () => {
  it("ends with 0 when it is measured, 1 when the read-back disagrees, 2 for what no miner may have", async () => {
    expect(await minerSetCommand({ ...(await axeos()), frequency: 490 })).toBe(EXIT.good);
    expect(JSON.parse(said.out)).toMatchObject({ agrees: true, origin: "twin", after: { actualFrequencyMhz: 490 } });
    expect(said.err).toMatch(/Rate budget/);
    said.out = "";
    expect(await minerSetCommand({ ...(await axeos("lying-read-back")), voltage: 1250, withinS: 4 })).toBe(EXIT.no);
    expect(JSON.parse(said.out)).toMatchObject({ error: { code: "AXEOS_READ_BACK" } });
    said.out = "";
    expect(await minerSetCommand({ ...(await axeos()), voltage: 1400 })).toBe(EXIT.usage);
    said.out = "";
    expect(await minerSetCommand({ ...(await cgminer()), frequency: 500 })).toBe(EXIT.no);
    expect(JSON.parse(said.out)).toMatchObject({ error: { code: "STOCK_MINER_NO_KNOB" } });
    await expect(minerSetCommand({ ...(await cgminer()), fan: 50 })).rejects.toThrow(expect.objectContaining({ code: "BAD_OPTION" }));
  }, 30_000);
});

describe("miner watch", () => {
  it("shows a state a second, heard or asked, and ends with its time", async () => {
    expect(await minerWatchCommand({ ...(await axeos()), seconds: 1.5 })).toBe(EXIT.good);
    expect(JSON.parse(said.out.split("\n")[0] as string)).toMatchObject({ origin: "twin", frequencyMhz: 485 });
    said.out = "";
    expect(await minerWatchCommand({ ...(await axeos()), seconds: 0.5, poll: true, json: false })).toBe(EXIT.good);
    expect(said.out).toMatch(/485\.0 MHz.*\(twin\)/);
    said.out = "";
    expect(await minerWatchCommand({ ...(await cgminer()), seconds: 0.5 })).toBe(EXIT.good);
    expect(JSON.parse(said.out.split("\n")[0] as string)).toMatchObject({ origin: "twin", frequencyMhz: 650, voltageMv: null });
  }, 30_000);
});
