import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
// @ts-expect-error: a plain script without types, shared with the command that writes the page.
import { configPage } from "../../scripts/config-docs.mjs";
import { configJsonSchema, LEAVES } from "./leaf.ts";
import { getIn, readConfig } from "./load.ts";

describe("docs/configuration.md", () => {
  it("is what the schema says (mend with `npm run -s docs:config`)", () => {
    expect(configPage()).toBe(readFileSync("docs/configuration.md", "utf8"));
  });
});

describe("JSON Schema", () => {
  it("describes every key", () => {
    expect(LEAVES.length).toBeGreaterThan(60);
    expect(LEAVES.filter(({ schema }) => !schema.description).map(({ key }) => key)).toEqual([]);
  });

  it("has the defaults that are in force", () => {
    const { config } = readConfig("origin: twin\nboard: { kind: s9-hashboard, control: a, data: b }\n", "x", {});
    for (const { key, path, schema, when } of LEAVES) {
      // A part that may be left out as a whole has its defaults only where it is there.
      if (getIn(config, path.slice(0, -1)) === undefined) continue;
      if (schema.default === undefined || (when !== null && when.is !== "s9-hashboard")) continue;
      expect(getIn(config, path), key).toEqual(schema.default);
    }
  });

  it("refuses unknown keys at every level", () => {
    const open = (schema: object, at: string): string[] =>
      Object.entries(schema).flatMap(([key, inner]) => {
        if (typeof inner !== "object" || inner === null) return [];
        const closed = !("properties" in inner) || (inner as { additionalProperties?: boolean }).additionalProperties === false;
        return [...(closed ? [] : [`${at}/${key}`]), ...open(inner, `${at}/${key}`)];
      });
    expect(open({ file: configJsonSchema() }, "")).toEqual([]);
  });
});
