import { describe, expect, it } from "vitest";
import { boardNames } from "./boards.ts";
import { readConfig } from "./load.ts";
import { type BoardAppliers, LiveBoards } from "./reload-boards.ts";
import type { Config } from "./schema.ts";
import { readYaml } from "./yaml-file.ts";

const RIG = `rig: bench
origin: twin
boards:
  - { name: left, kind: bitaxe-ultra, control: lc, data: ld }
  - { name: right, kind: s9-hashboard, control: rc, data: rd }
`;

function boardsOf(text: string): Config[] {
  const names = boardNames(readYaml(text, "rig.yaml").document, "rig.yaml") ?? [];
  return names.map((name) => readConfig(text, "rig.yaml", {}, name).config);
}

/** Two running boards and a file that says what it is told to say. */
function stage() {
  const file = { text: RIG };
  const applied: string[] = [];
  const own: string[] = [];
  const said: [string, string][] = [];
  const read = () => boardsOf(file.text);
  const boards = read().map((config): BoardAppliers => {
    const take = (section: keyof Config) => (next: Config) =>
      void applied.push(`${config.rig} ${section} ${JSON.stringify(next[section])}`);
    return {
      config,
      appliers: {
        limits: take("limits"),
        mqtt: () => void applied.push(`${config.rig} mqtt`),
        store: () => void applied.push(`${config.rig} store`),
      },
      events: { say: (_, text) => void own.push(`${config.rig} ${text}`) },
    };
  });
  const live = new LiveBoards(
    boards,
    read,
    () => {},
    (rigs, level, text) => void said.push([rigs.join(" "), `${level}: ${text}`]),
  );
  return { file, applied, own, said, live };
}

describe("a changed file of several boards", () => {
  it("reaches each board by what it says of that board, and what is the same for all is said once", async () => {
    const { file, applied, own, said, live } = stage();
    file.text = RIG.replace("origin: twin", "origin: twin\nlimits: { maxPowerW: 20 }").replace(
      "data: rd }",
      "data: rd, limits: { maxChipTempC: 80 } }",
    );
    await live.reload();
    expect(applied).toEqual(['bench-left limits {"maxPowerW":20}', 'bench-right limits {"maxChipTempC":80}']);
    expect(said).toEqual([
      ["bench-left", "info: limits.maxPowerW: null becomes 20: in force"],
      ["bench-right", "info: limits.maxChipTempC: null becomes 80: in force"],
    ]);
    said.length = 0;
    file.text = file.text.replace("origin: twin", "origin: twin\nmqtt: { base: here }");
    await live.reload();
    expect(applied.slice(2)).toEqual(["bench-left mqtt", "bench-right mqtt"]);
    expect(said).toEqual([["", 'info: mqtt.base: "asic-reservoir" becomes "here": in force']]);
    expect(own.filter((text) => text.includes("mqtt.base"))).toHaveLength(2);
  });

  it("with a mistake in it leaves all as it is, and says so once", async () => {
    const { file, applied, said, live } = stage();
    file.text = RIG.replace("rig: bench", "rig: bench\nvolts: 3");
    await live.reload();
    await live.reload();
    expect(applied).toEqual([]);
    expect(said).toEqual([["", expect.stringMatching(/^error: the configuration stays as it is: .*unknown key volts/)]]);
  });

  it("with a board more, or one fewer, says that this needs a restart, and the others follow it still", async () => {
    const { file, applied, said, live } = stage();
    file.text = `${RIG.split("\n").slice(0, 4).join("\n")}\n  - { name: third, kind: bitaxe-ultra, control: tc, data: td }\nlimits: { maxPowerW: 20 }\n`;
    await live.reload();
    await live.reload();
    expect(applied).toEqual(['bench-left limits {"maxPowerW":20}']);
    expect(said).toEqual([
      ["bench-left", expect.stringContaining("in force")],
      ["bench-right", expect.stringMatching(/no board bench-right any more \(there is bench-left, bench-third\)/)],
      ["", "warning: boards: bench-third is new: needs a restart"],
    ]);
  });
});
