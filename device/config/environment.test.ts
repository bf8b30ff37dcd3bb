import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { AsicError } from "../../common/errors.ts";
import { readEnvironment, VARIABLES, variableOf } from "./environment.ts";
import { type JsonSchema, LEAVES, typesOf } from "./leaf.ts";
import { getIn, readConfig } from "./load.ts";

const GOOD = "origin: twin\nboard: { kind: bitaxe-ultra, control: /dev/pts/1, data: /dev/pts/2 }\n";

/** Any number of the property below may stand there. */
const fits = ({ minimum = 0, maximum = 1e9 }: JsonSchema) => minimum <= LEAST && maximum >= MOST;
const LEAST = 500;
const MOST = 60_000;

function message(environment: Record<string, string>, text = GOOD): string {
  try {
    readConfig(text, "rig.yaml", environment);
  } catch (error) {
    if (error instanceof AsicError) return error.message;
    throw error;
  }
  throw new Error("accepted");
}

describe("environment", () => {
  it("has one name for each key, and no name twice", () => {
    expect(VARIABLES.length).toBe(new Set(LEAVES.map(({ key }) => key)).size);
    expect(variableOf(["setPoint", "coreVoltageMv"])).toBe("ASICR_SET_POINT_CORE_VOLTAGE_MV");
  });

  it("comes before the file, and may give what the file must have", () => {
    const { config } = readConfig("board: { data: /dev/ttyS0 }", "rig.yaml", {
      ASICR_ORIGIN: "twin",
      ASICR_BOARD_KIND: "s9-hashboard",
      ASICR_BOARD_DATA: "/dev/pts/7",
      ASICR_BOARD_CONTROL: "/dev/pts/8",
      ASICR_BOARD_PIC_ADDRESS: "0x56",
      ASICR_PLAN: "sweep, computes",
      ASICR_SWEEP_FREQUENCY_MHZ: "[400, 450]",
      ASICR_STORE_SIZE_BUDGET_MB: "null",
      ASICR_MQTT_ENABLED: "false",
      ASICR_RIG: "42",
    });
    expect(config).toMatchObject({
      rig: "42",
      board: { data: "/dev/pts/7", picAddress: 0x56 },
      plan: ["sweep", "computes"],
      sweep: { frequencyMhz: [400, 450] },
      store: { sizeBudgetMb: null },
      mqtt: { enabled: false },
    });
  });

  it("is checked like the file, and named in the error", () => {
    expect(message({ ASICR_API_PORT: "70000" })).toContain("ASICR_API_PORT: api.port: expected a whole number from 0 to 65535, got 70000");
    expect(message({ ASICR_MQTT_ENABLED: "perhaps" })).toContain("ASICR_MQTT_ENABLED: mqtt.enabled: expected true or false");
    expect(message({ ASICR_PLAN: "sweep,swep" })).toContain("ASICR_PLAN: plan.1: expected sweep, narma10 or computes");
    expect(message({ ASICR_BOARD_WORK_SCALE: "20" }, GOOD.replace("twin", "hardware"))).toContain(
      "ASICR_BOARD_WORK_SCALE: board.workScale must",
    );
  });

  it("of our prefix that no key goes by is an error with a suggestion", () => {
    expect(message({ ASICR_API_PROT: "1" })).toContain("did you mean ASICR_API_PORT?");
    expect(message({ ASICR_API_PROT: "hunter2" })).not.toContain("hunter2");
  });

  it("that is empty, or of another prefix, is as if not set", () => {
    expect(readConfig(GOOD, "rig.yaml", { ASICR_API_PORT: "", API_PORT: "x" }).config.api.port).toBe(8366);
  });

  it("reads any value of a key as the file would", () => {
    const texts = LEAVES.filter(({ schema }) => typesOf(schema).has("string"));
    const others = LEAVES.filter(({ schema }) => !typesOf(schema).has("string") && !typesOf(schema).has("array"));
    const word = fc.stringMatching(/^[\x20-\x7e]+$/).filter((text) => text !== "null");
    fc.assert(
      fc.property(fc.constantFrom(...texts), word, ({ path }, text) => {
        expect(readEnvironment({ [variableOf(path)]: text }).values[0]?.value).toBe(text);
      }),
    );
    fc.assert(
      fc.property(fc.constantFrom(...others), fc.oneof(fc.integer(), fc.boolean(), fc.constant(null)), ({ path }, value) => {
        expect(readEnvironment({ [variableOf(path)]: String(value) }).values[0]?.value).toBe(value);
      }),
    );
  });

  it("gives the same configuration as a file with the same values", () => {
    const numbers = LEAVES.filter(({ schema, when }) => when === null && typesOf(schema).has("integer") && fits(schema));
    fc.assert(
      fc.property(fc.constantFrom(...numbers), fc.integer({ min: LEAST, max: MOST }), ({ path }, value) => {
        const fromEnvironment = readConfig(GOOD, "x", { [variableOf(path)]: String(value) }).config;
        const file = { ...(parse(GOOD) as object), ...(path.reduceRight<unknown>((inner, key) => ({ [key]: inner }), value) as object) };
        expect(fromEnvironment).toEqual(readConfig(JSON.stringify(file), "x", {}).config);
        expect(getIn(fromEnvironment, path)).toBe(value);
      }),
    );
  });
});
