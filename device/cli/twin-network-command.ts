import { type Command, Option } from "commander";
import { finish } from "./finish.ts";
import { number, whole } from "./option-range.ts";

/** `twin`: the command that it is added to. */
export function addTwinNetworkCommand(twin: Command): void {
  twin
    .command("network")
    .description("a digital twin of a miner behind a network: HTTP and WebSocket, cgminer's API, Stratum")
    .addOption(new Option("--board <kind>", "what to be a twin of").choices(["axeos", "cgminer-s9", "lb-box"]).makeOptionMandatory())
    .option("--listen <address:port>", "where it answers", "127.0.0.1:0")
    .option("--pool <host:port>", "Stratum server to mine for")
    .option("--work-scale <bits>", "zero bits left out of the search", whole(16, 32), 32)
    .addOption(new Option("--firmware <kind>", "cgminer-s9: whether it can be set").choices(["stock", "open"]).default("stock"))
    .option(
      "--fault <name>",
      "something wrong with it; may be repeated (docs/network-miners.md)",
      (text: string, all: string[]) => [...all, text],
      [],
    )
    .option("--wifi-loss <share>", "share of segments that are lost", number(0, 0.9))
    .option("--wifi-batch-ms <ms>", "power save holds segments for a beacon this far apart", number(0, 10_000))
    .option("--wifi-latency-ms <ms>", "time on the way", number(0, 10_000))
    .option("--seed <number>", "seed of noise and network", whole(0, 2 ** 31), 1)
    .option("--seconds <number>", "how long (default: until Ctrl-C)", number(0.1, 1e9))
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
Examples:
  twin network --board axeos --listen 127.0.0.1:8080 --pool 127.0.0.1:3333   # then: miner info --url http://127.0.0.1:8080
  twin network --board axeos --fault lying-read-back --wifi-loss 0.1
  twin network --board cgminer-s9 --listen 127.0.0.1:4028 --firmware open
  twin network --board lb-box --pool 127.0.0.1:3333                          # speaks Stratum for LBRY, and nothing else
docs/network-miners.md says more.`,
    )
    .action(async (options) => finish((await import("./twin-network.ts")).twinNetworkCommand(options)));
}
