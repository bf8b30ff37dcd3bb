/** The tree of commands as plain values: what completion, man pages and the docs are made from. */
import type { EventEmitter } from "node:events";
import type { Command, Option } from "commander";

export interface OptionEntry {
  /** As in the help: `--seed <number>`. */
  readonly flags: string;
  /** `-V`, where there is one. */
  readonly short: string | null;
  readonly long: string;
  readonly description: string;
  readonly takesValue: boolean;
  readonly choices: readonly string[] | null;
  readonly required: boolean;
  readonly fallback: string | null;
  /** The value is a path: the shell completes file names. */
  readonly file: boolean;
}

export interface ArgumentEntry {
  readonly name: string;
  readonly description: string;
  readonly choices: readonly string[] | null;
  readonly required: boolean;
  readonly several: boolean;
  readonly file: boolean;
}

export interface CommandEntry {
  /** From the program's name on. */
  readonly path: readonly string[];
  readonly names: readonly string[];
  readonly description: string;
  readonly args: readonly ArgumentEntry[];
  readonly options: readonly OptionEntry[];
  readonly commands: readonly CommandEntry[];
  /** Text that the help has before and after: examples. */
  readonly more: string;
}

const PATHS = /^(file|folder|answer)$/;

export function treeOf(command: Command, above: readonly string[] = []): CommandEntry {
  const path = [...above, command.name()];
  const help = command.createHelp();
  return {
    path,
    names: [command.name(), ...command.aliases()],
    description: command.description(),
    args: command.registeredArguments.map((argument) => ({
      name: argument.name(),
      description: argument.description,
      choices: argument.argChoices ?? null,
      required: argument.required,
      several: argument.variadic,
      file: PATHS.test(argument.name()),
    })),
    // With the help option and the version, without those that are hidden.
    options: help.visibleOptions(command).map(optionOf),
    commands: command.commands.filter((inner) => inner.name() !== "help").map((inner) => treeOf(inner, path)),
    more: moreOf(command),
  };
}

/** Whether it does something itself; else it only holds commands. */
export function isDoing({ commands, args, options }: CommandEntry): boolean {
  return commands.length === 0 || args.length > 0 || options.some(({ long }) => long !== "--help" && long !== "--version");
}

/** Every command of a tree, the program itself first. */
export function everyCommand(tree: CommandEntry): CommandEntry[] {
  return [tree, ...tree.commands.flatMap(everyCommand)];
}

function optionOf(option: Option): OptionEntry {
  const value = /<([^>]+)>/.exec(option.flags)?.[1] ?? null;
  return {
    flags: option.flags,
    short: option.short ?? null,
    long: option.long ?? option.flags,
    description: option.description,
    takesValue: option.required || option.optional,
    choices: option.argChoices ?? null,
    required: option.mandatory,
    fallback: option.defaultValue === undefined || Array.isArray(option.defaultValue) ? null : String(option.defaultValue),
    file: value !== null && PATHS.test(value),
  };
}

/** commander writes added texts where its help goes: caught here. */
function moreOf(command: Command): string {
  const written: string[] = [];
  (command as unknown as EventEmitter).emit("afterHelp", { error: false, command, write: (text: string) => written.push(text) });
  return written.join("").trim();
}
