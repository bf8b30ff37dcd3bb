import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
// @ts-expect-error: a plain script without types, shared with the command that writes the table.
import { parameters, physicsTable } from "../scripts/physics-table.mjs";
import { PARAMETERS, S9_PARAMETERS, SHARED_PARAMETERS } from "../twin/parameters.ts";

interface Row {
  readonly table: string;
  readonly path?: string;
  readonly comment?: string;
}

function leaves(table: string, value: unknown, path: readonly string[] = []): string[] {
  if (typeof value === "number" || Array.isArray(value)) return [`${table} ${path.join(".")}`];
  return Object.entries(value as object).flatMap(([key, inner]) => leaves(table, inner, [...path, key]));
}

describe("docs/twin-physics.md", () => {
  const rows = (parameters() as Row[]).filter(({ path }) => path !== undefined);

  it("is what the parameter file says (mend with `npm run -s docs:physics`)", () => {
    expect(physicsTable()).toBe(readFileSync("docs/twin-physics.md", "utf8"));
  });

  it("has every number of the physics, and no other", () => {
    const all = Object.entries({ SHARED_PARAMETERS, PARAMETERS, S9_PARAMETERS }).flatMap(([table, value]) => leaves(table, value));
    expect(rows.map(({ table, path }) => `${table} ${path}`)).toEqual(all);
  });

  it("says of each where it comes from, or that it is a guess, calibrated or a choice", () => {
    for (const { path, comment } of rows) expect(comment, path).toMatch(/\b[SB] \d|GUESS|CALIBRATED|A choice|textbook/);
  });
});
