/** A process to kill: connects, says `connected`, and stays. */
import { createHub } from "../hub.ts";
import { startPublisher } from "./publisher.ts";

const hub = createHub({ rig: "bench", origin: "twin", software: "0.1.0", startedWallMs: 1 });
hub.publish("state", { state: "running", stateReason: "mining" });
const publisher = startPublisher({ hub, base: "asic", rig: "bench", url: process.argv[2] as string });
const timer = setInterval(() => {
  if (!publisher.counters().connected) return;
  clearInterval(timer);
  process.stdout.write("connected\n");
}, 10);
setInterval(() => undefined, 60_000);
