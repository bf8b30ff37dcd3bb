import { type Command, InvalidArgumentError, Option } from "commander";
import { finish } from "./finish.ts";

const whole = (text: string) => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0) throw new InvalidArgumentError("It must be a whole number, 0 or more.");
  return value;
};

const gather = (value: string, former: string[]) => [...former, value];

/** A command's own options: `settle` has an --out and a --seed too, whose defaults would win. It takes the --json. */
const own = <T extends { json?: boolean }>(command: Command): T => ({
  ...command.opts<T>(),
  json: command.optsWithGlobals().json === true,
});

const HELP = `
The recordings are a folder with s9-capture/ and flawed/ (default: ASICR_DATA); rows that need them say so without.
Every verdict is one of: reproduced, refuted, not testable with these data, trivially true. docs/settle.md says more.

  asic-reservoir settle --data ../recordings               every row, and runs/settle/report.html
  asic-reservoir settle early-rounds 16                    two rows, by name or number
  asic-reservoir settle evidence early-rounds              the rows that its verdict rests on
  asic-reservoir settle resume                             goes on with a run that was cut off
  asic-reservoir settle plan spatial-coupling              what a rig would have to record, and for how long
  asic-reservoir settle rehearse spatial-coupling          the same on a twin, which settles nothing`;

export function addSettleCommand(root: Command): void {
  const json = () => new Option("--json", "print one JSON document");
  const out = () => new Option("--out <folder>", "folder of report and checkpoint").default("runs/settle");
  const settle = root
    .command("settle")
    .description(
      "settle the published claims, row by row, with evidence: recordings, software, and what a rig would need; 1 when a row has no answer",
    )
    .enablePositionalOptions()
    .argument("[claims...]", "names or numbers of rows (default: all)")
    .addOption(new Option("--data <folder>", "folder of the recordings").env("ASICR_DATA"))
    .option("--seed <number>", "seed of everything that is drawn", whole, 1)
    .option(
      "--blind <folder>",
      "instead: an answer for each recording of `twin plant`, or table of times, without its key; may be repeated",
      gather,
      [],
    )
    .addOption(out())
    .addOption(json())
    .addHelpText("after", HELP)
    .action(async (claims, options) =>
      options.blind.length > 0
        ? finish((await import("./settle-blind.ts")).settleBlindCommand(options.blind, options))
        : finish((await import("./settle.ts")).settleCommand(claims, options)),
    );
  settle
    .command("plan")
    .description("what an answer takes on a rig: design, samples, hours, what they would find")
    .argument("[claims...]", "names or numbers of rows (default: all)")
    .addOption(json())
    .action(async (claims, _, command: Command) => finish((await import("./settle-plan.ts")).settlePlanCommand(claims, own(command))));
  settle
    .command("resume")
    .description("go on with the run in --out, at the row it was at")
    .addOption(out())
    .addOption(json())
    .action(async (_, command: Command) => finish((await import("./settle.ts")).settleResumeCommand(own(command))));
  settle
    .command("rehearse")
    .description(
      "on twins in virtual time, what a rig would do; put beside the claims of the report in --out, and no part of their verdicts",
    )
    .argument("[claims...]", "names or numbers of rows (default: all that a twin can rehearse)")
    .option("--seed <number>", "seed of twins, inputs and orders", whole, 1)
    .option("--fresh", "once more, whatever is there already")
    .addOption(out())
    .addOption(json())
    .action(async (claims, _, command: Command) =>
      finish((await import("./settle-rehearse.ts")).settleRehearseCommand(claims, own(command))),
    );
  settle
    .command("evidence")
    .description(
      "the rows that a verdict of the report in --out rests on, by file and line or run and id; 1 when they are not what they were",
    )
    .argument("<claim>", "name or number of a row")
    .addOption(new Option("--data <folder>", "folder of the recordings").env("ASICR_DATA"))
    .option("--rows <number>", "how many rows to show of each piece", whole, 10)
    .option("--again", "measure once more with the report's seed, and compare every row")
    .addOption(out())
    .addOption(json())
    .action(async (claim, _, command: Command) =>
      finish((await import("./settle-evidence.ts")).settleEvidenceCommand(claim, own(command))),
    );
  settle
    .command("score")
    .description(
      "open the keys of the recordings that --blind answered, and score: false alarms, power, calibration; 1 when alarms are too many",
    )
    .requiredOption("--secret <secret>", "what a set was sealed with; may be repeated", gather, [])
    .addOption(out())
    .addOption(json())
    .action(async (_, command: Command) => finish((await import("./settle-blind.ts")).settleScoreCommand(own(command))));
}
