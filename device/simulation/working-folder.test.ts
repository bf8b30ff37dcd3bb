import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import { temporaryFolder } from "../../telemetry/store/store.test-support.ts";
import { workingFolder } from "./working-folder.ts";

it("removes what killed simulations have left, and nothing else", () => {
  const root = temporaryFolder();
  const { pid: ended } = spawnSync(process.execPath, ["-e", ""]);
  const left = path.join(root, `asic-simulation-${ended}-abc`);
  const others = [`asic-simulation-${process.pid}-abc`, "asic-simulation-notes", `other-${ended}-abc`].map((name) => path.join(root, name));
  for (const folder of [left, ...others]) mkdirSync(folder);
  const made = workingFolder(root);
  expect(existsSync(left)).toBe(false);
  for (const folder of [made, ...others]) expect(existsSync(folder)).toBe(true);
  expect(workingFolder(root)).not.toBe(made);
});
