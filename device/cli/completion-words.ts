/** What each shell's completion needs to know, in one place. */
import { type CommandEntry, everyCommand } from "./command-tree.ts";

/** Commands without the program's name, joined by blanks: "" is the program itself. Aliases are commands of their own. */
export interface Place {
  readonly words: string;
  readonly entry: CommandEntry;
}

export function placesOf(tree: CommandEntry): Place[] {
  return everyCommand(tree).flatMap((entry) => wordsOf(entry, tree).map((words) => ({ words, entry })));
}

/** A command under each of its names; those above it under their first ones. */
function wordsOf({ path, names }: CommandEntry, tree: CommandEntry): string[] {
  if (path.length === tree.path.length) return [""];
  return names.map((name) => [...path.slice(1, -1), name].join(" "));
}

/** One line, without what a shell would take for its own. */
export function plain(text: string): string {
  return text
    .replace(/\s+/g, " ")
    .replace(/(\w)'(\w)/g, "$1\u2019$2")
    .replace(/[`'"\\$]/g, "")
    .trim();
}
