import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { faultNames, faultOf } from "./names.ts";

const TABLES = new Set(["link.ts", "chip.ts", "board.ts", "host.ts", "network.ts"].map((file) => join("twin/faults", file)));

/** The text of all sources of a folder, tests or no tests. */
function sources(folder: string, tests: boolean): string {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((file) => join(folder, file))
    .filter((file) => file.endsWith(".ts") && /\.test(-support)?\.ts$/.test(file) === tests && !TABLES.has(file))
    .map((file) => readFileSync(file, "utf8"))
    .join("\n");
}

describe("every fault of the table", () => {
  const names = faultNames().map((name) => ({ name, layer: faultOf(name).layer }));
  const own = names.filter(({ layer }) => layer !== "host" && layer !== "network");
  const others = names.filter(({ layer }) => layer === "host" || layer === "network");

  it("of link, chip and board is carried out by the twin, and shown by a test", () => {
    const [twin, tests] = [sources("twin", false), sources("twin", true)];
    for (const { name } of own) {
      expect(twin, name).toContain(`"${name}"`);
      expect(tests, name).toContain(`"${name}"`);
    }
  });

  it("of host and network is carried out by the simulation", () => {
    const simulation = sources("device/simulation", false);
    for (const { name } of others) expect(simulation, name).toContain(`"${name}"`);
  });
});
