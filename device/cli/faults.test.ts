import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeEach, expect, it, vi } from "vitest";
import { openControlStore } from "../../telemetry/control/control-store.ts";
import { faultsClearCommand, faultsListCommand } from "./faults.ts";

const folder = mkdtempSync(path.join(tmpdir(), "asic-faults-"));
const config = path.join(folder, "rig.yaml");
const control = path.join(folder, "control.db");
writeFileSync(config, "rig: a\norigin: twin\nboard: { kind: bitaxe-ultra, control: a, data: b }\nstore: { path: telemetry.db }\n");
const written = vi.spyOn(process.stdout, "write").mockReturnValue(true);
const lastLine = () => String(written.mock.calls.at(-1)?.[0]);
beforeEach(() => rmSync(control, { force: true }));
afterAll(() => {
  written.mockRestore();
  rmSync(folder, { recursive: true, force: true });
});

it("with nothing ever latched, listing says so and makes no file, and there is nothing to clear", () => {
  expect(faultsListCommand({ config, json: true })).toBe(0);
  expect(JSON.parse(lastLine())).toEqual({ faults: [] });
  expect(existsSync(control)).toBe(false);
  expect(() => faultsClearCommand(1, { config, reason: "x" })).toThrow(expect.objectContaining({ code: "FAULT_UNKNOWN" }));
});

it("a latched fault is listed with its evidence, and 1; cleared with a reason, 0 again, and still there with --all", () => {
  const store = openControlStore(control);
  store.latch({ rig: "a", code: "SENTINEL", cause: "too hot", evidence: { chipTempC: 90 }, wallMs: 1000 });
  store.latch({ rig: "b", code: "SENTINEL", cause: "another rig's", evidence: null, wallMs: 1000 });
  store.close();
  expect(faultsListCommand({ config })).toBe(1);
  expect(lastLine()).toMatch(/1 {2}1970-01-01T00:00:01.000Z {2}SENTINEL: too hot\n.*"chipTempC":90/);
  expect(() => faultsClearCommand(1, { config, reason: "  " })).toThrow(expect.objectContaining({ code: "REASON_MISSING" }));
  expect(() => faultsClearCommand(2, { config, reason: "not mine" })).toThrow(expect.objectContaining({ code: "FAULT_UNKNOWN" }));
  expect(faultsClearCommand(1, { config, reason: "new paste", json: true })).toBe(0);
  expect(JSON.parse(lastLine())).toEqual({ cleared: 1, left: 0 });
  expect(faultsListCommand({ config })).toBe(0);
  expect(faultsListCommand({ config, all: true, json: true })).toBe(0);
  expect(JSON.parse(lastLine()).faults).toMatchObject([{ id: 1, clearedReason: "new paste" }]);
});

it("a file that cannot be read is no empty list", () => {
  writeFileSync(control, "x".repeat(5000));
  expect(() => faultsListCommand({ config })).toThrow(expect.objectContaining({ code: "CONTROL_UNREADABLE" }));
});

it("of several boards all are listed, and a number is enough to clear one", () => {
  const rig = path.join(folder, "boards.yaml");
  const board = (name: string) => `  - { name: ${name}, kind: bitaxe-ultra, control: ${name}/c, data: ${name}/d }\n`;
  writeFileSync(rig, `rig: r\norigin: twin\nboards:\n${board("a")}${board("b")}store: { path: telemetry.db }\n`);
  const store = openControlStore(control);
  store.latch({ rig: "r-a", code: "SENTINEL", cause: "too hot", evidence: null, wallMs: 1000 });
  store.latch({ rig: "r-b", code: "LINK_LOST", cause: "gone", evidence: null, wallMs: 2000 });
  store.close();
  expect(faultsListCommand({ config: rig })).toBe(1);
  expect(lastLine()).toMatch(/^1 {2}r-a {2}.*too hot[\s\S]*\n2 {2}r-b {2}.*gone/);
  expect(faultsClearCommand(2, { config: rig, reason: "plugged in" })).toBe(0);
  expect(faultsListCommand({ config: `${rig}#b` })).toBe(0);
  expect(faultsListCommand({ config: `${rig}#a` })).toBe(1);
});
