import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { loadConfig, loadWithSources } from "./load.ts";
import { migrateFile } from "./migrate-file.ts";

const root = mkdtempSync(path.join(tmpdir(), "migrate-"));
afterAll(() => rmSync(root, { recursive: true }));
let file = "";
beforeEach(() => {
  file = path.join(mkdtempSync(path.join(root, "rig-")), "rig.yaml");
});

const OLD = `# The bench by the window.
rig: bench-1   # its name
origin: twin

# Do not touch.
board: { kind: bitaxe-ultra, control: a, data: b }
`;
const WITH_PASSWORD = `${OLD}mqtt:
  url: mqtt://bob:hunter%402@broker:1884 # in the cellar
`;

describe("a configuration of an older layout", () => {
  it("is understood as it is, and known as old", () => {
    writeFileSync(file, OLD);
    const { config, migratedFrom } = loadWithSources(file, {});
    expect(migratedFrom).toBe(0);
    expect(config).toMatchObject({ version: 1, rig: "bench-1" });
    expect(readFileSync(file, "utf8")).toBe(OLD);
  });

  it("is rewritten with its comments, and kept beside it as it was", () => {
    writeFileSync(file, OLD);
    expect(migrateFile(file)).toMatchObject({ from: 0, backup: `${file}.v0`, written: [] });
    expect(readFileSync(`${file}.v0`, "utf8")).toBe(OLD);
    const text = readFileSync(file, "utf8");
    expect(text.startsWith("# The bench by the window.\nversion: 1\nrig:")).toBe(true);
    for (const comment of ["# The bench by the window.", "# its name", "# Do not touch."]) expect(text).toContain(comment);
    expect(loadWithSources(file, {}).migratedFrom).toBeNull();
    expect(migrateFile(file)).toBeNull();
  });

  it("with a password in an address is refused until it is migrated, and the password is not repeated", () => {
    writeFileSync(file, WITH_PASSWORD);
    expect(() => loadConfig(file, {})).toThrow(/config migrate/);
    expect(() => loadConfig(file, {})).not.toThrow(/hunter/);
  });

  it("has its password moved into a file that only its owner reads", () => {
    writeFileSync(file, WITH_PASSWORD);
    const written = migrateFile(file)?.written ?? [];
    expect(written).toEqual([path.join(path.dirname(file), "rig.mqtt-password")]);
    expect(readFileSync(written[0] as string, "utf8")).toBe("hunter@2\n");
    for (const name of [...written, `${file}.v0`]) expect(statSync(name).mode & 0o077, name).toBe(0);
    const text = readFileSync(file, "utf8");
    expect(text).not.toContain("hunter");
    expect(text).toContain("# in the cellar");
    expect(loadConfig(file, {}).mqtt).toMatchObject({ url: "mqtt://broker:1884", username: "bob", passwordFile: written[0] });
  });

  it("that would not be good afterwards is left alone", () => {
    writeFileSync(file, `${OLD}volts: 3\n`);
    expect(() => migrateFile(file)).toThrow(/unknown key volts/);
    expect(readFileSync(file, "utf8")).toBe(`${OLD}volts: 3\n`);
    expect(existsSync(`${file}.v0`)).toBe(false);
  });

  it.each(["rig.yaml.v0", "rig.mqtt-password"])("is left alone where %s is in the way", (name) => {
    writeFileSync(file, WITH_PASSWORD);
    const inTheWay = path.join(path.dirname(file), name);
    writeFileSync(inTheWay, "precious");
    expect(() => migrateFile(file)).toThrow(/exists already/);
    expect(readFileSync(inTheWay, "utf8")).toBe("precious");
    expect(readFileSync(file, "utf8")).toBe(WITH_PASSWORD);
  });
});

it("a configuration of a newer layout is refused, with what to do", () => {
  writeFileSync(file, `version: 2\n${OLD}`);
  expect(() => loadConfig(file, {})).toThrow(expect.objectContaining({ code: "CONFIG_NEWER" }));
});
