/** The commands that the documentation tells a person to type. */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";

export interface DocCommand {
  /** docs/install.md:12 */
  readonly where: string;
  readonly words: readonly string[];
  /** Within a sentence a command may be named without what it needs. */
  readonly inSentence: boolean;
}

/** A block that a test runs: ```sh run */
export interface RunnableBlock {
  readonly where: string;
  readonly script: string;
}

const PROGRAM = /(?:^|[\s;&|(])(?:\.\/)?asic-reservoir(?=\s)/;
/** Folders whose pages speak to a person who types. */
const PAGES = ["README.md", "bench/README.md", "twin/README.md", ...pagesOf("docs"), ...pagesOf("examples")];

function pagesOf(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(".md"))
    .map((name) => path.join(folder, name));
}

export function docCommands(): DocCommand[] {
  return PAGES.flatMap((page) => commandsOf(page, readFileSync(page, "utf8")));
}

export function commandsOf(page: string, text: string): DocCommand[] {
  const found: DocCommand[] = [];
  let fence: string | null = null;
  let pending = "";
  text.split("\n").forEach((line, i) => {
    const where = `${page}:${i + 1}`;
    const edge = /^ *```(.*)$/.exec(line);
    if (edge !== null) fence = fence === null ? (edge[1] as string).trim() : null;
    else if ((fence !== null && /^(sh|bash|console)?( run)?$/.test(fence)) || (fence === null && /^ {4}\S/.test(line))) {
      const whole = pending + line.trim();
      pending = whole.endsWith("\\") ? `${whole.slice(0, -1)} ` : "";
      if (pending === "") found.push(...typed(whole).map((words) => ({ where, words, inSentence: false })));
    } else if (fence === null)
      for (const [, code = ""] of line.matchAll(/`([^`]+)`/g))
        found.push(...typed(code).map((words) => ({ where, words, inSentence: true })));
  });
  return found;
}

export function runnableBlocks(page: string): RunnableBlock[] {
  const text = readFileSync(page, "utf8");
  return [...text.matchAll(/^```sh run\n([\s\S]*?)^```$/gm)].map((match) => ({
    where: `${page}:${text.slice(0, match.index).split("\n").length}`,
    script: match[1] as string,
  }));
}

/** What follows the program's name in a line of a shell, each in words; a usage line ("[options]") is none. */
function typed(line: string): string[][] {
  // Beside an example, a column away, stands what it is for.
  return splitShell(line.replace(/(\S)\s{3,}.*$/, "$1")).flatMap((words) => {
    const at = words.findLastIndex((word) => /^(\.\/)?asic-reservoir$/.test(word));
    const before = words.slice(0, Math.max(at, 0));
    const mine = at !== -1 && before.every((word) => /^(sudo|exec|time|\$|[A-Z_]+=.*|-\w|asic-reservoir)$/.test(word));
    return mine && PROGRAM.test(line) && !words.some((word) => /^\[/.test(word)) ? [words.slice(at + 1)] : [];
  });
}

/** Simple commands of a line, in words: quotes hold together, a comment ends it, redirections are left out. */
function splitShell(line: string): string[][] {
  const commands: string[][] = [[]];
  const tokens = line.matchAll(/\s+|(#.*)|(\|\||&&|[;|&])|((?:\d?>{1,2}|<)\s*\S+)|((?:"[^"]*"|'[^']*'|\\.|[^\s;|&"'])+)/g);
  let spaced = true;
  for (const [text, comment, cut, redirection, word] of tokens) {
    if (comment !== undefined && spaced) break;
    if (cut !== undefined) commands.push([]);
    else if (word !== undefined && redirection === undefined) commands.at(-1)?.push(word.replace(/"([^"]*)"|'([^']*)'/g, "$1$2"));
    spaced = /^\s+$/.test(text);
  }
  return commands.filter((words) => words.length > 0);
}
