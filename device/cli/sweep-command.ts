import { type Command, Option } from "commander";
import { finish } from "./finish.ts";

export function addSweepCommand(root: Command): void {
  const json = () => new Option("--json", "print one JSON document");
  const sweep = root.command("sweep").description("voltage x frequency x difficulty: what a configuration's sweep would do, and doing it");
  sweep
    .command("plan")
    .description("the order of a configuration's sweep, how long it takes, and what each point can tell; nothing is touched")
    .requiredOption("--config <file>", "configuration (YAML); examples/ has some")
    .addOption(json())
    .action(async (options) => finish((await import("./sweep.ts")).sweepPlanCommand(options)));
  sweep
    .command("run")
    .description("run a configuration's sweep alone and print its map; 1 when no point could be measured")
    .requiredOption("--config <file>", "configuration (YAML)")
    .addOption(json())
    .addHelpText(
      "after",
      "\nA sweep that was cut off goes on at the point it was at, as long as its plan is the same. docs/sweeps.md says more.",
    )
    .action(async (options) => finish((await import("./sweep.ts")).sweepRunCommand(options)));
}
