import { type Command, InvalidArgumentError, Option } from "commander";
import { PLOT_KINDS } from "../plots/kinds.ts";
import { finish } from "./finish.ts";

const runNumber = (text: string) => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError("It must be a run's number, as `runs list` shows it.");
  return value;
};
const store = () => new Option("--store <file>", "database to read").default("runs/demo.db");
const config = () => new Option("--config <file>", "take the database of this configuration");
const json = () => new Option("--json", "print one JSON document");

export function addPlotCommand(root: Command): void {
  root
    .command("plot")
    .description("a figure of a run as a file, with its origin on it")
    .argument("<run>", "run number", runNumber)
    .addOption(new Option("--kind <name>", "which figure").choices(PLOT_KINDS).makeOptionMandatory())
    .requiredOption("-o, --out <file>", "file to write: .svg, or .png where Chromium is installed")
    .addOption(store())
    .addOption(config())
    .addOption(json())
    .action(async (run, options) => finish((await import("./plot.ts")).plotCommand(run, options)));
}

export function addReportCommand(root: Command): void {
  root
    .command("report")
    .description("a run on one page: facts, verdicts, figures and results in one HTML file")
    .argument("<run>", "run number", runNumber)
    .requiredOption("-o, --out <file>", "file to write: .html")
    .addOption(store())
    .addOption(config())
    .addOption(json())
    .action(async (run, options) => finish((await import("./plot.ts")).reportCommand(run, options)));
}
