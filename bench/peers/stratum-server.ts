/** Our Stratum server as a process of its own, as its peer is: prints its port, and ends with its input. Every hash is good enough for it. */
import { hostClock } from "../../common/clock.ts";
import { monotonicRawNs, verifyHeaders } from "../../drivers/native/index.ts";
import { StratumServer } from "../../drivers/stratum/server.ts";
import { syntheticTemplates } from "../../drivers/stratum/template.ts";

const server = await StratumServer.start(
  { listen: { host: "127.0.0.1", port: 0 }, mode: "storm", templates: syntheticTemplates(1), difficulty: 2 ** -32, sigmaNs: 0 },
  { clock: hostClock(monotonicRawNs), verify: verifyHeaders },
);
process.stdout.write(`${server.port}\n`);
process.stdin.on("end", () => void server.stop()).resume();
