/** Tells when a file was changed, also by programs that replace it by a new one. */
import { type FSWatcher, readFileSync, watch } from "node:fs";
import path from "node:path";
import type { Clock } from "../../common/clock.ts";

/** Editors write in pieces, and save by renaming: what follows so soon belongs to the same change. */
const SETTLE_MS = 200;

/** Calls `changed` when what the file says has changed. Returns what ends it; resolves to nothing where the folder cannot be watched. */
export function watchFile(file: string, clock: Clock, changed: () => void): () => void {
  const ending = new AbortController();
  let before = contentOf(file);
  let pending = false;
  const look = async () => {
    if (pending) return;
    pending = true;
    await clock.sleep(SETTLE_MS, ending.signal).catch(() => {});
    pending = false;
    const now = contentOf(file);
    // A file that is away for a moment is being replaced.
    if (ending.signal.aborted || now === null || now === before) return;
    before = now;
    changed();
  };
  let watcher: FSWatcher | null = null;
  try {
    // A new file in the old one's place is seen by the folder alone.
    watcher = watch(path.dirname(path.resolve(file)), { persistent: false }, (_, name) => {
      if (name === null || name === path.basename(file)) void look();
    });
    watcher.on("error", () => watcher?.close());
  } catch {
    // No more watches on this host: SIGHUP remains.
  }
  return () => {
    ending.abort();
    watcher?.close();
  };
}

function contentOf(file: string): string | null {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return null;
  }
}
