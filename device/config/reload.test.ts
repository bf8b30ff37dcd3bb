import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { hostClock } from "../../common/clock.ts";
import { ConfigError } from "../../common/errors.ts";
import { followFile } from "./follow-file.ts";
import { loadConfig, parseConfig } from "./load.ts";
import { type Appliers, LiveConfig } from "./reload.ts";
import type { Config } from "./schema.ts";

const GOOD = "version: 1\norigin: twin\nboard: { kind: bitaxe-ultra, control: a, data: b }\n";

function stage(refuses: Partial<Record<keyof Appliers, Error>> = {}) {
  const applied: [string, Config][] = [];
  const said: string[] = [];
  const applier = (section: keyof Appliers) => (next: Config) => {
    const refusal = refuses[section];
    if (refusal) throw refusal;
    applied.push([section, next]);
  };
  return {
    applied,
    said,
    appliers: { limits: applier("limits"), mqtt: applier("mqtt"), store: applier("store"), log: applier("log") },
    events: { say: (level: string, text: string) => void said.push(`${level}: ${text}`) },
  };
}

/** A file that says what it is told to say. */
function fileSaying(text: string) {
  const file = { text };
  return { file, live: new LiveConfig(parseConfig(text, "rig.yaml"), () => parseConfig(file.text, "rig.yaml")) };
}

describe("a reload", () => {
  it("applies what may change, says what needs a restart, and remembers only what is in force", async () => {
    const { applied, said, appliers, events } = stage();
    const { file, live } = fileSaying(GOOD);
    file.text = `${GOOD}limits: { maxChipTempC: 60 }\nmqtt: { base: here }\napi: { port: 9 }\n`;
    await live.reload(appliers, events);
    expect(applied.map(([section]) => section)).toEqual(["limits", "mqtt"]);
    expect(applied[0]?.[1].limits).toEqual({ maxChipTempC: 60 });
    expect(live.running).toMatchObject({ limits: { maxChipTempC: 60 }, mqtt: { base: "here" }, api: { port: 8366 } });
    expect(said).toEqual([
      "info: limits.maxChipTempC: null becomes 60: in force",
      'info: mqtt.base: "asic-reservoir" becomes "here": in force',
      "warning: api.port: 8366 becomes 9: needs a restart",
    ]);
  });

  it("of a file with a mistake leaves all as it is, and says why once", async () => {
    const { applied, said, appliers, events } = stage();
    const { file, live } = fileSaying(GOOD);
    const before = live.running;
    file.text = `${GOOD}limits: { maxChipTempC: 60, maxPowrW: 3 }\n`;
    await live.reload(appliers, events);
    await live.reload(appliers, events);
    expect([applied, live.running]).toEqual([[], before]);
    expect(said).toEqual([expect.stringContaining("rig.yaml:4:29: unknown key limits.maxPowrW (did you mean maxPowerW?)")]);
    file.text = GOOD;
    await live.reload(appliers, events);
    file.text = `${GOOD}volts: 1\n`;
    await live.reload(appliers, events);
    expect(said).toHaveLength(2);
  });

  it("that a part refuses keeps that part, and the others go on", async () => {
    const { said, applied, appliers, events } = stage({ limits: new ConfigError("LIMIT_TOO_LOOSE", "Too loose.", "Tighten it.") });
    const { file, live } = fileSaying(GOOD);
    file.text = `${GOOD}limits: { maxPowerW: 99 }\nlog: { level: info }\n`;
    await live.reload(appliers, events);
    expect(applied.map(([section]) => section)).toEqual(["log"]);
    expect(live.running).toMatchObject({ limits: {}, log: { level: "info" } });
    expect(said.at(-1)).toContain("error: limits.maxPowerW: null becomes 99: refused, and limits stays as it is: LIMIT_TOO_LOOSE");
  });

  it("of a section takes the live keys and leaves the others", async () => {
    const { applied, appliers, events } = stage();
    const { file, live } = fileSaying(`${GOOD}limits: { maxPowerW: 20 }\n`);
    file.text = `${GOOD}limits: { maxPowerW: 24, maxChipTempC: 60 }\n`;
    await live.reload(appliers, events);
    expect(applied[0]?.[1].limits).toEqual({ maxPowerW: 20, maxChipTempC: 60 });
  });

  it("waits for the one before it", async () => {
    const { appliers, events } = stage();
    const order: string[] = [];
    const { file, live } = fileSaying(GOOD);
    const slow = async (next: Config) => {
      order.push(`begin ${next.mqtt.base}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
      order.push(`end ${next.mqtt.base}`);
    };
    file.text = `${GOOD}mqtt: { base: one }\n`;
    const first = live.reload({ ...appliers, mqtt: slow }, events);
    await new Promise((resolve) => setTimeout(resolve, 5));
    file.text = `${GOOD}mqtt: { base: two }\n`;
    await Promise.all([first, live.reload({ ...appliers, mqtt: slow }, events)]);
    expect(order).toEqual(["begin one", "end one", "begin two", "end two"]);
  });
});

describe("a file that is followed", () => {
  let folder = "";
  let end = () => {};
  afterEach(() => {
    end();
    rmSync(folder, { recursive: true });
  });

  function follow() {
    folder = mkdtempSync(path.join(tmpdir(), "follow-"));
    const file = path.join(folder, "rig.yaml");
    writeFileSync(file, GOOD);
    const { appliers } = stage();
    const applied: Config[] = [];
    let arrived = () => {};
    const next = () =>
      new Promise<void>((resolve) => {
        arrived = resolve;
      });
    const log = (config: Config) => {
      applied.push(config);
      arrived();
    };
    end = followFile(file, loadConfig(file, {}), hostClock(), { ...appliers, log }, { say() {} });
    return { file, applied, next };
  }

  it("is read when it is written", async () => {
    const { file, applied, next } = follow();
    const changed = next();
    writeFileSync(file, `${GOOD}log: { level: info }\n`);
    await changed;
    expect(applied[0]?.log.level).toBe("info");
  });

  it("is read when an editor puts a new file in its place, also a second time", async () => {
    const { file, applied, next } = follow();
    for (const level of ["info", "error"]) {
      const changed = next();
      writeFileSync(`${file}.tmp`, `${GOOD}log: { level: ${level} }\n`);
      renameSync(`${file}.tmp`, file);
      await changed;
    }
    expect(applied.map(({ log }) => log.level)).toEqual(["info", "error"]);
  });

  it("says nothing any more when that is ended, also of a change under way", async () => {
    folder = mkdtempSync(path.join(tmpdir(), "follow-"));
    const file = path.join(folder, "rig.yaml");
    writeFileSync(file, GOOD);
    const { appliers, events, said } = stage();
    let begun = () => {};
    const applying = new Promise<void>((resolve) => {
      begun = resolve;
    });
    let finish = () => {};
    const log = () => {
      begun();
      return new Promise<void>((resolve) => {
        finish = resolve;
      });
    };
    end = followFile(file, loadConfig(file, {}), hostClock(), { ...appliers, log }, events);
    writeFileSync(file, `${GOOD}log: { level: info }\n`);
    await applying;
    end();
    finish();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(said).toEqual([]);
  });

  it("with several boards is read for the one that was named", async () => {
    folder = mkdtempSync(path.join(tmpdir(), "follow-"));
    const file = path.join(folder, "rig.yaml");
    const { said, appliers, events } = stage();
    const board = (name: string, limits: string) =>
      `  - { name: ${name}, kind: bitaxe-ultra, control: ${name}/c, data: ${name}/d, limits: { ${limits} } }\n`;
    const rig = (left: string, right: string) => `origin: twin\nboards:\n${board("left", left)}${board("right", right)}`;
    writeFileSync(file, rig("", ""));
    end = followFile(`${file}#left`, loadConfig(`${file}#left`), hostClock(), appliers, events);
    writeFileSync(file, rig("maxPowerW: 20", "maxPowerW: 30"));
    await expect.poll(() => said).toEqual(["info: limits.maxPowerW: null becomes 20: in force"]);
  });

  it("is not read any more when that is ended", async () => {
    const { file, applied } = follow();
    end();
    writeFileSync(file, `${GOOD}log: { level: info }\n`);
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(applied).toEqual([]);
  });
});
