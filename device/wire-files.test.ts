import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { parseConfig } from "./config/load.ts";
import { thisHost } from "./host.ts";
import { fileOf, openWire } from "./wire-files.ts";

const CONFIG = parseConfig("rig: bench-left\norigin: twin\nboard: { kind: bitaxe-ultra, control: a, data: b }\n", "x");

function folder(): string {
  const made = mkdtempSync(path.join(tmpdir(), "wire-"));
  onTestFinished(() => rmSync(made, { recursive: true }));
  return made;
}

it("of several boards each has a file of its own, in the same folder and of the same kind", () => {
  expect(fileOf("session.awr", "bench-left")).toBe("session.bench-left.awr");
  expect(fileOf("/tmp/a.b/trace", "bench-s9")).toBe("/tmp/a.b/trace.bench-s9");
});

it("nothing asked for leaves the ports as they are; a file that cannot be made is refused before anything runs", async () => {
  const host = thisHost();
  const plain = await openWire({}, CONFIG, host);
  expect([plain.ports, plain.trace]).toEqual([host.ports, undefined]);
  await plain.close();
  const at = folder();
  const both = await openWire({ record: path.join(at, "a.awr"), traceWire: path.join(at, "a.log") }, CONFIG, host);
  expect(both.ports).not.toBe(host.ports);
  await both.close();
  expect([existsSync(path.join(at, "a.awr")), existsSync(path.join(at, "a.log"))]).toEqual([true, true]);
  const nowhere = path.join(at, "none", "a.awr");
  await expect(openWire({ record: nowhere }, CONFIG, host)).rejects.toMatchObject({ code: "RECORD_FILE" });
});
