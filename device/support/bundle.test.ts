import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { openControlStore } from "../../telemetry/control/control-store.ts";
import { openStore } from "../../telemetry/store/client.ts";
import { controlPath } from "../latches.ts";
import { type BundleEntry, supportBundle } from "./bundle.ts";
import { redactor } from "./redact.ts";
import { redactedConfig } from "./redacted-config.ts";

const root = mkdtempSync(path.join(tmpdir(), "bundle-"));
afterAll(() => rmSync(root, { recursive: true }));

const GOOD = "version: 1\nrig: bench-1\norigin: twin\nboard: { kind: bitaxe-ultra, control: a, data: b }\n";

async function bundleOf(text: string, folder = mkdtempSync(path.join(root, "rig-")), environment = {}): Promise<BundleEntry[]> {
  const configFile = path.join(folder, "rig.yaml");
  writeFileSync(configFile, text);
  return supportBundle({ configFile, storePath: path.join(folder, "none.db"), runs: 3, environment, doctor: async () => [] });
}

const textOf = (entries: readonly BundleEntry[], name: string) => entries.find((entry) => entry.name === name)?.text ?? "";
const all = (entries: readonly BundleEntry[]) => entries.map(({ name, says, text }) => `${name}${says}${text}`).join("\n");

/** A record with a run that failed and said why. */
async function recordIn(folder: string, said: string): Promise<string> {
  const file = path.join(folder, "telemetry.db");
  const store = await openStore({ path: file, inProcess: true });
  const id = await store.startRun({ kind: "mining", origin: "twin", note: said, provenance: { config: { secret: said } } });
  store.addEvent(id, { wallMs: 1000, level: "error", source: "rig", text: `too hot: ${said}` });
  store.addEvent(null, { wallMs: 2000, level: "info", source: "config", text: "in force" });
  await store.endRun(id, "failed", said);
  await store.close();
  const control = openControlStore(controlPath(file));
  control.latch({ rig: "bench-1", code: "SENTINEL", cause: `too hot: ${said}`, evidence: { said }, wallMs: 3000 });
  control.close();
  return file;
}

describe("a support bundle", () => {
  it("lists what is in it, and has configuration, host, runs, faults and the record's state", async () => {
    const folder = mkdtempSync(path.join(root, "rig-"));
    await recordIn(folder, "chip 3");
    const entries = await bundleOf(`${GOOD}store: { path: telemetry.db }\n`, folder);
    expect(entries.map(({ name }) => name)).toEqual([
      "CONTENTS.txt",
      "versions.json",
      "doctor.json",
      "config.yaml",
      "config-in-force.json",
      "latches.json",
      "faults.txt",
      "runs.json",
      "log.txt",
      "run-1.txt",
      "integrity.json",
    ]);
    for (const { name, says } of entries.slice(1)) expect(textOf(entries, "CONTENTS.txt")).toMatch(new RegExp(`^${name}.*${says}$`, "m"));
    expect(textOf(entries, "faults.txt")).toContain("run 1 rig: too hot: chip 3");
    expect(JSON.parse(textOf(entries, "latches.json"))).toMatchObject([
      { code: "SENTINEL", cause: "too hot: chip 3", clearedReason: null },
    ]);
    expect(JSON.parse(textOf(entries, "runs.json"))).toMatchObject([{ id: 1, status: "failed" }]);
    expect(textOf(entries, "runs.json")).not.toContain("provenance");
    expect(JSON.parse(textOf(entries, "integrity.json"))).toMatchObject({ checked: true, problems: [] });
    expect(JSON.parse(textOf(entries, "config-in-force.json"))).toContainEqual({ key: "rig", value: "bench-1", from: "config.yaml:2:6" });
  });

  it("has every board of a rig: its values in force, its faults, and the one record", async () => {
    const folder = mkdtempSync(path.join(root, "rig-"));
    await recordIn(folder, "chip 3");
    const boards =
      "boards:\n- { name: one, kind: bitaxe-ultra, control: a, data: b, limits: { maxPowerW: 20 }, wifiPassword: hunter2 }\n- { name: two, kind: s9-hashboard, control: c, data: d }\n";
    const text = `version: 1\nrig: bench\norigin: twin\n${boards}store: { path: telemetry.db }\n`;
    const bad = await bundleOf(text, folder);
    expect(JSON.parse(textOf(bad, "config-problems.json"))).toMatchObject({ code: "CONFIG_INVALID" });
    expect(all(bad)).not.toContain("hunter2");
    expect(parse(textOf(bad, "config.yaml"))).toMatchObject({
      boards: [
        { name: "one", kind: "bitaxe-ultra", limits: { maxPowerW: 20 } },
        { name: "two", control: "c" },
      ],
    });
    const control = openControlStore(controlPath(path.join(folder, "telemetry.db")));
    for (const rig of ["bench-one", "bench-two", "another"])
      control.latch({ rig, code: "SENTINEL", cause: "hot", evidence: null, wallMs: 1 });
    control.close();
    const entries = await bundleOf(text.replace(", wifiPassword: hunter2", ""), folder);
    expect(JSON.parse(textOf(entries, "latches.json")).map(({ rig }: { rig: string }) => rig)).toEqual(["bench-one", "bench-two"]);
    expect(JSON.parse(textOf(entries, "config-in-force.one.json"))).toContainEqual(
      expect.objectContaining({ key: "limits.maxPowerW", value: 20 }),
    );
    expect(textOf(entries, "config-in-force.two.json")).toContain("s9-hashboard");
    expect(textOf(entries, "faults.txt")).toContain("too hot: chip 3");
  });

  it("is made with a configuration that is no good, and says where", async () => {
    const entries = await bundleOf(`${GOOD}api: { prot: 1 }\n`);
    expect(JSON.parse(textOf(entries, "config-problems.json"))).toMatchObject({
      code: "CONFIG_INVALID",
      problems: [{ key: "api.(unknown)", from: { line: 5, column: 8 }, hint: "did you mean port?" }],
    });
    expect(textOf(entries, "record.txt")).toContain("There is no record");
  });

  it("is made with a control.db that is none, and makes none where there was none", async () => {
    const folder = mkdtempSync(path.join(root, "rig-"));
    expect(JSON.parse(textOf(await bundleOf(`${GOOD}store: { path: telemetry.db }\n`, folder), "latches.json"))).toEqual([]);
    expect(readdirSync(folder)).toEqual(["rig.yaml"]);
    writeFileSync(path.join(folder, "control.db"), "not a database at all, whatever its name says");
    const entries = await bundleOf(`${GOOD}store: { path: telemetry.db }\n`, folder);
    expect(JSON.parse(textOf(entries, "latches.json"))).toMatchObject({ unreadable: expect.stringContaining("CONTROL_") });
  });

  it("is made with a record that is none", async () => {
    const folder = mkdtempSync(path.join(root, "rig-"));
    writeFileSync(path.join(folder, "telemetry.db"), "not a database at all, whatever its name says");
    const entries = await bundleOf(`${GOOD}store: { path: telemetry.db }\n`, folder);
    expect(textOf(entries, "record.txt")).toMatch(/DATABASE_/);
  });

  const secretText = fc.stringMatching(/^[!-~]{8,40}$/);

  it("has no secret in it, wherever one stands", async () => {
    await fc.assert(
      fc.asyncProperty(secretText, fc.boolean(), async (secret, good) => {
        const folder = mkdtempSync(path.join(root, "rig-"));
        writeFileSync(path.join(folder, "password"), `${secret}\n`);
        await recordIn(folder, `the broker said: ${secret} / ${encodeURIComponent(secret)} / mqtt://bob:${secret}@broker`);
        const mistake = good ? "" : `mqttPassword: ${JSON.stringify(secret)}\n`;
        const text = `${GOOD}# ${secret}\n${mistake}store: { path: telemetry.db }\nmqtt: { url: "mqtt://broker", username: bob, passwordFile: password }\n`;
        const found = all(await bundleOf(text, folder));
        for (const spelling of [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)])
          expect(found).not.toContain(spelling);
      }),
      { numRuns: 6 },
    );
  });

  it("has no credential of systemd in it", async () => {
    const folder = mkdtempSync(path.join(root, "rig-"));
    writeFileSync(path.join(folder, "mqtt-password"), "hunter2-hunter2");
    await recordIn(folder, "refused: hunter2-hunter2");
    const text = `${GOOD}store: { path: telemetry.db }\nmqtt: { url: "mqtt://broker", username: bob }\n`;
    const found = all(await bundleOf(text, folder, { CREDENTIALS_DIRECTORY: folder }));
    expect(found).toContain("refused: ###");
    expect(found).not.toContain("hunter2");
  });
});

describe("a configuration fit for strangers", () => {
  it("keeps what the schema knows, without comments", () => {
    const text = `${GOOD}# by the window\nplan: [sweep]\nlimits: { maxPowerW: 20 }\n`;
    expect(redactedConfig(text)).not.toContain("window");
    expect(parse(redactedConfig(text))).toEqual(parse(text));
  });

  it("has no name, value or address that the schema does not know", async () => {
    const word = fc.stringMatching(/^[a-zA-Z0-9!%&*_-]{8,30}$/);
    const place = fc.constantFrom<(secret: string) => string>(
      (secret) => `mqtt: { password: ${JSON.stringify(secret)} }`,
      (secret) => `mqtt: { url: ${JSON.stringify(`mqtt://bob:${secret}@broker`)} }`,
      (secret) => `mqtt: { url: ${JSON.stringify(`bob:${secret}/x@broker`)} }`,
      (secret) => `mqtt: { port: ${JSON.stringify(secret)} }`,
      (secret) => `${JSON.stringify(secret)}: 1`,
      (secret) => `mqtt: { ${JSON.stringify(secret)}: { a: 1 } }`,
      (secret) => `mqtt: ${JSON.stringify(secret)}`,
      (secret) => `mqtt: [${JSON.stringify(secret)}]`,
      (secret) => `plan: [sweep, ${JSON.stringify(secret)}]`,
      (secret) => `log: { level: &${"a"} ${JSON.stringify(secret)} }`,
      (secret) => `log: { level: info } # ${secret}`,
      (secret) => `log: [ ${JSON.stringify(secret)}`,
    );
    await fc.assert(
      fc.asyncProperty(word, place, async (secret, at) => {
        expect(redactedConfig(`${GOOD}${at(secret)}\n`)).not.toContain(secret);
        expect(all(await bundleOf(`${GOOD}${at(secret)}\n`))).not.toContain(secret);
      }),
    );
  });
});

describe("taking secrets out", () => {
  it("leaves none of them, also where they overlap or look like what stands in their place", () => {
    const secrets = fc.array(fc.string({ unit: fc.constantFrom("#", "a", "b"), minLength: 4, maxLength: 8 }), { maxLength: 3 });
    fc.assert(
      fc.property(secrets, fc.string({ unit: fc.constantFrom("#", "a", "b", "\n"), maxLength: 60 }), (known, text) => {
        const clean = redactor(known)(`${text}${known.join("")}${text}`);
        for (const secret of known) expect(clean).not.toContain(secret);
      }),
    );
  });

  it("leaves an address readable", () => {
    expect(redactor([])("at mqtt://bob:pass@broker:1883/x now")).toBe("at mqtt://###@broker:1883/x now");
    expect(redactor([])("at mqtt://broker:1883 now")).toBe("at mqtt://broker:1883 now");
  });
});
