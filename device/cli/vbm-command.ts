import { type Command, Option } from "commander";
import { finish } from "./finish.ts";
import { number, whole } from "./option-range.ts";

export function addVbmCommand(root: Command): void {
  root
    .command("vbm")
    .description("does prefetched work make a miner faster? A/B/A/B on one miner, planned by its power; 1 unless the gain is reproduced")
    .option("--listen <address:port>", "loopback or an address of the laboratory's network", "127.0.0.1:3333")
    .addOption(
      new Option("--algorithm <name>", "what is mined: lbry for a Goldshell LB-Box").choices(["sha256d", "lbry"]).default("sha256d"),
    )
    .addOption(
      new Option("--control <name>", "how arm A gives its work; arm B prefetches").choices(["pool", "swh", "storm"]).default("pool"),
    )
    .option("--gain <share>", "gain to be found or excluded: 0.25 is a quarter more", number(-0.9, 10), 0.25)
    .option("--alpha <number>", "level, two-sided", number(1e-6, 0.4), 0.05)
    .option("--power <number>", "chance to find a gain that is there", number(0.5, 0.999), 0.8)
    .option("--blocks <number>", "blocks of each arm", whole(2, 1000), 8)
    .option("--settle-s <seconds>", "left out at the beginning of each block", number(0, 3600), 5)
    .option("--difficulty <number>", "what shares must be worth: a power of two", Number, 1)
    .option("--job-ms <ms>", "pool: between two jobs; storm: longest time between them (default: 30000; storm: 1000)", number(1, 3_600_000))
    .option("--seed <number>", "seed of the jobs, and of a twin", whole(0, 2 ** 31), 1)
    .addOption(new Option("--twin <kind>", "let a twin of a miner connect; lb-box mines lbry").choices(["s9", "lv06", "lb-box"]))
    .option("--work-scale <bits>", "zero bits that twins leave out (default with --twin: 32; lb-box: 28)", whole(16, 32))
    .option("--plan", "say what it takes at --rate, and run nothing")
    .option("--rate <number>", "with --plan: shares a second of arm A", number(1e-6, 1e6), 1)
    .option("--json", "print one JSON document")
    .addHelpText(
      "after",
      `
Examples:
  vbm --plan --gain 0.05 --rate 0.33                       # how long for 5 % on an LV06
  vbm --twin lb-box --difficulty 1024 --control storm       # what a proxy that re-issues its jobs loses
  vbm --algorithm lbry --listen 192.168.1.10:3333 --difficulty 65536
docs/network-miners.md says more.`,
    )
    .action(async (options) => finish((await import("./vbm.ts")).vbmCommand(options)));
}
