/** What the documentation tells a person to type is what the program takes; generated pages are what their sources say. */
import { readFileSync } from "node:fs";
import { type Command, CommanderError } from "commander";
import { describe, expect, it } from "vitest";
import { program } from "../device/cli/program.ts";
// @ts-expect-error: a plain script without types, shared with the command that writes the page.
import { wirePage } from "../scripts/wire-docs.mjs";
import { commandsOf, docCommands } from "./docs-commands.test-support.ts";

/** Why the program would not take these words; null when it would. Nothing is done. */
function refusal(words: readonly string[], inSentence: boolean): string | null {
  const root = program();
  const muted = (command: Command): void => {
    command.exitOverride().configureOutput({ writeOut: () => {}, writeErr: () => {} });
    if (command.commands.length === 0 || command.registeredArguments.length > 0 || command.name() === "twin") command.action(() => {});
    // A sentence names `runs show`, or `off` without its options.
    for (const option of inSentence ? command.options : []) option.mandatory = false;
    for (const argument of inSentence ? command.registeredArguments : []) argument.required = false;
    for (const inner of command.commands) muted(inner);
  };
  muted(root);
  try {
    root.parse(words, { from: "user" });
    return null;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return null;
    if (error.code === "commander.invalidArgument" && placeholder(words)) return null;
    if (inSentence && (error.code === "commander.optionMissingArgument" || error.code === "commander.help")) return null;
    return `${error.code} ${error.message}`;
  }
}

const placeholder = (words: readonly string[]) => words.some((word) => /^[A-Z][A-Z.=_-]*$|[.…]{2,}|^<.*>$|…/.test(word));

describe("the documentation", () => {
  it("has no command that the program would not take", () => {
    const commands = docCommands();
    expect(commands.length).toBeGreaterThan(100);
    const wrong = commands.flatMap(({ where, words, inSentence }) => {
      const why = refusal(words, inSentence);
      return why === null ? [] : [`${where}: asic-reservoir ${words.join(" ")}: ${why}`];
    });
    expect(wrong).toEqual([]);
  });

  it("docs/wire.md is what the tables say (mend with `npm run -s docs:wire`)", () => {
    expect(readFileSync("docs/wire.md", "utf8")).toBe(wirePage());
  });

  it("docs/troubleshoot.md has a command for every coded error", () => {
    const codes = [
      ...new Set([...readFileSync("docs/errors.md", "utf8").matchAll(/^\| `([A-Z0-9_]+)`/gm)].map((match) => match[1] as string)),
    ];
    const page = readFileSync("docs/troubleshoot.md", "utf8");
    const table = page.slice(page.indexOf("## By code"));
    const rows = [...table.matchAll(/^\| (`.+`) \| .+ \| (.*`.+`.*) \|$/gm)];
    const patterns = rows.flatMap((row) => [...(row[1] as string).matchAll(/`([A-Z0-9_*]+)`/g)].map((match) => match[1] as string));
    const matches = (pattern: string, code: string) => new RegExp(`^${pattern.replaceAll("*", ".*")}$`).test(code);
    expect(codes.length).toBeGreaterThan(250);
    expect(codes.filter((code) => !patterns.some((pattern) => matches(pattern, code)))).toEqual([]);
    expect(patterns.filter((pattern) => !codes.some((code) => matches(pattern, code)))).toEqual([]);
  });
});

describe("commands are found in a page", () => {
  const words = (text: string) => commandsOf("page", text).map((command) => command.words.join(" "));

  it("in blocks and sentences, without comments, redirections, pipes and other programs", () => {
    expect(words("    asic-reservoir runs list --store a.db   # all of them\n")).toEqual(["runs list --store a.db"]);
    expect(words("```sh\nsudo ./asic-reservoir off --config 'my rig.yaml' 2> log | cat && asic-reservoir man > page\n```\n")).toEqual([
      "off --config my rig.yaml",
      "man",
    ]);
    expect(words("```\nasic-reservoir sweep \\\n  plan --config a\n```")).toEqual(["sweep   plan --config a".replace(/ +/g, " ")]);
    expect(words("Say `asic-reservoir faults list`, not `asic-reservoir`.")).toEqual(["faults list"]);
    expect(words("```yaml\nasic-reservoir: run it\n```\n    sudo systemctl start asic-reservoir now\n")).toEqual([]);
  });

  it("and one that the program does not know is told", () => {
    expect(refusal(["runs", "lst"], false)).toMatch(/unknownCommand|excessArguments/);
    expect(refusal(["off", "--confg", "x"], true)).toMatch(/unknownOption/);
    expect(refusal(["off"], false)).toMatch(/missingMandatory/);
    expect([refusal(["off"], true), refusal(["runs", "show", "ID"], true), refusal(["runs", "show", "2"], false)]).toEqual([
      null,
      null,
      null,
    ]);
  });
});
