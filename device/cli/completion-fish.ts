import type { CommandEntry, OptionEntry } from "./command-tree.ts";
import { placesOf, plain } from "./completion-words.ts";

/** To be saved as asic-reservoir.fish in ~/.config/fish/completions. */
export function fishCompletion(tree: CommandEntry): string {
  const [program = ""] = tree.path;
  const lines = placesOf(tree).flatMap(({ words, entry }) => {
    const when = conditionOf(program, words, entry);
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
# Whether these words stand at the beginning, options aside, and none of the second list follows.
function ${functionOf(program)}
    set -l words (commandline -opc)
    set -e words[1]
    set words (string match -v -- '-*' $words)
    for word in (string split -n ' ' -- $argv[1])
        test "$words[1]" = $word; or return 1
        set -e words[1]
    end
    not contains -- "$words[1]" (string split -n ' ' -- $argv[2])
end
complete -c ${program} -f
${lines.join("\n")}
`;
}

/** Its own words stand where they must: `run` after `sweep` is another command than `run`. */
function conditionOf(program: string, words: string, { commands }: CommandEntry): string {
  return `${functionOf(program)} "${words}" "${commands.flatMap(({ names }) => names).join(" ")}"`;
}

function functionOf(program: string): string {
  return `__${program.replace(/\W/g, "_")}_at`;
}

function flagsOf({ short, long, description, takesValue, choices, file }: OptionEntry): string {
  const value = !takesValue ? "" : choices ? ` -x -a '${choices.join(" ")}'` : file ? " -r -F" : " -x";
  return `${short === null ? "" : `-s ${short.slice(1)} `}-l ${long.replace(/^--/, "")}${value} -d '${plain(description)}'`;
}
