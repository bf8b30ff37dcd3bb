import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { program } from "./program.ts";
import { type StratumOptions, stratumCommand } from "./stratum.ts";

const folder = mkdtempSync(path.join(tmpdir(), "stratum-command-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const options = (more: Partial<StratumOptions>): StratumOptions => ({
  listen: "127.0.0.1:0",
  mode: "swh",
  minutes: 0.002,
  difficulty: 1,
  answerMs: 5000,
  stormMs: 1000,
  sigmaMs: 1,
  seed: 1,
  store: path.join(folder, "stratum.db"),
  json: true,
  ...more,
});

describe("asic-reservoir stratum", () => {
  it("answers no when no miner came", async () => {
    expect(await stratumCommand(options({}))).toBe(1);
  });

  it("refuses at once to write a capture over a file that is there", async () => {
    const file = path.join(folder, "there.csv");
    writeFileSync(file, "kept");
    await expect(stratumCommand(options({ capture: file }))).rejects.toMatchObject({ code: "CAPTURE_UNWRITABLE" });
    expect(readFileSync(file, "utf8")).toBe("kept");
  });

  it.each([
    [{ wifiLoss: 0.1 }, "BAD_OPTION"],
    [{ suggest: "much" }, "BAD_OPTION"],
    [{ algorithm: "lbry" as const, twin: "s9" as const }, "BAD_OPTION"],
    [{ suggest: "512..256" }, "BAD_OPTION"],
    [{ listen: "0.0.0.0:3333" }, "STRATUM_ADDRESS"],
    [{ difficulty: 300 }, "STRATUM_DIFFICULTY"],
    [{ suggest: "3..256" }, "STRATUM_DIFFICULTY"],
  ])("refuses %j with %s", async (more, code) => {
    await expect(stratumCommand(options(more))).rejects.toMatchObject({ code });
  });

  it("has a default for each option that the command needs", () => {
    const command = program().commands.find((each) => each.name() === "stratum");
    expect(command?.opts()).toMatchObject({
      listen: "127.0.0.1:3333",
      mode: "swh",
      difficulty: 1,
      answerMs: 5000,
      stormMs: 1000,
      sigmaMs: 1,
      seed: 1,
    });
    expect(existsSync("docs/network-miners.md")).toBe(true);
  });
});
