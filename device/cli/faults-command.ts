import { type Command, InvalidArgumentError } from "commander";

const number = (text: string) => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError("It must be a fault's number, as `faults list` shows it.");
  return value;
};

export function addFaultsCommand(root: Command): void {
  const faults = root.command("faults").description("faults that keep a board from being energised until a person clears them");
  faults
    .command("list")
    .description("latched faults with cause, time and evidence; 1 when there is one")
    .requiredOption("--config <file>", "the rig's configuration (YAML)")
    .option("--all", "those that were cleared, too")
    .option("--json", "print one JSON document")
    .action(async (options) => {
      process.exitCode = (await import("./faults.ts")).faultsListCommand(options);
    });
  faults
    .command("clear")
    .description("clear a fault whose cause was found: a daemon that runs brings the board up again once none is left")
    .argument("<id>", "number of the fault", number)
    .requiredOption("--config <file>", "the rig's configuration (YAML)")
    .requiredOption("--reason <text>", "what was found and done, for the audit")
    .option("--json", "print one JSON document")
    .action(async (id, options) => {
      process.exitCode = (await import("./faults.ts")).faultsClearCommand(id, options);
    });
}
