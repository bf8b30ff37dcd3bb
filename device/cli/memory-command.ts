import { type Command, InvalidArgumentError, Option } from "commander";
import { finish } from "./finish.ts";

const positive = (text: string) => {
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0) throw new InvalidArgumentError("It must be more than 0.");
  return value;
};

const HELP = `
A twin without a fault, the daemon with its record, two dashboards that stay and one that comes anew each minute, and a broker that hangs up as
often. After collections of garbage what is in use is noted, and a straight line laid through it, the first tenth left out; samples that follow one another widen its 95 % interval.

  flat      the whole interval is below --most in 24 hours: exit code 0
  grows     the whole interval is above it: 1
  not told  neither, for it was too short or the samples are too restless: 1

Ctrl-C ends it at the next sample, and what was lived until then is reported.

  asic-reservoir memory --board s9 --hours 24 --difficulty 256`;

export function addMemoryCommand(root: Command): void {
  root
    .command("memory")
    .description("the daemon's memory over hours of virtual time, with its trend; 1 unless it is flat")
    .addOption(new Option("--board <kind>", "whose twin").choices(["bitaxe-ultra", "s9"]).default("bitaxe-ultra"))
    .option("--hours <number>", "of virtual time", positive, 24)
    .option("--every <minutes>", "how often memory is looked at, in virtual time", positive, 10)
    .option("--difficulty <number>", "from which difficulty chips report a nonce (default: the board's own)", positive)
    .option("--most <MB>", "growth of the heap in 24 hours that is let pass", positive, 2)
    .option("--json", "print one JSON document")
    .addHelpText("after", HELP)
    .action(async (options) => finish((await import("./memory.ts")).memoryCommand(options)));
}
