/** A folder and those above it. */
import { existsSync, mkdirSync } from "node:fs";
import { dirname } from "node:path";

/**
 * Node's own `recursive` tries for ever where the system says of a folder that can be seen that it is not there, as Linux does below /proc. Throws what
 * the system says of the first folder that it does not let be made.
 */
export function makeFolder(folder: string): void {
  if (existsSync(folder)) return;
  makeFolder(dirname(folder));
  try {
    mkdirSync(folder);
  } catch (error) {
    // Another process may have been quicker.
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}
