import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const SIDES = ["drivers", "twin", "reservoir", "telemetry", "firmware-images"];
const EVERY = ["common", ...SIDES, "device"];

describe("imports follow the arrows common <- drivers, twin, reservoir, telemetry, firmware-images <- device", () => {
  let tree = "";
  let report = "";

  // One file for each arrow, linted together under the project's own rules.
  beforeAll(() => {
    tree = mkdtempSync(path.join(tmpdir(), "arrows-"));
    copyFileSync("biome.json", path.join(tree, "biome.json"));
    for (const from of EVERY) {
      mkdirSync(path.join(tree, from, "inner"), { recursive: true });
      for (const to of EVERY) {
        writeFileSync(
          path.join(tree, from, "inner", `to-${to}.ts`),
          `import { thing } from "../../${to}/thing.ts";\nexport const other = thing;\n`,
        );
      }
    }
    const biome = path.resolve("node_modules/.bin/biome");
    const result = spawnSync(biome, ["lint", "--max-diagnostics=none", "--colors=off", tree], { cwd: tree, encoding: "utf8" });
    report = `${result.stdout}${result.stderr}`;
  });
  afterAll(() => rmSync(tree, { recursive: true, force: true }));

  const allowed = (from: string, to: string) => !report.includes(`${from}/inner/to-${to}.ts`);

  it.each(SIDES)("%s reaches common and itself, never another side or device", (side) => {
    for (const to of EVERY) expect(allowed(side, to), `${side} -> ${to}`).toBe(to === "common" || to === side);
  });

  it("common reaches nothing above it", () => {
    for (const to of [...SIDES, "device"]) expect(allowed("common", to), to).toBe(false);
  });

  it("device reaches everything", () => {
    for (const to of EVERY) expect(allowed("device", to), to).toBe(true);
  });
});
