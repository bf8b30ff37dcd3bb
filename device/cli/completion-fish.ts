import type { CommandEntry, OptionEntry } from "./command-tree.ts";
import { placesOf, plain } from "./completion-words.ts";

/** To be saved as asic-reservoir.fish in ~/.config/fish/completions. */
export function fishCompletion(tree: CommandEntry): string {
  const [program] = tree.path;
  const lines = placesOf(tree).flatMap(({ words, entry }) => {
    const when = conditionOf(words, entry);
    const commands = entry.commands.flatMap(({ names, description }) =>
      names.map((name) => `complete -c ${program} -n '${when}' -a '${name}' -d '${plain(description)}'`),
    );
    const options = entry.options.map((option) => `complete -c ${program} -n '${when}' ${flagsOf(option)}`);
    const args = entry.args.map(({ choices, file, name }) =>
      file
        ? `complete -c ${program} -n '${when}' -F`
        : `complete -c ${program} -n '${when}' -a '${choices?.join(" ") ?? ""}' -d '${plain(name)}'`,
    );
    return [...commands, ...options, ...args];
  });
  return `# fish completion of ${program}, made by \`${program} completion fish\`.
complete -c ${program} -f
${lines.join("\n")}
`;
}

/** All words of the command seen, and none of its own commands yet. */
function conditionOf(words: string, { commands }: CommandEntry): string {
  const below = commands.flatMap(({ names }) => names);
  const seen = words
    .split(" ")
    .filter((word) => word !== "")
    .map((word) => `__fish_seen_subcommand_from ${word}`);
  return [...seen, ...(below.length > 0 ? [`not __fish_seen_subcommand_from ${below.join(" ")}`] : [])].join("; and ") || "true";
}

function flagsOf({ short, long, description, takesValue, choices, file }: OptionEntry): string {
  const value = !takesValue ? "" : choices ? ` -x -a '${choices.join(" ")}'` : file ? " -r -F" : " -x";
  return `${short === null ? "" : `-s ${short.slice(1)} `}-l ${long.replace(/^--/, "")}${value} -d '${plain(description)}'`;
}
