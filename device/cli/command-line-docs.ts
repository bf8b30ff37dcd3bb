/** docs/command-line.md, made from the tree of commands. */
import { type CommandEntry, everyCommand, isDoing, type OptionEntry } from "./command-tree.ts";

export function commandLineDocs(tree: CommandEntry): string {
  const [program] = tree.path;
  const commands = everyCommand(tree).slice(1);
  return [
    "# Command line",
    "",
    "Generated from the commands by `npm run -s docs:commands`. Every command has `--help`; those that answer something have `--json`, one document",
    "on standard output. Exit codes: 0 good, 1 the question's answer is no, 2 bad usage or input, 3 hardware or environment.",
    "",
    "Completion and the manual page come from the same tree:",
    "",
    "    asic-reservoir completion bash > ~/.local/share/bash-completion/completions/asic-reservoir",
    "    asic-reservoir completion zsh > ~/.zfunc/_asic-reservoir       # a folder of $fpath",
    "    asic-reservoir completion fish > ~/.config/fish/completions/asic-reservoir.fish",
    "    asic-reservoir man > ~/.local/share/man/man1/asic-reservoir.1",
    "",
    "| command | what it does |",
    "|---|---|",
    ...commands.filter(isDoing).map((entry) => `| [\`${shown(entry)}\`](#${anchor(entry)}) | ${cell(entry.description)} |`),
    "",
    `## ${program}`,
    "",
    ...optionTable(tree.options),
    ...commands.flatMap(section),
  ].join("\n");
}

function section(entry: CommandEntry): string[] {
  const { path, names, description, args, options, more } = entry;
  const usage = [
    path.join(" "),
    ...(options.length > 0 ? ["[options]"] : []),
    ...args.map(({ name, required, several }) => (required ? `<${name}${several ? "..." : ""}>` : `[${name}]`)),
  ].join(" ");
  return [
    `## ${shown(entry)}`,
    "",
    `${description.charAt(0).toUpperCase()}${description.slice(1).replace(/\.$/, "")}.${names.length > 1 ? ` Also \`${names.slice(1).join("`, `")}\`.` : ""}`,
    "",
    `    ${usage}`,
    "",
    ...(args.length === 0
      ? []
      : ["| argument | meaning |", "|---|---|", ...args.map(({ name, description: says }) => `| \`${name}\` | ${cell(says)} |`), ""]),
    ...optionTable(options),
    ...(more === "" ? [] : ["```", ...more.split("\n").map((line) => line.trimEnd()), "```", ""]),
  ];
}

function optionTable(options: readonly OptionEntry[]): string[] {
  const own = options.filter(({ long }) => long !== "--help");
  if (own.length === 0) return [];
  const rows = own.map(({ flags, description, choices, fallback, required }) => {
    const what = choices ? choices.map((choice) => `\`${choice}\``).join(", ") : "";
    return `| \`${flags}\` | ${cell(description)} | ${what} | ${required ? "required" : fallback === null ? "" : `\`${fallback}\``} |`;
  });
  return ["| option | meaning | one of | default |", "|---|---|---|---|", ...rows, ""];
}

function shown({ path }: CommandEntry): string {
  return path.slice(1).join(" ");
}

function anchor(entry: CommandEntry): string {
  return shown(entry).replaceAll(" ", "-");
}

function cell(text: string): string {
  return text.replace(/\s+/g, " ").replaceAll("|", "\\|");
}
