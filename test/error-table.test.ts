import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
// @ts-expect-error: a plain script without types, shared with the command that writes the table.
import { errorTable } from "../scripts/error-table.mjs";

describe("docs/errors.md", () => {
  const written = readFileSync("docs/errors.md", "utf8");

  it("is what the sources say (mend with `npm run -s docs:errors`)", () => {
    expect(errorTable()).toBe(written);
  });

  it("has the errors an operator meets first, each with a hint", () => {
    for (const code of [
      "CHIP_MISSING",
      "CHAIN_SHORT",
      "BAUD_UNSTABLE",
      "PIC_IN_LOADER",
      "VOLTAGE_READBACK",
      "SENSOR_OPEN",
      "BRIDGE_DENIED",
    ]) {
      const rows = written.split("\n").filter((line) => line.startsWith(`| \`${code}\``));
      expect(rows.length, code).toBeGreaterThan(0);
      for (const row of rows) expect(row.split(" | ")[2], row).not.toBe("–");
    }
  });
});
