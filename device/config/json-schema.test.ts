import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { fileJsonSchema } from "./json-schema.ts";

const schema = z.fromJSONSchema(fileJsonSchema() as Parameters<typeof z.fromJSONSchema>[0]);
const accepts = (text: string) => schema.safeParse(parse(text)).success;

const ONE = "origin: twin\nboard: { kind: bitaxe-ultra, control: a, data: b }\n";
const SEVERAL = `origin: twin
boards:
  - { name: left, kind: bitaxe-ultra, control: a, data: b, limits: { maxChipTempC: 60 }, plan: [sweep] }
  - { name: right, kind: s9-hashboard, control: c, data: d, chips: 3, setPoint: { frequencyMhz: 300 } }
`;

describe("the file's JSON Schema", () => {
  it("takes every example, with one board and with several", () => {
    const files = readdirSync("examples").filter((name) => name.endsWith(".yaml") && !name.startsWith("experiment"));
    expect(files).toContain("rig-twin.yaml");
    for (const name of files) expect(accepts(readFileSync(path.join("examples", name), "utf8")), name).toBe(true);
    expect([accepts(ONE), accepts(SEVERAL)]).toEqual([true, true]);
  });

  it.each([
    ["neither board nor boards", "origin: twin\n"],
    ["both", `${ONE}${SEVERAL.replace("origin: twin\n", "")}`],
    ["an empty list", "origin: twin\nboards: []\n"],
    ["a board without a name", SEVERAL.replace("name: left, ", "")],
    ["a name with a capital", SEVERAL.replace("left", "Left")],
    ["a key that no board has", SEVERAL.replace("chips: 3", "chip: 3")],
    ["a key of the file in a board", SEVERAL.replace("chips: 3", "store: { path: x }")],
  ])("refuses %s", (_, text) => {
    expect(accepts(text)).toBe(false);
  });
});
