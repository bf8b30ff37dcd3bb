import { afterEach, describe, expect, it, vi } from "vitest";
import { EXIT } from "./exit.ts";
import { type VbmOptions, vbmCommand } from "./vbm.ts";

let out = "";
vi.spyOn(process.stdout, "write").mockImplementation((text) => {
  out += String(text);
  return true;
});
vi.spyOn(process.stderr, "write").mockImplementation(() => true);
afterEach(() => {
  out = "";
});

const options = (more: Partial<VbmOptions>): VbmOptions => ({
  listen: "127.0.0.1:0",
  algorithm: "sha256d",
  control: "pool",
  gain: 0.25,
  alpha: 0.05,
  power: 0.8,
  blocks: 4,
  settleS: 0,
  difficulty: 1,
  seed: 1,
  rate: 1,
  ...more,
});

describe("asic-reservoir vbm", () => {
  it("says what a gain takes, before anything runs", async () => {
    expect(await vbmCommand(options({ plan: true, gain: 0.05, rate: 0.33, blocks: 8 }))).toBe(EXIT.good);
    expect(out).toMatch(/A gain of 5\.0 %.*takes 76\d\d shares in each arm: 16 blocks of .*, 14\.1 h in all/);
  });

  it("refuses a question that is none, and a twin that mines something else", async () => {
    await expect(vbmCommand(options({ plan: true, gain: 0 }))).rejects.toMatchObject({ code: "BAD_DESIGN" });
    await expect(vbmCommand(options({ algorithm: "lbry", twin: "s9" }))).rejects.toMatchObject({ code: "BAD_OPTION" });
    await expect(vbmCommand(options({ listen: "0.0.0.0:1" }))).rejects.toMatchObject({ code: "STRATUM_ADDRESS" });
  });

  it("ends with 1 for a gain that is not there, with every figure in the document", { timeout: 120_000 }, async () => {
    // Three times as much takes few shares to exclude.
    expect(await vbmCommand(options({ twin: "s9", gain: 2, json: true }))).toBe(EXIT.no);
    const report = JSON.parse(out) as { origin: string; verdict: { answer: string; shares: Record<string, number> } };
    expect(report.origin).toBe("twin");
    expect(report.verdict.answer).not.toBe("reproduced");
    expect(report.verdict.shares.A).toBeGreaterThan(0);
  });
});
