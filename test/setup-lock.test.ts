import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const folder = () => mkdtempSync(path.join(tmpdir(), "setup-lock-"));

/** A process that sets up for half a second, in its own words. */
function settingUp(name: string, dir: string) {
  const program = `
    import { appendFileSync } from "node:fs";
    import { locked } from "./scripts/prepare.mjs";
    locked(() => {
      appendFileSync(${JSON.stringify(path.join(dir, "log"))}, "${name} begins\\n");
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500);
      appendFileSync(${JSON.stringify(path.join(dir, "log"))}, "${name} ends\\n");
    }, ${JSON.stringify(path.join(dir, "lock"))});`;
  return promisify(execFile)(process.execPath, ["--input-type=module", "--eval", program]);
}

it("two programs started at once in a fresh checkout set it up one after the other", async () => {
  const dir = folder();
  await Promise.all([settingUp("a", dir), settingUp("b", dir), settingUp("c", dir)]);
  const log = readFileSync(path.join(dir, "log"), "utf8").trim().split("\n");
  for (let i = 0; i < 6; i += 2) expect(log[i + 1]).toBe(log[i]?.replace("begins", "ends"));
  expect(existsSync(path.join(dir, "lock"))).toBe(false);
});

it("a lock whose holder was killed stops nobody", async () => {
  const dir = folder();
  // No process has this number: the kernel's largest is 2^22.
  writeFileSync(path.join(dir, "lock"), String(2 ** 30));
  await settingUp("late", dir);
  expect(readFileSync(path.join(dir, "log"), "utf8")).toBe("late begins\nlate ends\n");
});

it("what was built is not built again by the next command", async () => {
  const version = () => promisify(execFile)("./asic-reservoir", ["--version"]);
  await version();
  const { stdout, stderr } = await version();
  expect(stdout).toMatch(/^asic-reservoir \d/);
  expect(stderr).not.toContain("Building");
}, 120_000);
