import { type Command, InvalidArgumentError, Option } from "commander";
import { finish } from "./finish.ts";

const number = (text: string) => {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value)) throw new InvalidArgumentError("It must be a number.");
  return value;
};
const positive = (text: string) => {
  const value = number(text);
  if (value <= 0) throw new InvalidArgumentError("It must be above 0.");
  return value;
};

const where = (command: Command) =>
  command
    .addOption(new Option("--url <http://...>", "a miner with AxeOS: Bitaxe, LV06").conflicts("cgminer"))
    .option("--cgminer <host:port>", "a miner with cgminer's API, such as an S9 (port 4028 unless given)")
    .option("--timeout-ms <ms>", "longest time for one answer", positive, 5000)
    .option("--json", "print JSON");

const HELP = `
Examples:
  miner info --url http://192.168.1.20              # what it says, and how many shares an experiment can expect of it
  miner set --url http://192.168.1.20 --frequency 450 --voltage 1150
  miner watch --url http://192.168.1.20 --seconds 60 --json
  miner info --cgminer 192.168.1.30
docs/network-miners.md says more.`;

export function addMinerCommand(root: Command): void {
  const miner = root.command("miner").description("miners on the network that run another firmware: AxeOS, or cgminer's API");
  where(miner.command("info").description("what a miner says of itself, and the rate budget of an experiment with it"))
    .addHelpText("after", HELP)
    .action(async (options) => finish((await import("./miner.ts")).minerInfoCommand(options)));
  where(miner.command("set").description("set a miner, and make sure by what it measures; 1 when its read-back disagrees or it is refused"))
    .option("--frequency <MHz>", "core clock", positive)
    .option("--voltage <mV>", "core voltage of AxeOS' chip; voltage of an S9's chain", positive)
    .option("--fan <percent>", "AxeOS: fan speed", number)
    .option("--restart", "AxeOS: restart it afterwards, for firmware that takes up its settings only then")
    .option("--within-s <seconds>", "how long it may take to agree", positive)
    .addHelpText("after", HELP)
    .action(async (options) => finish((await import("./miner.ts")).minerSetCommand(options)));
  where(miner.command("watch").description("a miner's state, a line each second; 1 when it fell silent or restarted"))
    .option("--seconds <number>", "how long (default: until Ctrl-C)", positive)
    .option("--poll", "AxeOS: ask each second instead of listening")
    .addHelpText("after", HELP)
    .action(async (options) => finish((await import("./miner-watch.ts")).minerWatchCommand(options)));
}
