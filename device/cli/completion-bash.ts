import type { CommandEntry } from "./command-tree.ts";
import { placesOf } from "./completion-words.ts";

/** For bash 4 and newer, without the package bash-completion. */
export function bashCompletion(tree: CommandEntry): string {
  const [program] = tree.path;
  const places = placesOf(tree);
  const commands = places.map(({ words, entry }) => `    "${words}") echo "${entry.commands.flatMap(({ names }) => names).join(" ")}" ;;`);
  const options = places.map(({ words, entry }) => {
    const flags = entry.options.flatMap(({ short, long }) => (short === null ? [long] : [short, long]));
    return `    "${words}") echo "${flags.join(" ")}" ;;`;
  });
  const values = places.flatMap(({ words, entry }) =>
    entry.options.flatMap(({ short, long, takesValue, choices, file }) => {
      const what = choices ? choices.join(" ") : file ? "<file>" : "<value>";
      return takesValue ? [long, short].filter((flag) => flag !== null).map((flag) => `    "${words} ${flag}") echo "${what}" ;;`) : [];
    }),
  );
  const args = places.flatMap(({ words, entry }) => {
    const [first] = entry.args;
    if (!first) return [];
    return [`    "${words}") echo "${first.choices ? first.choices.join(" ") : first.file ? "<file>" : ""}" ;;`];
  });
  return `# bash completion of ${program}, made by \`${program} completion bash\`.
_asic_reservoir_commands() {
  case "$1" in
${commands.join("\n")}
  esac
}
_asic_reservoir_options() {
  case "$1" in
${options.join("\n")}
  esac
}
_asic_reservoir_value() {
  case "$1" in
${values.join("\n")}
  esac
}
_asic_reservoir_argument() {
  case "$1" in
${args.join("\n")}
  esac
}
_asic_reservoir() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="" at="" word="" i
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="\${COMP_WORDS[i]}"
    previous=""
    if [[ "$word" == -* ]]; then
      if [[ -n "$(_asic_reservoir_value "$at $word")" ]]; then
        previous="$word"
        ((i++))
      fi
    elif [[ " $(_asic_reservoir_commands "$at") " == *" $word "* ]]; then
      at="\${at:+$at }$word"
    fi
  done
  local words=""
  if [[ -n "$previous" && i -gt COMP_CWORD ]]; then
    words="$(_asic_reservoir_value "$at $previous")"
  elif [[ "$current" == -* ]]; then
    words="$(_asic_reservoir_options "$at")"
  else
    words="$(_asic_reservoir_commands "$at")"
    [[ -n "$words" ]] || words="$(_asic_reservoir_argument "$at")"
  fi
  COMPREPLY=()
  case "$words" in
    "<value>") ;;
    "<file>") compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$current") ;;
    *) mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current") ;;
  esac
}
complete -F _asic_reservoir ${program}
`;
}
