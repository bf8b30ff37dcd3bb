import { type Command, InvalidArgumentError, Option } from "commander";
import { finish } from "./finish.ts";

const whole = (least: number) => (text: string) => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < least) throw new InvalidArgumentError(`It must be a whole number, ${least} or more.`);
  return value;
};
const MOST_BOARDS = 8;
const several = (text: string) => {
  const value = whole(1)(text);
  if (value > MOST_BOARDS) throw new InvalidArgumentError(`It must be ${MOST_BOARDS} or less.`);
  return value;
};
const positive = (text: string) => {
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0) throw new InvalidArgumentError("It must be more than 0.");
  return value;
};

const HELP = `
A seed draws a board, a plan and what goes wrong: on the line, in chips, on the board, on the host and in the network.
The same seed gives the same events, byte for byte; a seed that fails is printed with the command that replays it.

With --results a run that was killed goes on where it was: a seed whose outcome is in the file is not run again. With --difficulty chips report
fewer nonces and less of their work is searched: quicker, and everything else is as it was; a board that falls silent is noticed later.

  asic-reservoir simulate --seeds 500                      a night's work
  asic-reservoir simulate --seed 14 --log seed-14.log      one seed, with everything that happened
  asic-reservoir simulate --board s9 --hours 168 --minutes 10 --difficulty 256 --results week-s9.jsonl
                                                           a week of virtual time, ten minutes a seed
  asic-reservoir simulate --seeds 200 --minutes 0.5 --strike moment
                                                           bring-up, sweep and power-off struck as often as all the rest
  asic-reservoir simulate --seeds 50 --minutes 1.5 --boards 3 --orders
                                                           a rig of three that people do something with`;

export function addSimulateCommand(root: Command): void {
  root
    .command("simulate")
    .description("the whole daemon on twins in virtual time, seed by seed, with faults everywhere; 1 when a rule was broken")
    .option("--seeds <number>", "how many seeds (default: 20, or as many as --hours needs)", whole(1))
    .option("--hours <number>", "as many seeds as it takes to live so much virtual time", positive)
    .option("--from <seed>", "the first of them", whole(0), 1)
    .option("--seed <number>", "one seed alone: what happened, and its fingerprint", whole(0))
    .addOption(new Option("--board <kind>", "one kind of board (default: the seed's choice)").choices(["bitaxe-ultra", "s9"]))
    .option("--minutes <number>", "virtual time before the operator stops the daemon", positive, 1)
    .option("--difficulty <number>", "from which difficulty chips report a nonce (default: the board's own)", whole(1))
    .addOption(
      new Option(
        "--strike <by>",
        "when faults begin: at a time (the default), or at a moment of the daemon's life, also in pairs and again and again; somebody clears what latched",
      ).choices(["clock", "moment"]),
    )
    .option(
      "--boards <number>",
      "so many boards behind one daemon; half of the others have nothing wrong with them and must go on",
      several,
    )
    .option("--orders", "people and programs ask for something, too: emergency-off, clearing, commands by MQTT, a changed file, a backup")
    .option("--results <file>", "keep each seed's outcome, one line of JSON; what is in it is not run again")
    .option("--log <file>", "with --seed: write every event to a file")
    .option("--json", "print one JSON document")
    .addHelpText("after", HELP)
    .action(async (options) => finish((await import("./simulate.ts")).simulateCommand(options)));
}
