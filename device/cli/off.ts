import { hostClock } from "../../common/clock.ts";
import { monotonicRawNs } from "../../drivers/native/index.ts";
import { loadConfig } from "../config/load.ts";
import { takeOff } from "../guard/take-off.ts";
import { SERIAL_PORTS } from "../hardware/open.ts";
import { EXIT } from "./exit.ts";

export interface OffOptions {
  config: string;
  grace: number;
  patience: number;
  json?: boolean;
}

export async function offCommand(options: OffOptions): Promise<number> {
  const config = loadConfig(options.config);
  const log = (text: string) => void process.stderr.write(`${text}\n`);
  const parts = { clock: hostClock(monotonicRawNs), ports: SERIAL_PORTS, log };
  const { supplyOff, how } = await takeOff(config, parts, {
    graceMs: options.grace * 1000,
    patienceMs: options.patience * 1000,
    signal: (pid, name) => void process.kill(pid, name),
  });
  if (options.json) process.stdout.write(`${JSON.stringify({ off: true, supplyOff, how })}\n`);
  else process.stdout.write(`The board is off: ${how}.\n`);
  return EXIT.good;
}
