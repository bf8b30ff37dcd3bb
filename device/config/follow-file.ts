/** Keeps a running daemon's configuration with its file: upon a change of it, and upon SIGHUP. */
import { closeSync, openSync } from "node:fs";
import type { Clock } from "../../common/clock.ts";
import { fileAndBoard } from "./load.ts";
import { type Appliers, LiveConfig, type ReloadEvents } from "./reload.ts";
import { type BoardAppliers, LiveBoards, type RigSay } from "./reload-boards.ts";
import type { Config } from "./schema.ts";
import { watchFile } from "./watch-file.ts";

/** Of one board, FILE or FILE#NAME. Returns what ends it. */
export function followFile(given: string, running: Config, clock: Clock, appliers: Appliers, events: ReloadEvents): () => void {
  const live = LiveConfig.ofFile(given, running);
  let ended = false;
  const say: ReloadEvents["say"] = (level, text) => {
    if (!ended) events.say(level, text);
  };
  const unfollow = uponChanges(fileAndBoard(given).file, clock, () => void live.reload(appliers, { say }));
  return () => {
    ended = true;
    unfollow();
  };
}

/** Of all boards of a file. Returns what ends it. */
export function followBoards(file: string, clock: Clock, boards: readonly BoardAppliers[], log: Appliers["log"], say: RigSay): () => void {
  let ended = false;
  const quietAfter = (events: ReloadEvents): ReloadEvents => ({ say: (level, text) => void (ended || events.say(level, text)) });
  const still = boards.map((board) => ({ ...board, events: quietAfter(board.events) }));
  const live = LiveBoards.ofFile(file, still, log, (rigs, level, text) => void (ended || say(rigs, level, text)));
  const unfollow = uponChanges(file, clock, () => void live.reload());
  return () => {
    ended = true;
    unfollow();
  };
}

function uponChanges(file: string, clock: Clock, reload: () => void): () => void {
  const unwatch = watchFile(file, clock, reload);
  const signal = hupReloads();
  if (signal) process.on("SIGHUP", reload);
  return () => {
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
