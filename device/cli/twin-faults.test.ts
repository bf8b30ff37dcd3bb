import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { FAULTS } from "../../twin/index.ts";
import { parseFault } from "./twin-faults.ts";

describe("--fault", () => {
  it.each([
    ["drop-byte", { name: "drop-byte" }],
    ["i2c-nak=0x4c", { name: "i2c-nak", value: 0x4c }],
    ["bad-cores=20#3", { name: "bad-cores", value: 20, chip: 3 }],
    ["chip-dead=2@1500", { name: "chip-dead", value: 2, atMs: 1500 }],
    ["voltage-readback=-20@0.5-2000", { name: "voltage-readback", value: -20, atMs: 0.5, untilMs: 2000 }],
    ["fan-stall@10-20", { name: "fan-stall", atMs: 10, untilMs: 20 }],
  ])("%s", (text, spec) => {
    expect(parseFault(text, "s9")).toEqual(spec);
  });

  it.each([
    ["gremlins=3", "UNKNOWN_FAULT", /Known: drop-byte/],
    ["toString", "UNKNOWN_FAULT", /Known/],
    ["drop-byte=much", "BAD_FAULT", /NAME\[=NUMBER\]/],
    ["drop-byte=2", "BAD_FAULT", /from 0 to 1/],
    ["disk-full", "BAD_FAULT", /simulate/],
    ["adc-offset", "BAD_FAULT", /bitaxe-ultra/],
  ])("%s is refused with what to write instead", (text, code, hint) => {
    expect(() => parseFault(text, "s9")).toThrow(expect.objectContaining({ code, hint: expect.stringMatching(hint) }));
  });
});

describe("twin faults", () => {
  const output = (...options: string[]) =>
    spawnSync("node", ["--import", "tsx", "device/cli/main.ts", "twin", "faults", ...options], { encoding: "utf8" }).stdout;

  it("lists every fault under its layer", () => {
    const text = output();
    for (const name of Object.keys(FAULTS)) expect(text).toMatch(new RegExp(`^${name}(#chip)? `, "m"));
    expect([...text.matchAll(/^(LINK|CHIP|BOARD|HOST|NETWORK)/gm)].map(([, layer]) => layer)).toEqual([
      "LINK",
      "CHIP",
      "BOARD",
      "HOST",
      "NETWORK",
    ]);
  });

  it("--json gives the table itself", () => {
    expect(JSON.parse(output("--json"))).toEqual(JSON.parse(JSON.stringify(FAULTS)));
  });
});
