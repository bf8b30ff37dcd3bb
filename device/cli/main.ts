/** Runs the command line. The commands are in program.ts. */
import { type Command, CommanderError } from "commander";
import { EXIT, exitCodeOf, reportError } from "./exit.ts";
import { pathError } from "./path-error.ts";
import { program } from "./program.ts";

function exitOnUsage(command: Command): void {
  command.exitOverride();
  for (const inner of command.commands) exitOnUsage(inner);
}

async function main(): Promise<void> {
  const root = program();
  exitOnUsage(root);
  try {
    await root.parseAsync(process.argv);
  } catch (thrown) {
    const error = pathError(thrown);
    if (error instanceof CommanderError) {
      process.exitCode = error.exitCode === 0 ? EXIT.good : EXIT.usage;
    } else {
      reportError(error, process.argv.includes("--json"));
      process.exitCode = exitCodeOf(error);
    }
  }
  // A pipe takes 64 KiB at a time, and ending now would cut the rest off: `config schema | jq` had two thirds of it.
  if (process.stdout.writableLength > 0) await new Promise<void>((resolve) => process.stdout.write("", () => resolve()));
  // What could not be written is told a tick later: an answer that is not on the disk must not end with 0.
  await new Promise((resolve) => setImmediate(resolve));
  // Serial bindings can keep a dead descriptor's watcher alive; everything that matters is closed by now.
  process.exit();
}

// Output into a closed pipe (`| head`) is no failure of ours.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(EXIT.good);
  reportError(pathError(Object.assign(error, { path: "Standard output" })), false);
  process.exit(EXIT.environment);
});
// A reader that leaves (`2>&1 | head`, a log that ends) must not end a daemon: a board is looked after, whoever listens.
process.stderr.on("error", () => {});
await main();
