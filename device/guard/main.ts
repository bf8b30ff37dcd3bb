/**
 * The guard: a process of its own beside a daemon that has a board energised. Standard input is a pipe from the daemon: first the configuration
 * as a line of JSON, then "armed" and "safe" as the board is switched on and off. When the pipe closes and the last word was not "safe", the
 * daemon is dead, and the board is switched off from here. It answers "ready".
 */
import { createInterface } from "node:readline";
import { type Clock, hostClock } from "../../common/clock.ts";
import { monotonicRawNs } from "../../drivers/native/index.ts";
import type { Config } from "../config/schema.ts";
import { SERIAL_PORTS } from "../hardware/open.ts";
import { holderKind, holderPid } from "./holder.ts";
import { insistOnSwitchOff, lastWord } from "./switch-off.ts";

/** A cable that was pulled may be put back; after that a person must look. */
const PATIENCE_MS = 120_000;
/** The kernel closes a dead process's files one by one. */
const DYING_MS = 300;

const say = (text: string) => void process.stderr.write(`[guard] ${text}\n`);

async function main(): Promise<number> {
  // What reaches a terminal's whole group, or a service's (systemd's watchdog sends SIGABRT), is the daemon's to obey: the pipe tells what came of it.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", "SIGABRT"] as const) process.on(signal, () => {});
  // Whoever read this may be as dead as the daemon.
  process.stderr.on("error", () => {});
  process.stdout.on("error", () => {});

  let config: Config | null = null;
  let armed = false;
  for await (const line of createInterface({ input: process.stdin })) {
    if (config === null) {
      config = JSON.parse(line) as Config;
      process.stdout.write("ready\n");
    } else if (line === "armed") armed = true;
    else if (line === "safe") armed = false;
  }
  if (config === null || !armed) return 0;
  return takeOver(config, hostClock(monotonicRawNs));
}

async function takeOver(config: Config, clock: Clock): Promise<number> {
  say("the daemon is gone and its board was energised: switching it off");
  await clock.sleep(DYING_MS);
  try {
    const off = await insistOnSwitchOff(config, { clock, ports: SERIAL_PORTS, log: say }, PATIENCE_MS);
    say(`board off: ${off.how}`);
    return 0;
  } catch (error) {
    const pid = holderPid(error);
    if (pid !== null && (await holderKind(pid)) === "ours") {
      say(`another daemon (process ${pid}) has the board: its first act is to hold the chips in reset`);
      return 0;
    }
    const { text, exitCode } = lastWord(config, error);
    say(text);
    return exitCode;
  }
}

process.exit(await main());
