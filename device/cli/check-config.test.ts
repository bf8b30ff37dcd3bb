import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, afterEach, describe, expect, it, vi } from "vitest";
import { checkConfigCommand } from "./check-config.ts";
import { configMigrateCommand, configSchemaCommand } from "./config.ts";

const folder = mkdtempSync(path.join(tmpdir(), "check-"));
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => vi.restoreAllMocks());

const BOARD = "rig: bench-1\norigin: twin\nboard: { kind: bitaxe-ultra, control: a, data: b }\n";

function fileSaying(text: string): string {
  const file = path.join(mkdtempSync(path.join(folder, "x-")), "rig.yaml");
  writeFileSync(file, text);
  return file;
}

/** What a command prints and ends with. */
function said(command: () => number): { code: number; text: string } {
  const parts: string[] = [];
  vi.spyOn(process.stdout, "write").mockImplementation((part) => {
    parts.push(String(part));
    return true;
  });
  const code = command();
  vi.restoreAllMocks();
  return { code, text: parts.join("") };
}

it("what a daemon would need as a credential is told, and the configuration is good without it", () => {
  const { code, text } = said(() => checkConfigCommand(fileSaying(`${BOARD}api: { host: "0.0.0.0" }\n`), {}));
  expect(code).toBe(0);
  expect(text).toMatch(/warning: unless a credential brings it: .*api\.host can be reached from elsewhere/);
});

describe("check-config", () => {
  it("shows every value in force with where it came from, and nothing of a secret", () => {
    const file = fileSaying(`version: 1\n${BOARD}mqtt: { url: "mqtt://b", username: u, passwordFile: secret }\n`);
    const secret = path.join(path.dirname(file), "secret");
    writeFileSync(secret, "hunter2\n");
    chmodSync(secret, 0o644);
    const { code, text } = said(() => checkConfigCommand(file, {}));
    expect(code).toBe(0);
    expect(text).toMatch(new RegExp(`^rig +"bench-1" +${file}:2:6$`, "m"));
    expect(text).toMatch(/^setPoint\.coreVoltageMv +1200 +board's default$/m);
    expect(text).toContain(`warning: mqtt.passwordFile: others may read ${secret}: chmod 600`);
    expect(text).toContain(`${file} is good: twin bitaxe-ultra on `);
    expect(text).not.toContain("hunter2");
    const { values } = JSON.parse(said(() => checkConfigCommand(file, { json: true })).text);
    expect(values).toContainEqual({
      key: "rig",
      value: "bench-1",
      from: { kind: "file", line: 2, column: 6 },
      source: `${file}:2:6`,
      live: null,
    });
  });

  it("refuses what no board of the kind allows, and a secret that is not there", () => {
    const loose = fileSaying(`${BOARD}limits: { maxChipTempC: 90 }\n`);
    expect(() => checkConfigCommand(loose, {})).toThrow(`${loose}:4:25: limits.maxChipTempC: 90 is looser than the board's own 75`);
    const gone = fileSaying(`${BOARD}mqtt: { url: "mqtt://b", username: u, passwordFile: secret }\n`);
    expect(() => checkConfigCommand(gone, {})).toThrow(expect.objectContaining({ code: "SECRET_MISSING" }));
  });

  it("says which command brings an old layout up to date, and is silent after it", () => {
    const file = fileSaying(BOARD);
    expect(said(() => checkConfigCommand(file, {})).text).toContain(`asic-reservoir config migrate ${file}`);
    const migrated = said(() => configMigrateCommand(file, {}));
    expect([migrated.code, migrated.text]).toEqual([0, expect.stringContaining(`${file}.v0: the old file`)]);
    expect(said(() => checkConfigCommand(file, {})).text).not.toContain("warning:");
    expect(said(() => configMigrateCommand(file, {})).text).toContain("nothing to do");
  });
});

it("config schema is one JSON document of the newest draft", () => {
  const schema = JSON.parse(said(() => configSchemaCommand()).text);
  expect(schema).toMatchObject({ $schema: "https://json-schema.org/draft/2020-12/schema", additionalProperties: false });
  expect(schema.required).toEqual(["origin"]);
  expect(schema.oneOf).toMatchObject([{ required: ["board"] }, { required: ["boards"] }]);
});

it("of several boards every one is checked", () => {
  const boards = (power: number) =>
    "rig: r\norigin: twin\nboards:\n" +
    "  - { name: a, kind: bitaxe-ultra, control: a/c, data: a/d }\n" +
    `  - { name: b, kind: bitaxe-ultra, control: b/c, data: b/d, limits: { maxPowerW: ${power} } }\n`;
  const good = fileSaying(boards(20));
  const { code, text } = said(() => checkConfigCommand(good, {}));
  expect(code).toBe(0);
  expect(text).toMatch(/r-a .*r-b .*is good: 2 boards/s);
  expect(() => checkConfigCommand(fileSaying(boards(2000)), {})).toThrow(/maximum power|limits\.maxPowerW|maxPowerW/);
});
