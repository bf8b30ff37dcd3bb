import type { Command } from "commander";
import { treeOf } from "./command-tree.ts";
import { bashCompletion } from "./completion-bash.ts";
import { fishCompletion } from "./completion-fish.ts";
import { zshCompletion } from "./completion-zsh.ts";
import { EXIT } from "./exit.ts";

const SHELLS = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion } as const;
export type Shell = keyof typeof SHELLS;

export function completionCommand(root: Command, shell: Shell, options: { json?: boolean }): number {
  const script = SHELLS[shell](treeOf(root));
  process.stdout.write(options.json ? `${JSON.stringify({ shell, script })}\n` : script);
  return EXIT.good;
}
