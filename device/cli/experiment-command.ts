import { type Command, Option } from "commander";
import { finish } from "./finish.ts";

export function addExperimentCommand(root: Command): void {
  const json = () => new Option("--json", "print one JSON document");
  const experiment = root.command("experiment").description("an experiment from a plan file: what it would take, and running it");
  experiment
    .command("check")
    .description("check a plan: how long it takes on its hardware and what it can find; nothing is touched")
    .argument("<file>", "plan (YAML); examples/experiment-*.yaml")
    .addOption(json())
    .action(async (file, options) => finish((await import("./experiment.ts")).experimentCheckCommand(file, options)));
  experiment
    .command("run")
    .description("run a plan; 1 when its rule does not say yes")
    .argument("<file>", "plan (YAML)")
    .option("--resume", "go on with the last run of this plan, which was cut off, at the step it was at")
    .addOption(json())
    .addHelpText("after", "\nThe plan's hash is stored before the first step. docs/experiments.md says more.")
    .action(async (file, options) => finish((await import("./experiment.ts")).experimentRunCommand(file, options)));
}
