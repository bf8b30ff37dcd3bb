import { describe, expect, it } from "vitest";
import { boardProblems } from "./board-problems.ts";
import { readConfig } from "./load.ts";

const BITAXE = "origin: twin\nboard: { kind: bitaxe-ultra, control: a, data: b }\n";
const S9 = "origin: twin\nboard: { kind: s9-hashboard, control: a, data: b }\n";
const found = (text: string) => boardProblems(readConfig(text, "rig.yaml", {})).map(({ key, from, says }) => ({ key, from, says }));

describe("what the board's own table refuses", () => {
  it("is nothing in a configuration of defaults", () => {
    expect([found(BITAXE), found(S9)]).toEqual([[], []]);
  });

  it("every limit that is looser, with its place", () => {
    expect(found(`${S9}limits: { maxChipTempC: 140, maxPowerW: 300, minFrequencyMhz: 10 }\n`)).toEqual([
      {
        key: "limits.maxChipTempC",
        from: { kind: "file", line: 3, column: 25 },
        says: expect.stringContaining("looser than the board's own 110"),
      },
      {
        key: "limits.minFrequencyMhz",
        from: { kind: "file", line: 3, column: 63 },
        says: expect.stringContaining("looser than the board's own 200"),
      },
    ]);
  });

  it("a set-point outside of it, or of the file's own limits", () => {
    expect(found(`${S9}setPoint: { coreVoltageMv: 12000 }\n`)).toMatchObject([{ key: "setPoint.coreVoltageMv" }]);
    expect(found(`${S9}setPoint: { frequencyMhz: 950 }\n`)).toMatchObject([{ key: "setPoint.frequencyMhz" }]);
    expect(found(`${BITAXE}limits: { maxCoreVoltageMv: 1150 }\n`)).toMatchObject([
      { key: "setPoint.coreVoltageMv", from: { kind: "board" }, says: expect.stringContaining("1150") },
    ]);
  });

  it("a drive outside of it, when the plan has it", () => {
    const text = `${BITAXE}narma10: { driveMaxMv: 2500 }\n`;
    expect(found(text)).toEqual([]);
    expect(found(`${text}plan: [narma10]\n`)).toMatchObject([{ key: "narma10.driveMaxMv" }]);
  });

  it("nothing that some board of the kind allows", () => {
    expect(found("origin: twin\nboard: { kind: bitaxe-ultra, control: a, data: b, chips: 6 }\nlimits: { maxPowerW: 50 }\n")).toEqual([]);
    expect(found(`${BITAXE}limits: { maxPowerW: 50 }\n`)).toMatchObject([{ key: "limits.maxPowerW" }]);
  });
});
