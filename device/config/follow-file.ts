/** Keeps a running daemon's configuration with its file: upon a change of it, and upon SIGHUP. */
import { closeSync, openSync } from "node:fs";
import type { Clock } from "../../common/clock.ts";
import { type Appliers, LiveConfig, type ReloadEvents } from "./reload.ts";
import type { Config } from "./schema.ts";
import { watchFile } from "./watch-file.ts";

/** Returns what ends it. */
export function followFile(file: string, running: Config, clock: Clock, appliers: Appliers, events: ReloadEvents): () => void {
  const live = LiveConfig.ofFile(file, running);
  let ended = false;
  const say: ReloadEvents["say"] = (level, text) => {
    if (!ended) events.say(level, text);
  };
  const reload = () => void live.reload(appliers, { say });
  const unwatch = watchFile(file, clock, reload);
  const signal = hupReloads();
  if (signal) process.on("SIGHUP", reload);
  return () => {
    ended = true;
    unwatch();
    if (signal) process.off("SIGHUP", reload);
  };
}

/** Whether SIGHUP asks for a reload. On a terminal it says that the terminal is gone, and nobody looks after the board any more. */
export function hupReloads(): boolean {
  try {
    closeSync(openSync("/dev/tty", "r"));
    return false;
  } catch {
    return true;
  }
}
