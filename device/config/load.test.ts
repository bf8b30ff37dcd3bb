import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { AsicError } from "../../common/errors.ts";
import { loadBoards, loadConfig, loadWithSources, parseConfig, readConfig } from "./load.ts";
import type { Problem } from "./problem.ts";

const GOOD = "origin: twin\nboard: { kind: bitaxe-ultra, control: /dev/pts/1, data: /dev/pts/2, workScale: 20 }\n";

const folder = mkdtempSync(path.join(tmpdir(), "config-"));
afterAll(() => rmSync(folder, { recursive: true }));

function refused(work: () => unknown): AsicError {
  try {
    work();
  } catch (error) {
    if (error instanceof AsicError) return error;
    throw error;
  }
  throw new Error("accepted");
}

const problem = (text: string) => refused(() => parseConfig(text, "rig.yaml"));
const problems = (text: string, environment = {}) => refused(() => readConfig(text, "rig.yaml", environment)).context.problems as Problem[];

describe("configuration", () => {
  it("fills every key that has a default", () => {
    const config = parseConfig(GOOD, "rig.yaml");
    expect(config.setPoint).toEqual({ coreVoltageMv: 1200, frequencyMhz: 485, ticketDifficulty: 1 });
    expect(config.api.host).toBe("127.0.0.1");
    expect(config.plan).toEqual([]);
  });

  it("refuses an unknown key and suggests the nearest one", () => {
    expect(problem(`${GOOD}setPoint: { coreVoltagemV: 1200 }\n`).message).toContain(
      "unknown key setPoint.coreVoltagemV (did you mean coreVoltageMv?)",
    );
    expect(problem(`${GOOD}stoer: {}\n`).message).toContain("did you mean store?");
    expect(problem(`${GOOD}zzzzzzzz: 1\n`).message).not.toContain("did you mean");
  });

  it("suggests only keys of the kind of board that was chosen", () => {
    const text = "origin: twin\nboard: { kind: bitaxe-ultra, control: a, data: b, midstate: 4 }\n";
    expect(problem(text).message).toContain("there are kind, control, chips, baud, data, workScale");
  });

  it("lists every problem at once, each with its key, line and column", () => {
    const text = "origin: moon\nboard:\n  kind: bitaxe-ultra\n  control: a\n  chips: 0\napi: { port: 70000 }\nvolts: 3\n";
    const found = problems(text).map(({ key, from }) => ({ key, ...from }));
    expect(found).toEqual([
      { key: "origin", kind: "file", line: 1, column: 9 },
      { key: "board.chips", kind: "file", line: 5, column: 10 },
      { key: "board.data", kind: "file", line: 2, column: 1 },
      { key: "api.port", kind: "file", line: 6, column: 14 },
      { key: "volts", kind: "file", line: 7, column: 1 },
    ]);
    expect(problem(text).message).toContain("rig.yaml:5:10: board.chips: expected a whole number from 1 to 128, got 0");
    expect(problem(text).message).toContain("board.data is missing");
  });

  it("says what the kind of board in question allows", () => {
    const s9 = "origin: twin\nboard: { kind: s9-hashboard, control: a, data: b, chips: 64 }\n";
    expect(problem(s9).message).toContain("expected a whole number from 1 to 63, got 64");
  });

  it("says where YAML itself is broken", () => {
    const error = problem("origin: [twin\n");
    expect(error.code).toBe("CONFIG_SYNTAX");
    expect(error.message).toMatch(/line 2/);
  });

  it.each([
    ["a work scale on hardware", GOOD.replace("origin: twin", "origin: hardware"), "workScale must be 0", "board.workScale"],
    ["one port for both", GOOD.replace("/dev/pts/2", "/dev/pts/1"), "same port", "board.control"],
    ["an S9 without I2C", "origin: twin\nboard: { kind: s9-hashboard, data: b }\n", "either board.control or board.i2c", "board"],
    [
      "an S9 without a reset line",
      "origin: hardware\nboard: { kind: s9-hashboard, data: b, i2c: /dev/i2c-0 }\n",
      "board.i2c needs board.reset",
      "board.i2c",
    ],
    ["a drive that goes nowhere", `${GOOD}narma10: { driveMinMv: 1250 }\n`, "must be below narma10.driveMaxMv", "narma10.driveMinMv"],
    ["the same in the study", `${GOOD}computes: { driveMinMv: 1250 }\n`, "below computes.driveMaxMv", "computes.driveMinMv"],
    ["a user of the embedded broker", `${GOOD}mqtt: { username: bob }\n`, "of no use without mqtt.url", "mqtt.username"],
    [
      "a password without a user",
      `${GOOD}mqtt: { url: "mqtt://broker", passwordFile: p }\n`,
      "passwordFile needs mqtt.username",
      "mqtt.passwordFile",
    ],
    ["anybody's operation", `${GOOD}mqtt: { commands: operate }\n`, "cannot be operate without mqtt.url", "mqtt.commands"],
    ["an authority in the clear", `${GOOD}mqtt: { url: "mqtt://b", caFile: ca.pem }\n`, "of no use without an mqtts", "mqtt.caFile"],
    ["a key without a certificate", `${GOOD}mqtt: { url: "mqtts://b", keyFile: k }\n`, "needs mqtt.certFile", "mqtt.keyFile"],
  ])("refuses %s", (_, text, says, key) => {
    const found = problems(text);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({ key, says: expect.stringContaining(says) });
  });

  it("names a file that is not there", () => {
    expect(() => loadConfig("no-such-file.yaml")).toThrow(/Cannot read no-such-file.yaml/);
  });

  it("answers any text with a configuration or a coded error, never another exception", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          fc.json().map((json) => `${GOOD}${json}`),
        ),
        fc.string(),
        (text, variable) => {
          try {
            readConfig(text, "x", { ASICR_BOARD_CHIPS: variable, ASICR_PLAN: variable, ASICR_SWEEP_DWELL_MS: variable });
          } catch (error) {
            expect(error).toBeInstanceOf(AsicError);
          }
        },
      ),
    );
  });
});

describe("secrets", () => {
  it("do not stand in an address, and the refusal does not repeat it", () => {
    const text = `version: 1\n${GOOD}mqtt: { url: "mqtt://bob:hunter2@broker" }\n`;
    const error = problem(text);
    expect(error.message).toContain("a password does not belong in an address");
    expect(JSON.stringify(error.context) + error.message + error.hint).not.toContain("hunter2");
  });

  it("are found among systemd's credentials where the file is silent", () => {
    writeFileSync(path.join(folder, "mqtt-password"), "hunter2\n");
    const environment = { CREDENTIALS_DIRECTORY: folder };
    const silent = readConfig(`${GOOD}mqtt: { url: "mqtt://broker", username: bob }\n`, "rig.yaml", environment);
    expect(silent.config.mqtt.passwordFile).toBe(path.join(folder, "mqtt-password"));
    expect(silent.values.find(({ key }) => key === "mqtt.passwordFile")?.from).toEqual({ kind: "credential", name: "mqtt-password" });
    const said = readConfig(`${GOOD}mqtt: { url: "mqtt://broker", username: bob, passwordFile: own }\n`, "rig.yaml", environment);
    expect(said.config.mqtt.passwordFile).toBe("own");
    // A credential alone asks for nothing: the embedded broker knows no names.
    expect(readConfig(GOOD, "rig.yaml", environment).config.mqtt.url).toBeNull();
  });
});

describe("sources", () => {
  const sourceOf = (text: string, key: string, environment = {}) =>
    readConfig(text, "rig.yaml", environment).values.find((value) => value.key === key);

  it("say for each value where it came from", () => {
    const text = `${GOOD}api:\n  port: 8000\n`;
    expect(sourceOf(text, "api.port")).toMatchObject({ value: 8000, from: { kind: "file", line: 4, column: 9 } });
    expect(sourceOf(text, "api.host")).toMatchObject({ value: "127.0.0.1", from: { kind: "default" } });
    expect(sourceOf(text, "setPoint.coreVoltageMv")).toMatchObject({ value: 1200, from: { kind: "board" } });
    expect(sourceOf(text, "api.port", { ASICR_API_PORT: "0" })).toMatchObject({
      value: 0,
      from: { kind: "environment", variable: "ASICR_API_PORT" },
    });
  });

  it("leave out the keys of other boards and modes", () => {
    const keys = readConfig(GOOD, "rig.yaml", {}).values.map(({ key }) => key);
    expect(keys).toContain("board.chips");
    expect(keys).not.toContain("board.midstates");
    expect(keys).not.toContain("narma10.mode.words");
    expect(new Set(keys).size).toBe(keys.length);
  });

  it("find a relative path from the file's folder", () => {
    const file = path.join(folder, "rig.yaml");
    const files = "passwordFile: p, caFile: ca, certFile: c, keyFile: k";
    writeFileSync(file, `${GOOD}store: { path: a.db }\nmqtt: { url: "mqtts://b", username: u, ${files} }\n`);
    const { config } = loadWithSources(file, {});
    expect(config.store.path).toBe(path.join(folder, "a.db"));
    const { passwordFile, caFile, certFile, keyFile } = config.mqtt;
    expect([passwordFile, caFile, certFile, keyFile]).toEqual(["p", "ca", "c", "k"].map((name) => path.join(folder, name)));
  });
});

/** The plans of experiments among them are files of their own kind. */
const CONFIGURATIONS = readdirSync("examples").filter((name) => name.endsWith(".yaml") && !name.startsWith("experiment-"));

describe("examples", () => {
  it.each(CONFIGURATIONS)("%s is good and of the present layout", (file) => {
    for (const { config, migratedFrom } of loadBoards(`examples/${file}`, {})) {
      expect(config.rig).not.toBe("rig");
      expect(migratedFrom).toBeNull();
    }
  });
});
