import { type Command, Option } from "commander";
import { finish } from "./finish.ts";

export function addDoctorCommand(root: Command): void {
  root
    .command("doctor")
    .description("look at this host: permissions, ports, latency, clock, disk, limits, software; 3 when something is bad")
    .option("--config <file>", "the board's ports and the record of this configuration")
    .addOption(new Option("--json", "print one JSON document"))
    .addHelpText(
      "after",
      "\nEach row that is not ok comes with the command that mends it. No port is opened: a running daemon is not disturbed.",
    )
    .action(async (options) => finish((await import("./doctor.ts")).doctorCommand(options)));
}
