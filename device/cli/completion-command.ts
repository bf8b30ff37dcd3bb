import { Argument, type Command, Option } from "commander";
import { finish } from "./finish.ts";

const json = () => new Option("--json", "print one JSON document");

/** Completion and the manual page: both from the tree that they are a part of. */
export function addCompletionCommand(root: Command): void {
  root
    .command("completion")
    .description("completion for a shell, to be saved where the shell looks for it (docs/command-line.md)")
    .addArgument(new Argument("<shell>", "whose").choices(["bash", "zsh", "fish"]))
    .addOption(json())
    .action(async (shell, options) => finish((await import("./completion.ts")).completionCommand(root, shell, options)));
  root
    .command("man")
    .description("the manual page (roff): asic-reservoir man | man -l -")
    .addOption(json())
    .action(async (options) => finish((await import("./man.ts")).manCommand(root, options)));
}
