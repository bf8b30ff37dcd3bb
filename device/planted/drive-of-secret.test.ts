import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { drivenBy } from "./drive-of-secret.ts";
import { plantSet } from "./plant-set.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "drive-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it.each(["bitaxe", "s9"] as const)("a set of a %s is driven as its own secret drives it, and not as another", (board) => {
  const secret = "a secret of the test";
  const out = path.join(folder, board);
  plantSet({ plant: { effect: "line", strength: 0.1, secret }, board, chips: 1, seconds: 5, count: 1, nullShare: 0, out });
  expect([drivenBy(out, secret), drivenBy(out, `${secret}!`)]).toEqual([true, false]);
});

it("a folder that is no set is driven by nothing", () => {
  expect(drivenBy(folder, "a secret of the test")).toBe(false);
});
