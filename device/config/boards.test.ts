import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadBoards, loadConfig, parseConfig } from "./load.ts";

const RIG = `version: 1
rig: bench
origin: twin
limits:
  maxPowerW: 20
boards:
  - name: left
    kind: bitaxe-ultra
    control: ports/left-control
    data: ports/left-data
    workScale: 24
    plan: [sweep]
  - name: right
    kind: s9-hashboard
    control: ports/right-control
    data: ports/right-data
    chips: 3
    setPoint: { frequencyMhz: 500 }
    limits: { maxChipTempC: 90 }
store: { path: runs/rig.db }
`;

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "boards-"));
  file = path.join(folder, "rig.yaml");
  writeFileSync(file, RIG);
});
afterEach(() => rmSync(folder, { recursive: true }));

describe("a file with several boards", () => {
  it("is each of them alone, with a rig's name of its own and what the file says for all", () => {
    const [left, right] = loadBoards(file, {}).map(({ config }) => config);
    expect(left).toMatchObject({
      rig: "bench-left",
      board: { kind: "bitaxe-ultra", data: path.join(folder, "ports/left-data") },
      plan: ["sweep"],
      limits: { maxPowerW: 20 },
      setPoint: { coreVoltageMv: 1200 },
    });
    expect(right).toMatchObject({
      rig: "bench-right",
      board: { kind: "s9-hashboard", chips: 3 },
      plan: [],
      limits: { maxChipTempC: 90 },
      setPoint: { coreVoltageMv: 8800, frequencyMhz: 500 },
    });
    expect(right?.limits.maxPowerW).toBeUndefined();
    expect(right?.store.path).toBe(left?.store.path);
  });

  it("is read by single-board commands as FILE#NAME, and says which there are when none is named", () => {
    expect(loadConfig(`${file}#right`, {}).rig).toBe("bench-right");
    expect(() => loadConfig(file, {})).toThrow(
      expect.objectContaining({ code: "BOARD_UNNAMED", message: expect.stringMatching(/left, right/) }),
    );
    expect(() => loadConfig(`${file}#middle`, {})).toThrow(expect.objectContaining({ code: "BOARD_UNKNOWN" }));
  });

  it("tells the line of what is wrong in one of them", () => {
    writeFileSync(file, RIG.replace("chips: 3", "chips: 300"));
    expect(() => loadBoards(file, {})).toThrow(/:17:12: board\.chips: expected a whole number from 1 to 63/);
    writeFileSync(file, RIG.replace("chips: 3", "chps: 3"));
    expect(() => loadBoards(file, {})).toThrow(/unknown key board\.chps \(did you mean chips\?\)/);
  });

  it.each([
    ["two of one name", RIG.replace("name: right", "name: left"), /two boards are called left/],
    ["two at one port", RIG.replace("right-data", "left-data"), /two boards have the port ports\/left-data/],
    ["one without a name", RIG.replace("- name: right\n    kind", "- kind"), /boards\.1\.name/],
    ["a board beside them", `${RIG}board: { kind: bitaxe-ultra, control: a, data: b }\n`, /both board and boards/],
    ["no list", "version: 1\norigin: twin\nboards: 3\n", /must be a list/],
  ])("is refused with %s", (_, text, says) => {
    writeFileSync(file, text);
    expect(() => loadBoards(file, {})).toThrow(expect.objectContaining({ code: "BOARDS_INVALID", message: expect.stringMatching(says) }));
  });
});

it("a file with one board is one, whatever its name has in it", () => {
  const text = "version: 1\norigin: twin\nboard: { kind: bitaxe-ultra, control: a, data: b }\n";
  const odd = path.join(folder, "rig#1");
  writeFileSync(odd, text);
  expect(loadBoards(odd, {})).toHaveLength(1);
  expect(parseConfig(text, "text").rig).toBe("rig");
  expect(() => loadConfig(`${odd}#left`, {})).toThrow(expect.objectContaining({ code: "BOARD_UNKNOWN" }));
});
