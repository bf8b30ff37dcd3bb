/** The manual page, made from the tree of commands. man(7) */
import type { Command } from "commander";
import { type CommandEntry, everyCommand, isDoing, type OptionEntry, treeOf } from "./command-tree.ts";
import { EXIT } from "./exit.ts";

export function manCommand(root: Command, options: { json?: boolean }): number {
  const page = manPage(treeOf(root), root.version() ?? "");
  process.stdout.write(options.json ? `${JSON.stringify({ page })}\n` : page);
  return EXIT.good;
}

export function manPage(tree: CommandEntry, version: string): string {
  const [program] = tree.path as [string];
  const lines = [
    `.TH ${quoted(program.toUpperCase())} 1 "" ${quoted(`${program} ${version}`)} "User Commands"`,
    ".SH NAME",
    `${roff(program)} \\- ${roff(tree.description.replace(/\.$/, ""))}`,
    ".SH SYNOPSIS",
    ...[tree, ...everyCommand(tree).slice(1).filter(isDoing)].flatMap(synopsis),
    ".SH OPTIONS",
    ...tree.options.flatMap(optionLines),
    ".SH COMMANDS",
    ...everyCommand(tree).slice(1).flatMap(commandLines),
    ".SH EXIT STATUS",
    ...Object.entries({
      0: "Good.",
      1: "The question's answer is no.",
      2: "Bad usage or input.",
      3: "Hardware or environment fault.",
    }).flatMap(([code, says]) => [".TP", `.B ${code}`, roff(says)]),
    ".SH ENVIRONMENT",
    ".TP",
    `.B ${roff("ASICR_...")}`,
    roff("Keys of the configuration: ASICR_API_PORT is api.port. docs/configuration.md lists them."),
    ".TP",
    ".B CREDENTIALS_DIRECTORY",
    roff("Where systemd puts secrets that no file of the configuration names."),
    ".SH FILES",
    ".TP",
    `.I ${roff("examples/*.yaml")}`,
    roff("Configurations to start from."),
  ];
  return `${lines.join("\n")}\n`;
}

function synopsis({ path, args, options, commands }: CommandEntry): string[] {
  const words = args.map(({ name, required, several }) => {
    const word = `\\fI${roff(name)}\\fR${several ? "..." : ""}`;
    return required ? word : `[${word}]`;
  });
  const rest = [
    ...(options.length > 0 ? ["[options]"] : []),
    ...(commands.length > 0 && path.length === 1 ? ["\\fIcommand\\fR"] : []),
    ...words,
  ];
  return [`.B ${roff(path.join(" "))}`, rest.join(" "), ".br"];
}

function commandLines({ path, names, description, args, options, more }: CommandEntry): string[] {
  const alias = names.length > 1 ? ` (also ${names.slice(1).join(", ")})` : "";
  return [
    `.SS ${quoted(path.slice(1).join(" "))}`,
    roff(`${description}${alias}`),
    ...args.flatMap(({ name, description: says }) => [".TP", `.I ${roff(name)}`, roff(says)]),
    ...options.flatMap(optionLines),
    ...(more === "" ? [] : [".PP", ".nf", ...more.split("\n").map(roff), ".fi"]),
  ];
}

function optionLines({ flags, description, choices, fallback, required }: OptionEntry): string[] {
  const notes = [
    choices ? `one of ${choices.join(", ")}` : null,
    fallback === null ? null : `default: ${fallback}`,
    required ? "required" : null,
  ];
  const said = notes.filter((note) => note !== null).join("; ");
  return [".TP", `.B ${roff(flags)}`, roff(said === "" ? description : `${description} (${said})`)];
}

/** Text that groff shows as it is: no line begins a request, and minus signs can be copied. */
function roff(text: string): string {
  const escaped = text.replaceAll("\\", "\\e").replaceAll("-", "\\-");
  return /^[.']/.test(escaped) ? `\\&${escaped}` : escaped;
}

function quoted(text: string): string {
  return `"${roff(text).replaceAll('"', "\\(dq")}"`;
}
