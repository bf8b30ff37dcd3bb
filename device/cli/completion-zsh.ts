import type { CommandEntry, OptionEntry } from "./command-tree.ts";
import { placesOf, plain } from "./completion-words.ts";

/** To be saved as _asic-reservoir in a folder of $fpath. One function for each command; `_arguments` does the rest. */
export function zshCompletion(tree: CommandEntry): string {
  const [program] = tree.path;
  const functions = placesOf(tree).map(({ words, entry }) => functionOf(words, entry));
  return `#compdef ${program}
# zsh completion of ${program}, made by \`${program} completion zsh\`.
${functions.join("\n")}
_asic_reservoir "$@"
`;
}

function nameOf(words: string): string {
  return ["_asic_reservoir", ...words.split(" ").filter((word) => word !== "")].join("_").replace(/[^a-zA-Z0-9_]/g, "_");
}

function functionOf(words: string, { options, commands, args }: CommandEntry): string {
  const specs = options.flatMap(specsOf);
  const name = nameOf(words);
  if (commands.length === 0) {
    for (const { name: argument, choices, file, several } of args)
      specs.push(`'${several ? "*" : ""}:${plain(argument)}:${choices ? `(${choices.join(" ")})` : file ? "_files" : " "}'`);
    return `${name}() {\n  _arguments -s ${specs.join(" \\\n    ")}\n}`;
  }
  const described = commands.flatMap(({ names, description }) =>
    names.map((each) => `    '${each}:${plain(description).replaceAll(":", "\\:")}'`),
  );
  const cases = commands.flatMap(({ names }) => names.map((each) => `    ${each}) ${nameOf(`${words} ${each}`)} ;;`));
  return `${name}() {
  local line state
  local -a commands=(
${described.join("\n")}
  )
  _arguments -s -C -A '-*' ${[...specs, "'1: :->command'", "'*:: :->rest'"].join(" \\\n    ")}
  case $state in
    command) _describe command commands ;;
    rest) case $line[1] in
${cases.join("\n")}
    esac ;;
  esac
}`;
}

/** `(-h --help)'{-h,--help}'[text]`, each flag a spec of its own. */
function specsOf({ short, long, description, takesValue, choices, file }: OptionEntry): string[] {
  const text = `[${plain(description).replace(/[[\]]/g, "").replaceAll(":", "\\:")}]`;
  const value = takesValue ? `:value:${choices ? `(${choices.join(" ")})` : file ? "_files" : " "}` : "";
  return [short, long].filter((flag) => flag !== null).map((flag) => `'${flag}${text}${value}'`);
}
