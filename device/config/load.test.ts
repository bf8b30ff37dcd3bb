import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { AsicError } from "../../common/errors.ts";
import { loadConfig, parseConfig } from "./load.ts";
import { configSchema } from "./schema.ts";

const GOOD = "origin: twin\nboard: { kind: bitaxe-ultra, control: /dev/pts/1, data: /dev/pts/2, workScale: 20 }\n";

function problem(text: string): AsicError {
  try {
    parseConfig(text, "rig.yaml");
  } catch (error) {
    if (error instanceof AsicError) return error;
    throw error;
  }
  throw new Error("accepted");
}

describe("configuration", () => {
  it("fills every key that has a default", () => {
    const config = parseConfig(GOOD, "rig.yaml");
    expect(config.setPoint).toEqual({ coreVoltageMv: 1200, frequencyMhz: 485, ticketDifficulty: 1 });
    expect(config.api.host).toBe("127.0.0.1");
    expect(config.plan).toEqual([]);
  });

  it("refuses an unknown key and suggests the nearest one", () => {
    expect(problem(`${GOOD}setPoint: { coreVoltagemV: 1200 }\n`).message).toContain(
      "unknown key setPoint.coreVoltagemV (did you mean coreVoltageMv?)",
    );
    expect(problem(`${GOOD}stoer: {}\n`).message).toContain("did you mean store?");
    expect(problem(`${GOOD}zzzzzzzz: 1\n`).message).not.toContain("did you mean");
  });

  it("lists every problem at once, each with its path", () => {
    const { message } = problem("origin: moon\nboard: { kind: bitaxe-ultra, control: a, data: b, chips: 0 }\napi: { port: 70000 }\n");
    for (const at of ["origin", "board.chips", "api.port"]) expect(message).toContain(at);
  });

  it("says where YAML itself is broken", () => {
    const error = problem("origin: [twin\n");
    expect(error.code).toBe("CONFIG_SYNTAX");
    expect(error.message).toMatch(/line 2/);
  });

  it("refuses a work scale on hardware", () => {
    expect(problem(GOOD.replace("origin: twin", "origin: hardware")).message).toContain("workScale must be 0");
  });

  it("refuses one port for both", () => {
    expect(problem(GOOD.replace("/dev/pts/2", "/dev/pts/1")).message).toContain("same port");
  });

  it("names a file that is not there", () => {
    expect(() => loadConfig("no-such-file.yaml")).toThrow(/Cannot read no-such-file.yaml/);
  });

  it("answers any text with a configuration or a coded error, never another exception", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        try {
          parseConfig(text, "x");
        } catch (error) {
          expect(error).toBeInstanceOf(AsicError);
        }
      }),
    );
  });
});

describe("documentation", () => {
  it("names every key of the schema", () => {
    const text = readFileSync("docs/configuration.md", "utf8");
    const leaves = (schema: object, at: string[]): string[] => {
      const { properties, anyOf, oneOf } = schema as { properties?: Record<string, object>; anyOf?: object[]; oneOf?: object[] };
      const options = (anyOf ?? oneOf ?? []).filter((option) => "properties" in option);
      if (options.length > 0) return options.flatMap((option) => leaves(option, at));
      return properties ? Object.entries(properties).flatMap(([key, inner]) => leaves(inner, [...at, key])) : [at.join(".")];
    };
    const keys = leaves(z.toJSONSchema(configSchema, { io: "input" }), []);
    expect(keys.length).toBeGreaterThan(30);
    expect(keys.filter((key) => !text.includes(`\`${key}\``))).toEqual([]);
  });
});

describe("examples", () => {
  it.each(readdirSync("examples").filter((name) => name.endsWith(".yaml")))("%s is good", (file) => {
    expect(loadConfig(`examples/${file}`).rig).not.toBe("rig");
  });
});
