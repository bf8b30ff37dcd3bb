import { type Command, InvalidArgumentError } from "commander";

const seconds = (text: string) => {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value) || value < 0 || value > 600)
    throw new InvalidArgumentError("It must be from 0 to 600 seconds.");
  return value;
};

export function addOffCommand(root: Command): void {
  root
    .command("off")
    .description("switch a board off now, whether its daemon lives, hangs or is gone; 3 when the board did not obey")
    .requiredOption("--config <file>", "the board's configuration (YAML)")
    .option("--grace <seconds>", "how long a daemon that has the board may take to stop before it is killed", seconds, 15)
    .option("--patience <seconds>", "how long to go on trying", seconds, 20)
    .option("--json", "print one JSON document")
    .addHelpText(
      "after",
      `
Opens the board's ports itself, holds the chips in reset, switches the supply off and reads both back. A daemon that has the ports is
asked to stop (SIGTERM) and, when it does not, killed; another program that has them is left alone, and named. docs/safety.md says more.`,
    )
    .action(async (options) => {
      process.exitCode = await (await import("./off.ts")).offCommand(options);
    });
}
