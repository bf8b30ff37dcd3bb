import { type Command, Option } from "commander";
import { finish } from "./finish.ts";
import { number, whole } from "./option-range.ts";

const YEAR_MINUTES = 525_600;

export function addStratumCommand(root: Command): void {
  root
    .command("stratum")
    .description("a Stratum V1 server for networked miners: verifies, stores and judges their shares; 1 when none verified")
    .option("--listen <address:port>", "loopback or an address of the laboratory's network", "127.0.0.1:3333")
    .addOption(new Option("--mode <name>", "when the next job leaves").choices(["swh", "prefetch", "pool", "storm"]).default("swh"))
    .option("--minutes <number>", "how long (default: until Ctrl-C)", number(0.001, YEAR_MINUTES))
    .option("--difficulty <number>", "what shares must be worth: a power of two, below 1 for software miners", Number, 1)
    .option("--suggest <least..greatest>", "let miners suggest a difficulty in this range")
    .option(
      "--answer-ms <ms>",
      "swh, prefetch: an answer is waited for so long; pool: a job is replaced after so long",
      number(1, 3_600_000),
      5000,
    )
    .option("--storm-ms <ms>", "storm: longest time between two jobs", number(1, 3_600_000), 1000)
    .option("--sigma-ms <ms>", "standard uncertainty of a share's time-stamp: network and miner", number(0, 4000), 1)
    .option("--seed <number>", "seed of the jobs, and of a twin", whole(0, 2 ** 31), 1)
    .addOption(
      new Option("--algorithm <name>", "what is mined: lbry for a Goldshell LB-Box").choices(["sha256d", "lbry"]).default("sha256d"),
    )
    .addOption(new Option("--twin <kind>", "let a twin of a miner connect; lb-box mines lbry").choices(["s9", "lv06", "lb-box"]))
    .option("--work-scale <bits>", "zero bits that twins leave out (default with --twin: 32)", whole(16, 32))
    .option("--wifi-loss <share>", "twin: share of segments that are lost", number(0, 0.9))
    .option("--wifi-batch-ms <ms>", "twin: power save holds lines for a beacon this far apart", number(0, 10_000))
    .option("--wifi-latency-ms <ms>", "twin: time on the way", number(0, 10_000))
    .option("--capture <file>", "also write the shares as a capture for `verify-recording`")
    .option("--store <file>", "database to write", "runs/stratum.db")
    .option("--json", "print one JSON document")
    .addHelpText(
      "after",
      `
  swh       one job, one answer: the next job leaves only after the answer or its time
  prefetch  the next job is at the miner before the answer, so that an answer costs no round trip
  pool      a job is good for many answers, and is replaced each --answer-ms: what an ordinary pool does
  storm     every share and every --storm-ms brings a job that replaces all others: what a proxy costs

Examples:
  stratum --twin s9 --minutes 2                      # the S9 of the share capture, as a twin
  stratum --listen 192.168.1.10:3333 --mode prefetch # point a miner's pool at stratum+tcp://192.168.1.10:3333
docs/network-miners.md says more.`,
    )
    .action(async (options) => finish((await import("./stratum.ts")).stratumCommand(options)));
}
