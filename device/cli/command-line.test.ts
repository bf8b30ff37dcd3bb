/** Completion, manual page and docs: made from the tree of commands, so that each has every command and option. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { Command } from "commander";
import { afterAll, describe, expect, it } from "vitest";
// @ts-expect-error: a plain script without types, shared with the command that writes the page.
import { commandPage } from "../../scripts/command-docs.mjs";
import { type CommandEntry, everyCommand, treeOf } from "./command-tree.ts";
import { bashCompletion } from "./completion-bash.ts";
import { fishCompletion } from "./completion-fish.ts";
import { zshCompletion } from "./completion-zsh.ts";
import { manPage } from "./man.ts";
import { program } from "./program.ts";

const TREE = treeOf(program());
const folder = mkdtempSync(path.join(tmpdir(), "completion-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** A program whose texts have all that a shell or groff could take for its own. */
function nasty(): CommandEntry {
  const root = new Command("nasty").description('it\'s "all" `here`: $HOME [x] \\n \\fB');
  root
    .command("one")
    .alias("uno")
    .description(".TH is no request; 'neither' is this: $(rm -rf /)")
    .option("-f, --from <file>", "a 'file' [or: \"none\"] `x` \\")
    .addHelpText("after", "\n.so /etc/passwd\n'tis so");
  return treeOf(root);
}

const installed = (name: string) => (process.env.PATH ?? "").split(":").some((each) => existsSync(path.join(each, name)));

describe("the tree", () => {
  it("has every command that the program has, and what each takes", () => {
    const count = (command: Command): number => command.commands.reduce((sum, inner) => sum + count(inner), 1);
    expect(everyCommand(TREE)).toHaveLength(count(program()));
    const plant = everyCommand(TREE).find((entry) => entry.path.join(" ") === "asic-reservoir twin plant");
    expect(plant?.options.find(({ long }) => long === "--board")?.choices).toEqual(["bitaxe", "s9"]);
    expect(plant?.options.find(({ long }) => long === "--seed")?.required).toBe(true);
  });

  it("leaves hidden options out and keeps the examples", () => {
    const twin = TREE.commands.find(({ names }) => names.includes("twin"));
    expect(twin?.options.map(({ long }) => long)).not.toContain("--until-input-ends");
    expect(twin?.more).toContain("Examples:");
  });

  it("has a description for every command, option and argument, and --json for every command that answers", () => {
    for (const { path: words, description, options, args, commands } of everyCommand(TREE)) {
      const name = words.join(" ");
      expect(description, name).not.toBe("");
      expect(
        [...options, ...args].filter((each) => each.description === ""),
        name,
      ).toEqual([]);
      if (commands.length === 0)
        expect(
          options.map(({ long }) => long),
          name,
        ).toContain("--json");
    }
  });
});

describe("docs/command-line.md", () => {
  it("is what the commands say (mend with `npm run -s docs:commands`)", () => {
    expect(commandPage()).toBe(readFileSync("docs/command-line.md", "utf8"));
  });

  it("has every command and option", () => {
    for (const { path: words, options } of everyCommand(TREE).slice(1)) {
      const heading = `\n## ${words.slice(1).join(" ")}\n`;
      const from = commandPage().indexOf(heading);
      expect(from, heading).toBeGreaterThan(0);
      const section = commandPage().slice(from).split("\n## ")[1] ?? "";
      for (const { flags, long } of options) if (long !== "--help") expect(section, heading).toContain(`\`${flags}\``);
    }
  });
});

describe("the manual page", () => {
  const OVERSTRUCK = new RegExp(`.${String.fromCharCode(8)}`, "g");
  const shown = (page: string) => {
    const { stdout, stderr } = spawnSync("groff", ["-man", "-ww", "-Tascii", "-P-c", "-rLL=400n"], { input: page, encoding: "utf8" });
    // Bold is written twice, with a step back in between.
    return { text: stdout.replace(OVERSTRUCK, ""), complaints: stderr };
  };

  it("has every command and option", () => {
    const page = manPage(TREE, "1.0").replaceAll("\\-", "-");
    for (const { path: words, options } of everyCommand(TREE).slice(1)) {
      const heading = `.SS "${words.slice(1).join(" ")}"\n`;
      expect(page).toContain(heading);
      const section = page.slice(page.indexOf(heading) + heading.length).split("\n.S")[0];
      for (const { flags } of options) expect(section, heading).toContain(`.B ${flags}`);
    }
  });

  it.runIf(installed("groff"))("is shown by groff without a complaint", () => {
    const { text, complaints } = shown(manPage(TREE, "1.0"));
    expect(complaints).toBe("");
    expect(text).toContain("asic-reservoir runs verify [options] id");
    expect(text).toContain("EXIT STATUS");
  });

  it.runIf(installed("groff"))("shows texts that look like requests as they are", () => {
    const { text, complaints } = shown(manPage(nasty(), "1.0"));
    expect(complaints).toBe("");
    expect(text).toContain(".TH is no request; 'neither' is this: $(rm -rf /)");
    expect(text).toContain(".so /etc/passwd");
    expect(text).toContain("'tis so");
    expect(text).toContain("\\fB");
  });
});

describe("completion", () => {
  const SCRIPTS = { bash: bashCompletion(TREE), zsh: zshCompletion(TREE), fish: fishCompletion(TREE) };

  it.each(Object.entries(SCRIPTS))("of %s has every command, alias and option", (shell, script) => {
    for (const { names, options } of everyCommand(TREE).slice(1)) {
      for (const name of names) expect(script, shell).toMatch(new RegExp(`\\b${name}\\b`));
      for (const { long } of options) expect(script, shell).toContain(shell === "fish" ? `-l ${long.slice(2)}` : long);
    }
  });

  /** What bash would offer for the last of these words. */
  function offered(words: readonly string[], tree = TREE): string[] {
    const file = path.join(folder, "completion.bash");
    writeFileSync(file, bashCompletion(tree));
    const quoted = words.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ");
    const script = `source ${file}; cd ${folder}; COMP_WORDS=(${quoted}); COMP_CWORD=${words.length - 1}; _asic_reservoir; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { stdout, stderr } = spawnSync("bash", ["--norc", "-euc", script.replace("source", "set +e +u; source")], { encoding: "utf8" });
    expect(stderr).toBe("");
    return stdout.split("\n").filter((line) => line !== "");
  }

  it.each<[string[], string[]]>([
    [["asic-reservoir", "che"], ["check-config"]],
    [["asic-reservoir", "runs", "ver"], ["verify"]],
    [["asic-reservoir", "runs", "rev"], ["reverify"]],
    [
      ["asic-reservoir", "twin", "--board", ""],
      ["bitaxe-ultra", "s9"],
    ],
    [["asic-reservoir", "twin", "--board", "s9", "pl"], ["plant"]],
    [["asic-reservoir", "twin", "plant", "--bo"], ["--board"]],
    [["asic-reservoir", "twin", "plant", "--board", "b"], ["bitaxe"]],
    [
      ["asic-reservoir", "completion", ""],
      ["bash", "zsh", "fish"],
    ],
    [["asic-reservoir", "demo", "--seed", ""], []],
    [["asic-reservoir", "demo", "--seed", "4", "--on"], ["--once"]],
    [["asic-reservoir", "no-such", "che"], ["check-config"]],
  ])("of bash after %j offers %j", (words, expected) => {
    expect(offered(words)).toEqual(expected);
  });

  /** What fish would offer at the end of this line, without descriptions. */
  function fishOffers(line: string): string[] {
    const file = path.join(folder, "completion.fish");
    writeFileSync(file, SCRIPTS.fish);
    const { stdout, stderr } = spawnSync("fish", ["-N", "-c", `source ${file}; complete -C '${line}'`], { encoding: "utf8" });
    expect(stderr).toBe("");
    return stdout.split("\n").flatMap((text) => (text === "" ? [] : [text.split("\t")[0] as string]));
  }

  it.skipIf(!installed("fish")).each([
    ["asic-reservoir swe", ["sweep"]],
    ["asic-reservoir sweep ", ["plan", "run"]],
    ["asic-reservoir sweep run --", ["--config", "--help", "--json"]],
    ["asic-reservoir run --on", ["--once"]],
    ["asic-reservoir twin --board ", ["bitaxe-ultra", "s9"]],
  ])("of fish after %j offers %j", (line, expected) => {
    expect(fishOffers(line)).toEqual(expected);
  });

  it("of fish tells `run` from what is run by another command", () => {
    const options = SCRIPTS.fish.split("\n").filter((line) => line.includes("-l trace-wire "));
    expect(options.map((line) => /-n '([^']+)'/.exec(line)?.[1])).toEqual([
      `__asic_reservoir_at "demo" ""`,
      `__asic_reservoir_at "run" ""`,
    ]);
    expect(SCRIPTS.fish).toContain(`__asic_reservoir_at "sweep run" ""`);
    expect(SCRIPTS.fish).toContain("configuration\u2019s");
  });

  it("of bash offers files where a file is wanted", () => {
    writeFileSync(path.join(folder, "rig one.yaml"), "");
    expect(offered(["asic-reservoir", "run", "--config", "ri"])).toEqual(["rig one.yaml"]);
    expect(offered(["asic-reservoir", "check-config", "ri"])).toEqual(["rig one.yaml"]);
  });

  /** Read and not executed. From a file: fish takes no script from a socket, which is what it would get here. */
  function read(shell: string, script: string): [number | null, string] {
    const file = path.join(folder, `script.${shell}`);
    writeFileSync(file, script);
    const { status, stderr } = spawnSync(shell, ["-n", file], { encoding: "utf8" });
    return [status, stderr];
  }

  it.each([
    ["bash", bashCompletion],
    ["zsh", zshCompletion],
    ["fish", fishCompletion],
  ] as const)("of %s is no program, whatever the texts say", (shell, completion) => {
    const script = completion(nasty());
    expect(script).not.toContain("$(rm");
    expect(script).not.toContain("$HOME");
    if (!installed(shell)) return;
    expect(read(shell, script)).toEqual([0, ""]);
  });

  it.each(Object.entries(SCRIPTS))("of %s is read by it without a complaint, where it is installed", (shell, script) => {
    expect(script.split("\n").length).toBeGreaterThan(30);
    if (!installed(shell)) return;
    expect(read(shell, script)).toEqual([0, ""]);
  });
});
