// Writes docs/command-line.md from the tree of commands. `npm run -s docs:commands`.
import { writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { commandLineDocs } from "../device/cli/command-line-docs.ts";
import { treeOf } from "../device/cli/command-tree.ts";
import { program } from "../device/cli/program.ts";

const FILE = path.join(path.dirname(path.dirname(fileURLToPath(import.meta.url))), "docs/command-line.md");

export function commandPage() {
  return commandLineDocs(treeOf(program()));
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) writeFileSync(FILE, commandPage());
