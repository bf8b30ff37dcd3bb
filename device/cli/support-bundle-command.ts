import { type Command, InvalidArgumentError, Option } from "commander";
import { finish } from "./finish.ts";

function count(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0 || value > 100) throw new InvalidArgumentError("It must be a whole number from 0 to 100.");
  return value;
}

export function addSupportBundleCommand(root: Command): void {
  root
    .command("support-bundle")
    .description(
      "one archive for whoever is asked for help: configuration without secrets, doctor, last runs and faults, state of the record",
    )
    .requiredOption("--out <file>", "archive to make (.tar.gz)")
    .option("--config <file>", "configuration to put in; its record is taken")
    .option("--store <file>", "record, without a configuration", "runs/demo.db")
    .option("--runs <number>", "how many of the last runs", count, 5)
    .addOption(new Option("--json", "print one JSON document"))
    .action(async (options) => finish((await import("./support-bundle.ts")).supportBundleCommand(options)));
}
