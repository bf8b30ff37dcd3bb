import { type Command, Option } from "commander";
import { finish } from "./finish.ts";
import { whole } from "./option-range.ts";

export function addRepeatCaptureCommand(root: Command): void {
  root
    .command("repeat-capture")
    .description(
      "the experiment of a share capture again on a twin, in virtual time: same CV, dead time, rate and ticket floor? 1 when not",
    )
    .argument("<file>", "share capture (CSV), such as the S9's")
    .addOption(new Option("--twin <kind>", "the miner").choices(["s9", "lv06"]).default("s9"))
    .addOption(new Option("--mode <name>", "when the next job leaves").choices(["swh", "prefetch", "pool", "storm"]).default("swh"))
    .option("--seed <number>", "seed of the twin and of its jobs", whole(0, 2 ** 31), 1)
    .option("--work-scale <bits>", "zero bits that the twin leaves out", whole(16, 32), 32)
    .option("--json", "print one JSON document")
    .addHelpText(
      "after",
      `
Examples:
  repeat-capture s9-capture/shares-0000-1499.csv                   # 144 s of an S9 in a few seconds
  repeat-capture s9-capture/shares-0000-1499.csv --mode prefetch   # what prefetched jobs would have changed
docs/network-miners.md says more.`,
    )
    .action(async (file, options) => finish((await import("./repeat-capture.ts")).repeatCaptureCommand(file, options)));
}
